package com.bytefreezer.connector.delivery;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.delivery.Batch.Rejection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Sums up refusals, so that the log has a line at once and then one for each pause. Safe for use by several threads.
 */
final class Refusals {
    private static final Duration PAUSE = Duration.ofSeconds(10);

    private final Map<Lane, Sum> lanes = new LinkedHashMap<>();

    private static final class Sum {
        private final long begun = System.nanoTime();
        private long rejected;
        private long records;
        private long batches;
        private String reason = "";
    }

    /**
     * Whether this refusal gets a line of its own; otherwise a later line includes it.
     *
     * @param rejected of this many {@code records} of a batch
     */
    synchronized boolean isFirst(Lane lane, int rejected, int records, Rejection example) {
        Sum sum = lanes.get(lane);
        if (sum == null) {
            lanes.put(lane, new Sum());
            return true;
        }
        sum.rejected += rejected;
        sum.records += records;
        sum.batches++;
        sum.reason = example.reason();
        return false;
    }

    /**
     * Lines for the refusals not logged yet.
     *
     * @param all also for lanes whose pause is not over
     */
    synchronized List<String> due(boolean all) {
        List<String> lines = new ArrayList<>();
        long now = System.nanoTime();
        lanes.entrySet().removeIf(each -> {
            Sum sum = each.getValue();
            boolean over = all || now - sum.begun >= PAUSE.toNanos();
            if (over && sum.batches > 0) {
                lines.add(
                        "export %s: %,d of %,d records rejected in %,d more batches within %d s; reason of the last: %s. Kept as dead letters; the cursor advances."
                                .formatted(
                                        each.getKey(),
                                        sum.rejected,
                                        sum.records,
                                        sum.batches,
                                        Duration.ofNanos(now - sum.begun).toSeconds(),
                                        sum.reason));
            }
            return over;
        });
        return lines;
    }
}
