package com.bytefreezer.connector.operations;

import com.bytefreezer.connector.config.ExportDefinition;
import com.bytefreezer.connector.cursor.Counts;
import com.bytefreezer.connector.cursor.History;
import com.bytefreezer.connector.cursor.Pulse.UnderWay;
import com.bytefreezer.connector.server.ApiException;
import com.bytefreezer.connector.signs.Retrying;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.camel.Body;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;

/** What the routes in {@code routes/api/exports.camel.yaml} answer. Safe for use by several threads. */
public final class ExportsApi {
    private static final int RUNS = 20;

    private final Operations operations;

    public ExportsApi(Operations operations) {
        this.operations = operations;
    }

    /** One of {@code exports}. */
    @JsonNaming(SnakeCaseStrategy.class)
    record ExportStatus(
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
            List<RunStatus> runs) {}

    @JsonNaming(SnakeCaseStrategy.class)
    record Totals(long selected, long accepted, long duplicates, long deadLettered) {
        static Totals of(Counts counts) {
            return new Totals(counts.selected(), counts.accepted(), counts.duplicates(), counts.deadLettered());
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
            @Nullable String message) {
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
                    run.message());
        }
    }

    @JsonNaming(SnakeCaseStrategy.class)
    record Replayed(
            long replayed,
            long failed,
            long triedAgain,
            @Nullable String message) {}

    /** All exports, as JSON shows them. */
    public Map<String, List<ExportStatus>> exports() {
        List<ExportDefinition> all = operations.exports();
        Status status = operations.status();
        return Map.of(
                "exports",
                status.ask(() -> status.together(() -> operations
                                .history()
                                .together(() -> all.stream().map(this::status).toList())))
                        .orElseGet(() -> all.stream()
                                .map(export -> status(export, status.asKnown(export), List.of()))
                                .toList()));
    }

    ExportStatus status(ExportDefinition export) {
        LaneStatus lane = operations.status().of(export);
        return status(
                export,
                lane,
                Stream.concat(
                                operations.history().seen(lane.lane()).runs().stream()
                                        .filter(UnderWay::isKilled)
                                        .map(UnderWay::killed),
                                operations.history().runs(lane.lane(), RUNS).stream())
                        .limit(RUNS)
                        .map(RunStatus::of)
                        .toList());
    }

    private static ExportStatus status(ExportDefinition export, LaneStatus lane, List<RunStatus> runs) {
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
                runs);
    }

    /** The dead letters of an export, a page of them. */
    public DeadLetterPage deadLetters(
            @Header("name") String name,
            @Header("destination") String destination,
            @Header("offset") @Nullable String offset,
            @Header("limit") @Nullable String limit) {
        return DeadLetterPage.of(
                operations.deadLetters(), operations.export(name, destination).lane(), offset, limit);
    }

    /** Delivers some of them, or all, once more; with all goes what is set aside, at the next run. */
    public Replayed replay(
            @Header("name") String name, @Header("destination") String destination, @Body Map<String, Object> request)
            throws Exception {
        ExportDefinition export = operations.export(name, destination);
        Set<String> ids = ids(ApiException.required(request));
        int triedAgain = ids.isEmpty() ? operations.retrySetAside(export) : 0;
        Replay.Result result = operations.replay().replay(export, ids);
        return new Replayed(result.replayed(), result.failed(), triedAgain, result.message());
    }

    /** Removes some of them, or all, for good. */
    public Map<String, Long> discard(
            @Header("name") String name, @Header("destination") String destination, @Body Map<String, Object> request) {
        return Map.of(
                "discarded",
                operations.replay().discard(operations.export(name, destination), ids(ApiException.required(request))));
    }

    /** Lets an export begin anew, when the request names it. */
    public void resetCursor(
            @Header("name") String name, @Header("destination") String destination, @Body Map<String, Object> request) {
        ExportDefinition export = operations.export(name, destination);
        if (!export.lane().equals(ApiException.required(request).get("confirm"))) {
            throw new ApiException(
                    400, "Nothing was reset. To begin anew, send {\"confirm\":\"%s\"}.".formatted(export.lane()));
        }
        operations.resetCursor(export);
    }

    private static Set<String> ids(Map<String, Object> request) {
        Object ids = request.get("ids");
        if (ids == null) {
            return Set.of();
        }
        if (ids instanceof List<?> list && !list.isEmpty() && list.stream().allMatch(String.class::isInstance)) {
            return Set.copyOf(list.stream().map(String.class::cast).toList());
        }
        throw new ApiException(400, "\"ids\" must be a list of ids of dead letters; without it all are meant.");
    }

    private static @Nullable String text(@Nullable Instant time) {
        return time == null ? null : time.toString();
    }
}
