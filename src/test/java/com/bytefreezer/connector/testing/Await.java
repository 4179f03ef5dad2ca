package com.bytefreezer.connector.testing;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for something that happens elsewhere. */
public final class Await {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final long SHORTEST_PAUSE = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long LONGEST_PAUSE = TimeUnit.MILLISECONDS.toNanos(100);

    private Await() {}

    /** Returns as soon as the condition holds; fails after two minutes, naming what was awaited. */
    public static void until(String what, BooleanSupplier condition) {
        until(what, PATIENCE, condition);
    }

    public static void until(String what, Duration patience, BooleanSupplier condition) {
        var begun = System.nanoTime();
        while (!condition.getAsBoolean()) {
            var waited = System.nanoTime() - begun;
            if (waited > patience.toNanos()) {
                throw new AssertionError("waited %d s in vain: %s".formatted(patience.toSeconds(), what));
            }
            // The longer it takes, the less often: many conditions ask a server.
            LockSupport.parkNanos(Math.min(Math.max(waited / 20, SHORTEST_PAUSE), LONGEST_PAUSE));
        }
    }
}
