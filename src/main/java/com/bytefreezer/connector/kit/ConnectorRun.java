package com.bytefreezer.connector.kit;

import java.util.Optional;

/** One run of this connector in batch mode, with no settings but the given ones. */
interface ConnectorRun extends AutoCloseable {
    long PATIENCE_SECONDS = 180;
    String HANGS = "did not end in %d s".formatted(PATIENCE_SECONDS);

    /** Waits for the end: how the run failed, or empty when it says that all is delivered. */
    Optional<String> failure() throws InterruptedException;

    /** Whether it had to be given up. */
    boolean hangs();

    /** Ends it as {@code kill -9} does; only a process can be. */
    void kill();

    boolean isAlive();

    @Override
    void close();
}
