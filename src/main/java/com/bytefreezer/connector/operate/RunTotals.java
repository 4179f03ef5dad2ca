package com.bytefreezer.connector.operate;

import com.bytefreezer.connector.config.ExportDefinition;
import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.lane.RunProgress;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many objects runs under way have in all, for people who look at them. A run lists objects only as fast as it delivers them, so they are counted
 * once, by a listing of their own, when somebody asks for a run that takes longer than a moment. Safe for use by several threads.
 */
final class RunTotals {
    private static final Logger LOG = LoggerFactory.getLogger(RunTotals.class);
    private static final Duration MOMENT = Duration.ofSeconds(2);
    /** Listings are work for the lake: one at a time. */
    private final ThreadPoolExecutor thread =
            new ThreadPoolExecutor(1, 1, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), work -> {
                Thread one = new Thread(work, "run-totals");
                one.setDaemon(true);
                return one;
            });

    private final Supplier<Planner> planner;
    private final Map<Lane, Total> known = new ConcurrentHashMap<>();

    /** @param objects empty until they are counted, and if they cannot be */
    private record Total(Instant run, OptionalLong objects) {}

    RunTotals(Supplier<Planner> planner) {
        this.planner = planner;
        thread.allowCoreThreadTimeOut(true);
    }

    /**
     * The objects of a run, those that it has delivered among them; empty until they are counted.
     *
     * @param run when it began
     */
    OptionalLong of(ExportDefinition export, Instant run, RunProgress progress) {
        Lane lane = export.lane();
        Total total = known.get(lane);
        if (total != null && total.run.equals(run)) {
            return total.objects;
        }
        if (progress.lasting().compareTo(MOMENT) >= 0) {
            known.put(lane, new Total(run, OptionalLong.empty()));
            thread.execute(() -> count(export, run, progress.objects()));
        }
        return OptionalLong.empty();
    }

    private void count(ExportDefinition export, Instant run, long done) {
        try {
            known.put(
                    export.lane(),
                    new Total(run, OptionalLong.of(done + planner.get().countNew(export))));
        } catch (RuntimeException e) {
            // The run reports what the lake says.
            LOG.debug("{}: its objects cannot be counted", export.lane(), e);
        }
    }
}
