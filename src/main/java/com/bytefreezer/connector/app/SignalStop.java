package com.bytefreezer.connector.app;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import com.bytefreezer.connector.problem.Failures;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Closes what runs at its end, or when a signal ends the process. Used by one thread. */
public final class SignalStop {
    private static final Logger LOG = LoggerFactory.getLogger(SignalStop.class);

    private final AutoCloseable running;
    private final AutoCloseable rest;
    private final int code;
    private final Thread hook = new Thread(this::stop, "stop");
    private boolean closed;

    /**
     * From now on, a signal closes {@code running}.
     *
     * @param rest closed after it by a signal; otherwise its owner closes it, who may have more to do before
     * @param code the exit code after a signal; Java alone would end with 143
     */
    public SignalStop(AutoCloseable running, AutoCloseable rest, int code) {
        this.running = running;
        this.rest = rest;
        this.code = code;
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** Starts {@code running}, and closes it if that fails. */
    public <T> T start(Callable<T> start) throws Exception {
        T started;
        try {
            started = start.call();
        } catch (Exception e) {
            end();
            throw e;
        }
        UnpackedLibraries.remove();
        return started;
    }

    /** Closes {@code running}. If a signal comes meanwhile, this never returns, because the signal ends the process. */
    public void end() throws Exception {
        close();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            await();
        }
    }

    /** Never returns: a signal ends the process. */
    public void await() throws InterruptedException {
        new CountDownLatch(1).await();
    }

    /** A second caller waits until it is closed. */
    private synchronized void close() throws Exception {
        if (!closed) {
            closed = true;
            running.close();
        }
    }

    private void stop() {
        LOG.info("Stopping: batches in flight finish first.");
        // Camel would log a stack trace for each interruption; the connector logs the meaning in one line.
        ((LoggerContext) LoggerFactory.getILoggerFactory())
                .getLogger("org.apache.camel")
                .setLevel(Level.OFF);
        try (rest) {
            close();
        } catch (Exception e) {
            LOG.error("{}", Failures.describe(e));
        }
        UnpackedLibraries.remove();
        Runtime.getRuntime().halt(code);
    }
}
