package com.bytefreezer.connector.kit;

import java.util.Optional;

/** One run of this connector in batch mode, with only the given settings. */
interface ConnectorRun extends AutoCloseable {
    long PATIENCE_SECONDS = 180;
    String HANGS = "did not end within %d s".formatted(PATIENCE_SECONDS);

    /** Waits for the end. Returns how the run failed, or empty if it reports that everything is delivered. */
    Optional<String> failure() throws InterruptedException;

    /** Whether it was given up. */
    boolean hangs();

    /** Ends it like {@code kill -9}; only for a process. */
    void kill();

    boolean isAlive();

    @Override
    void close();
}
