package com.bytefreezer.connector.pack;

import java.time.Duration;

/** When something that failed is tried again: after 5 seconds, then each time after twice as long, up to 5 minutes. */
public final class Pause {
    private static final Duration FIRST = Duration.ofSeconds(5);
    private static final Duration LONGEST = Duration.ofMinutes(5);

    private Duration length = Duration.ZERO;
    /** In nanoseconds. */
    private long since;

    /** Whether it is not to be tried yet. */
    public boolean lasts() {
        return System.nanoTime() - since < length.toNanos();
    }

    /** Begins, or begins again and lasts longer. */
    public void failed() {
        since = System.nanoTime();
        Duration twice = length.multipliedBy(2);
        length = length.isZero() ? FIRST : twice.compareTo(LONGEST) > 0 ? LONGEST : twice;
    }

    /** Nothing hinders it any more. */
    public void end() {
        length = Duration.ZERO;
    }
}
