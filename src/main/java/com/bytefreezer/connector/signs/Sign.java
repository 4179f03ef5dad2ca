package com.bytefreezer.connector.signs;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How one neighbour does for one export: it has failed, or a call to it has been under way for too long. Times are
 * {@link System#nanoTime}'s. Safe for use by several threads.
 */
final class Sign {
    /** A call that takes longer, while no other one ends, is one without an answer. */
    static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Neighbour neighbour;
    /** When the calls that are under way began. */
    private final Map<Object, Long> calls = new HashMap<>();

    private @Nullable Long failedAt;
    private String why = "";
    private boolean stands;
    private long workedAt;

    Sign(Neighbour neighbour) {
        this.neighbour = neighbour;
        workedAt = System.nanoTime();
    }

    /** Whether it worked before. */
    synchronized boolean failed(long begun, String reason, boolean isNeeded) {
        stands = isNeeded;
        why = reason;
        if (failedAt != null) {
            return false;
        }
        failedAt = begun;
        return true;
    }

    synchronized void works() {
        failedAt = null;
        workedAt = System.nanoTime();
    }

    synchronized void begin(Object call) {
        calls.put(call, System.nanoTime());
    }

    /** Whether it has ended well is said elsewhere. */
    synchronized void end(Object call) {
        calls.remove(call);
    }

    synchronized Optional<Retrying> look(long now, String subject) {
        if (failedAt != null) {
            return Optional.of(retrying(failedAt, now, why, stands));
        }
        long silentSince = now;
        for (long begun : calls.values()) {
            silentSince = Math.min(silentSince, Math.max(begun, workedAt));
        }
        return now - silentSince < PATIENCE.toNanos()
                ? Optional.empty()
                : Optional.of(retrying(
                        silentSince,
                        now,
                        "%s: no answer for %d s"
                                .formatted(
                                        subject,
                                        Duration.ofNanos(now - silentSince).toSeconds()),
                        neighbour.isNeeded()));
    }

    private static Retrying retrying(long begun, long now, String reason, boolean stands) {
        Duration lasting = Duration.ofNanos(now - begun);
        return new Retrying(Instant.now().minus(lasting), reason, stands, lasting);
    }
}
