package com.bytefreezer.connector.delivery;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.problem.ConnectorException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Stops a run if a destination refuses most records: then the destination or the query is wrong, not the records, and
 * dead letters of all of them would help no one. It looks at the first 1,000 records of a lane, and then at each
 * 10,000, across runs. Safe for use by several threads.
 */
final class Brake {
    private static final int FIRST = 1_000;
    private static final int LATER = 10_000;

    private final double mostRejected;
    private final Map<Lane, Window> lanes = new ConcurrentHashMap<>();

    /** @param mostRejected {@code delivery.max-rejected-ratio}: the share of records that may be refused; 1 for all */
    Brake(double mostRejected) {
        this.mostRejected = mostRejected;
    }

    /**
     * Call it before the rejected records of a batch are kept.
     *
     * @param rejected the number of rejected records of the batch
     * @throws ConnectorException if too many were rejected; then the batch must not be settled
     */
    void require(Batch batch, int rejected, String reason) {
        Unit unit = batch.unit();
        lanes.computeIfAbsent(unit.lane(), lane -> new Window()).add(batch.recordCount(), rejected, reason);
    }

    /** Forgets a lane that is gone. */
    void forget(Lane lane) {
        lanes.remove(lane);
    }

    private final class Window {
        private int size = FIRST;
        private long seen;
        private long rejected;

        private synchronized void add(int records, int rejectedNow, String reason) {
            seen += records;
            rejected += rejectedNow;
            if (rejected > mostRejected * Math.max(size, seen)) {
                long refused = rejected;
                long all = seen;
                // The next batch shows whether the cause is fixed, before more records become dead letters.
                begin(1);
                throw new ConnectorException(
                        "%,d of %,d records were rejected; reason of the last: %s.".formatted(refused, all, reason),
                        "The run stops, and the cursor stays before this batch.",
                        "Correct the destination or the query, or raise delivery.max-rejected-ratio.",
                        null);
            }
            if (seen >= size) {
                begin(LATER);
            }
        }

        private void begin(int newSize) {
            size = newSize;
            seen = 0;
            rejected = 0;
        }
    }
}
