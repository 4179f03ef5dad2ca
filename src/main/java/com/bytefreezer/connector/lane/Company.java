package com.bytefreezer.connector.lane;

import com.bytefreezer.connector.delivery.Unit;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps other units from being delivered together with a unit that may kill the process, so that only that unit is to
 * blame. No lane waits long for another: a destination may be down for days. Safe for use by several threads.
 */
final class Company {
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final long LOOK_AT_STOP_MS = 100;

    private final Set<Unit> units = new HashSet<>();
    private @Nullable Unit loner;

    /** Starts a unit, after the one that is alone, if any. */
    synchronized Unit enter(Unit unit, BooleanSupplier stopping) {
        await(() -> loner == null, stopping);
        units.add(unit);
        return unit;
    }

    /** Starts a unit when there is no other one. */
    synchronized Unit enterAlone(Unit unit, BooleanSupplier stopping) {
        // From now on no other one starts.
        loner = unit;
        await(units::isEmpty, stopping);
        units.add(unit);
        return unit;
    }

    /** Ends a unit, if it has started. */
    synchronized void leave(Unit unit) {
        units.remove(unit);
        if (unit.equals(loner)) {
            loner = null;
        }
        notifyAll();
    }

    private void await(BooleanSupplier free, BooleanSupplier stopping) {
        long begin = System.nanoTime();
        try {
            while (!free.getAsBoolean() && !stopping.getAsBoolean() && System.nanoTime() - begin < PATIENCE.toNanos()) {
                wait(LOOK_AT_STOP_MS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
