package com.bytefreezer.connector.signs;

import java.time.Duration;
import java.time.Instant;

/**
 * When something of this process began. Durations come from the monotonic clock, so they are right when somebody sets the
 * machine's clock. Immutable.
 */
public final class Moment {
    private final Instant time = Instant.now();
    private final long nanos = System.nanoTime();

    private Moment() {}

    public static Moment now() {
        return new Moment();
    }

    /** By the machine's clock. */
    public Instant time() {
        return time;
    }

    /** How long ago it was. */
    public Duration past() {
        return Duration.ofNanos(System.nanoTime() - nanos);
    }

    /** The present time by the machine's clock as it was then; never before {@link #time}. */
    public Instant end() {
        return time.plus(past());
    }
}
