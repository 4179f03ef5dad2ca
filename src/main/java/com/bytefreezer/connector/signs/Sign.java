package com.bytefreezer.connector.signs;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The state of one neighbour for one export: it has failed, or a call to it takes too long. Times are from {@link
 * System#nanoTime}. Safe for use by several threads.
 */
final class Sign {
    /** A call that takes longer, while no other call ends, counts as unanswered. */
    static final Duration PATIENCE = Duration.ofSeconds(10);

    /** Maximum time of a search for the records to blame for a refusal, until it finds an accepted one. */
    private static final Duration SEARCH = Duration.ofSeconds(5);

    private final Neighbour neighbour;
    /** Start times of the calls under way. */
    private final Map<Object, Long> calls = new HashMap<>();

    private @Nullable Long failedAt;
    private @Nullable Long refusedSince;
    private long refusedAt;
    private String refusal = "";
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

    /** It answers, but accepts nothing. */
    synchronized void refused(String reason) {
        long now = System.nanoTime();
        if (refusedSince == null || now - refusedAt > PATIENCE.toNanos()) {
            refusedSince = now;
        }
        refusedAt = now;
        refusal = reason;
        failedAt = null;
        workedAt = now;
    }

    synchronized void works() {
        failedAt = null;
        refusedSince = null;
        workedAt = System.nanoTime();
    }

    synchronized void begin(Object call) {
        calls.put(call, System.nanoTime());
    }

    /** Its success is reported separately. */
    synchronized void end(Object call) {
        calls.remove(call);
    }

    synchronized Optional<Retrying> look(long now, String subject) {
        if (failedAt != null) {
            return Optional.of(retrying(failedAt, now, why, stands));
        }
        if (refusedSince != null && now - refusedSince >= SEARCH.toNanos() && now - refusedAt <= PATIENCE.toNanos()) {
            return Optional.of(retrying(
                    refusedSince,
                    now,
                    "%s refuses every record (%s)".formatted(subject, refusal),
                    neighbour.isNeeded()));
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
