package com.bytefreezer.connector.operate;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.control.Instance.Condition;
import com.bytefreezer.connector.cursor.Counts;
import com.bytefreezer.connector.lane.Export;
import com.bytefreezer.connector.lane.Exports;
import com.bytefreezer.connector.metrics.Metrics;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.signs.Moment;
import com.bytefreezer.connector.signs.Retrying;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The health of this process's exports: as metrics, and as the state that the control plane gets. Safe for use by
 * several threads.
 */
public final class ExportHealth {
    /** One scrape reads several values of it. */
    private static final Duration FRESH = Duration.ofSeconds(1);

    private final Status status;
    private final long mostLagSeconds;
    private Map<Lane, LaneStatus> lanes = Map.of();
    private @Nullable ConnectorException unknown;
    private @Nullable Moment asked;

    /** @param mostLagSeconds an export that lags more is a problem */
    public ExportHealth(Status status, long mostLagSeconds) {
        this.status = status;
        this.mostLagSeconds = mostLagSeconds;
    }

    /** Starts to measure a lane. */
    public void measure(Lane lane, Exports exports, Metrics metrics) {
        Metrics.Meters measured = metrics.lane(lane);
        measured.gauge(
                "lag.seconds",
                "Age of the oldest object that is found and not delivered; 0 if there is none",
                () -> of(lane, it -> it.lagSeconds() == null ? Double.NaN : (double) it.lagSeconds()));
        measured.gauge(
                "objects.outstanding",
                "Objects that are found and not delivered; a run finds them as it goes",
                () -> exports.find(lane).isPresent() ? (double) exports.undelivered(lane) : 0);
        measured.gauge(
                "last.success.timestamp.seconds",
                "When a run last succeeded, as Unix time",
                () -> of(lane, it -> seconds(it.lastSuccess())));
        measured.gauge(
                "failing",
                "1 if the last run failed or the cursor's store cannot be read, else 0",
                () -> of(lane, it -> it.lastError() == null ? 0 : 1, 1));
        measured.gauge(
                "retrying",
                "Seconds that the export has waited for a system that does not answer; 0 while it works",
                () -> exports.signs()
                        .of(lane)
                        .map(it -> it.lasting().toMillis() / 1000.0)
                        .orElse(0.0));
        measured.gauge("dead.letters", "Records in the dead letters", () -> of(lane, it -> (double) it.deadLetters()));
        measured.gauge("duckdb.memory.bytes", "Memory of the current run's DuckDB", () ->
                (double) exports.find(lane).flatMap(Export::duckDbMemory).orElse(0L));
    }

    /** The problems, if any, and the totals. */
    public Condition condition() {
        List<String> problems = new ArrayList<>();
        Counts counts = Counts.NONE;
        long deadLetters = 0;
        long lag = 0;
        int failing = 0;
        int retrying = 0;
        Collection<LaneStatus> all;
        try {
            all = lanes().values();
        } catch (ConnectorException e) {
            return new Condition(String.valueOf(e.getMessage()), Map.of());
        }
        for (LaneStatus lane : all) {
            long laneLag = lane.lagSeconds() == null ? 0 : lane.lagSeconds();
            Retrying waits = lane.retrying();
            if (waits != null) {
                retrying++;
                problems.add("export %s: retrying for %d s: %s"
                        .formatted(lane.lane(), waits.lasting().toSeconds(), waits.why()));
            }
            if (lane.lastError() != null) {
                failing++;
                problems.add("export %s: %s".formatted(lane.lane(), lane.lastError()));
            }
            if (laneLag > mostLagSeconds) {
                problems.add("export %s lags by %d s".formatted(lane.lane(), laneLag));
            }
            counts = counts.plus(lane.totals());
            deadLetters += lane.deadLetters();
            lag = Math.max(lag, laneLag);
        }
        Map<String, Object> counters = new LinkedHashMap<>();
        counters.put("exports", all.size());
        counters.put("exports_failing", failing);
        counters.put("exports_retrying", retrying);
        counters.put("records_selected", counts.selected());
        counters.put("records_accepted", counts.accepted());
        counters.put("records_duplicate", counts.duplicates());
        counters.put("records_dead_lettered", counts.deadLettered());
        counters.put("dead_letters", deadLetters);
        counters.put("lag_seconds", lag);
        return new Condition(String.join("; ", problems), counters);
    }

    private synchronized Map<Lane, LaneStatus> lanes() {
        if (asked == null || asked.past().compareTo(FRESH) > 0) {
            unknown = null;
            try {
                Map<Lane, LaneStatus> now = new LinkedHashMap<>();
                status.lanes().forEach(lane -> now.put(lane.lane(), lane));
                lanes = now;
            } catch (ConnectorException e) {
                unknown = e;
            }
            asked = Moment.now();
        }
        if (unknown != null) {
            throw unknown;
        }
        return lanes;
    }

    private double of(Lane name, ToDoubleFunction<LaneStatus> value) {
        return of(name, value, Double.NaN);
    }

    private double of(Lane name, ToDoubleFunction<LaneStatus> value, double unless) {
        try {
            LaneStatus lane = lanes().get(name);
            return lane == null ? unless : value.applyAsDouble(lane);
        } catch (ConnectorException e) {
            return unless;
        }
    }

    private static double seconds(@Nullable Instant time) {
        return time == null ? Double.NaN : time.toEpochMilli() / 1000.0;
    }
}
