package com.bytefreezer.connector.operate;

import com.bytefreezer.connector.config.ExportDefinition;
import com.bytefreezer.connector.cursor.Counts;
import com.bytefreezer.connector.cursor.History;
import com.bytefreezer.connector.cursor.Pulse.UnderWay;
import com.bytefreezer.connector.lane.Export;
import com.bytefreezer.connector.lane.FailedObject;
import com.bytefreezer.connector.lane.RunProgress;
import com.bytefreezer.connector.signs.Retrying;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The state of a lane as JSON. */
@JsonNaming(SnakeCaseStrategy.class)
public record ExportStatus(
        String name,
        String destination,
        String tenantId,
        String datasetId,
        String sql,
        String state,
        @Nullable Long lagSeconds,
        @Nullable String watermark,
        @Nullable String lastSuccess,
        @Nullable String lastError,
        @Nullable String nextRun,
        @Nullable String retryingSince,
        @Nullable String retryingReason,
        Totals totals,
        Map<String, Long> retries,
        long deadLetters,
        List<String> setAside,
        @Nullable String leftOut,
        List<FailedObject> failedObjects,
        @Nullable Current current,
        List<RunStatus> runs) {
    private static final int RUNS = 20;

    @JsonNaming(SnakeCaseStrategy.class)
    record Totals(long selected, long accepted, long duplicates, long deadLettered) {
        static Totals of(Counts counts) {
            return new Totals(counts.selected(), counts.accepted(), counts.duplicates(), counts.deadLettered());
        }
    }

    /**
     * The current run, once it has something to deliver.
     *
     * @param objectsTotal how many it has in all; null until they are counted, and for a run of another process
     * @param here whether this process runs it, which can stop it
     */
    @JsonNaming(SnakeCaseStrategy.class)
    record Current(
            String startedAt,
            long objects,
            @Nullable Long objectsTotal,
            long selected,
            long accepted,
            long duplicates,
            long deadLettered,
            long recordsPerSecond,
            boolean here) {
        static Current of(UnderWay run, Optional<RunProgress> progress, OptionalLong total) {
            Counts counts = progress.map(RunProgress::counts).orElse(run.counts());
            long millis = progress.map(RunProgress::lasting)
                    .orElseGet(() -> Duration.between(run.started(), run.heard().plus(run.silence())))
                    .toMillis();
            return new Current(
                    run.started().toString(),
                    progress.map(RunProgress::objects).orElse(run.objects()),
                    total.isPresent() ? total.getAsLong() : null,
                    counts.selected(),
                    counts.accepted(),
                    counts.duplicates(),
                    counts.deadLettered(),
                    millis <= 0 ? 0 : counts.settled() * 1000 / millis,
                    progress.isPresent());
        }
    }

    /** A run that has ended. */
    @JsonNaming(SnakeCaseStrategy.class)
    record RunStatus(
            String startedAt,
            String finishedAt,
            String state,
            long objects,
            long selected,
            long accepted,
            long duplicates,
            long deadLettered,
            @Nullable String message,
            Map<String, String> lookups) {
        static RunStatus of(History.Run run) {
            return new RunStatus(
                    run.started().toString(),
                    run.finished().toString(),
                    run.state().name().toLowerCase(Locale.ROOT),
                    run.objects(),
                    run.counts().selected(),
                    run.counts().accepted(),
                    run.counts().duplicates(),
                    run.counts().deadLettered(),
                    run.message(),
                    run.lookups());
        }
    }

    /** All lanes; if the store does not answer in time, their last known state. */
    public static List<ExportStatus> all(Operations operations) {
        List<ExportDefinition> all = operations.exports();
        Status status = operations.status();
        return status.ask(() -> status.together(() -> of(operations, all))).orElseGet(() -> all.stream()
                .map(export -> of(export, status.asKnown(export), List.of(), null, List.of()))
                .toList());
    }

    /** The state of some exports. */
    public static List<ExportStatus> of(Operations operations, List<ExportDefinition> exports) {
        return exports.stream().map(export -> of(operations, export)).toList();
    }

    private static ExportStatus of(Operations operations, ExportDefinition export) {
        LaneStatus lane = operations.status().of(export);
        List<UnderWay> underWay = operations.view().seen(lane.lane()).runs();
        Optional<RunProgress> progress =
                operations.running(export).filter(one -> lane.running()).map(Export::progress);
        return of(
                export,
                lane,
                operations.running(export).map(Export::failed).orElse(List.of()),
                underWay.stream()
                        .filter(run -> !run.isKilled())
                        .map(run -> Current.of(
                                run,
                                progress,
                                progress.map(now -> operations.totals().of(export, run.started(), now))
                                        .orElseGet(OptionalLong::empty)))
                        .findFirst()
                        .orElse(null),
                Stream.concat(
                                underWay.stream().filter(UnderWay::isKilled).map(UnderWay::killed),
                                operations.history().runs(lane.lane(), RUNS).stream())
                        .limit(RUNS)
                        .map(RunStatus::of)
                        .toList());
    }

    private static ExportStatus of(
            ExportDefinition export,
            LaneStatus lane,
            List<FailedObject> failed,
            @Nullable Current current,
            List<RunStatus> runs) {
        Retrying retrying = lane.retrying();
        return new ExportStatus(
                lane.name(),
                lane.destination(),
                export.tenant(),
                export.dataset(),
                export.sql(),
                lane.state(),
                lane.lagSeconds(),
                text(lane.watermark()),
                text(lane.lastSuccess()),
                lane.lastError(),
                text(lane.nextRun()),
                retrying == null ? null : text(retrying.since()),
                retrying == null ? null : retrying.why(),
                Totals.of(lane.totals()),
                lane.retries(),
                lane.deadLetters(),
                lane.setAside(),
                lane.leftOut(),
                failed,
                current,
                runs);
    }

    private static @Nullable String text(@Nullable Instant time) {
        return time == null ? null : time.toString();
    }
}
