package com.bytefreezer.connector.testing;

import java.util.function.LongSupplier;

/**
 * Where a server keeps its answers back, so that a test that kills or stops the client in the middle is never too late.
 * Safe for many threads.
 */
final class Hold {
    private long bound = Long.MAX_VALUE;

    /** From this count on nothing is answered; what waits and is below a new bound is answered. */
    synchronized void at(long count) {
        bound = count;
        notifyAll();
    }

    /** Returns as soon as the count is below the bound. */
    synchronized void pass(LongSupplier count) {
        try {
            while (count.getAsLong() >= bound) {
                wait();
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
