package com.bytefreezer.connector.spool;

import java.util.concurrent.Semaphore;

/**
 * How many segments keep their files open between writes: opening them takes time, but there may be thousands of datasets.
 * Safe for use by several threads.
 */
final class OpenFiles {
    static final int MOST = 64;

    private final Semaphore places = new Semaphore(MOST);

    /** Whether one more may. */
    boolean take() {
        return places.tryAcquire();
    }

    void give() {
        places.release();
    }
}
