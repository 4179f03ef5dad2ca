package com.bytefreezer.connector.delivery;

import com.bytefreezer.connector.problem.ConnectorException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.camel.Body;
import org.apache.camel.CamelContext;
import org.apache.camel.Variable;

/**
 * Delays batches so that each destination gets at most a given number of records a second, evenly. A record that is
 * sent again counts again. Safe for use by several threads.
 */
public final class Pace {
    private static final long LOOK_AT_STOP_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final long nanosPerRecord;
    /** When the next batch may be sent, by {@link System#nanoTime}. */
    private final Map<String, Long> next = new ConcurrentHashMap<>();

    /** @param recordsPerSecond empty for no limit */
    public Pace(Optional<Integer> recordsPerSecond) {
        nanosPerRecord = recordsPerSecond
                .map(records -> TimeUnit.SECONDS.toNanos(1) / records)
                .orElse(0L);
    }

    /**
     * Returns when the batch may be sent.
     *
     * @throws ConnectorException if the connector stops before
     */
    public void await(@Body Batch batch, @Variable("destination") String destination, CamelContext context)
            throws InterruptedException {
        if (nanosPerRecord == 0) {
            return;
        }
        long now = System.nanoTime();
        long span = nanosPerRecord * batch.recordCount();
        long free = next.merge(destination, now + span, (earlier, later) -> Math.max(earlier, now) + span);
        long due = free - span;
        for (long left = due - now; left > 0; left = due - System.nanoTime()) {
            if (context.isStopping()) {
                throw new ConnectorException("the connector is being stopped");
            }
            TimeUnit.NANOSECONDS.sleep(Math.min(left, LOOK_AT_STOP_NANOS));
        }
    }
}
