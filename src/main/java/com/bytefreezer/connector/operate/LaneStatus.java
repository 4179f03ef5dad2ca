package com.bytefreezer.connector.operate;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.cursor.Counts;
import com.bytefreezer.connector.signs.Retrying;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The state of a lane.
 *
 * @param state never (it has not run yet), running, retrying (see {@code retrying}), silent (the process that runs it
 *     has given no sign of life for a while), paused (its file says so), idle, empty (its dataset has never had an
 *     object), or failed or killed (the end of the last run)
 * @param lagSeconds the age of the oldest undelivered object of the last listing; 0 if all are delivered, null if the
 *     lake was never listed
 * @param watermark every object up to here is delivered, except late ones; null before the first
 * @param lastSuccess the end of the last successful run
 * @param lastError why the last run failed; null if it succeeded
 * @param nextRun null if no schedule is known: while it runs, and in another process
 * @param totals of all runs, as far as they are recorded
 * @param retries of batches in all runs, by HTTP status; {@code no answer} if there was none, and {@code some records}
 *     if the destination accepted a part
 * @param deadLetters records in the dead letters now
 * @param setAside objects that are not delivered because they killed the process again and again
 * @param leftOut what the last full listing left out, because its name is not that of data; null if nothing
 * @param running known only in the process that runs it
 * @param retrying what it waits for; null while it works
 */
public record LaneStatus(
        Lane lane,
        String state,
        @Nullable Long lagSeconds,
        @Nullable Instant watermark,
        @Nullable Instant lastSuccess,
        @Nullable String lastError,
        @Nullable Instant nextRun,
        Counts totals,
        Map<String, Long> retries,
        long deadLetters,
        List<String> setAside,
        @Nullable String leftOut,
        boolean running,
        @Nullable Retrying retrying) {
    public String name() {
        return lane.name();
    }

    public String destination() {
        return lane.destination();
    }
}
