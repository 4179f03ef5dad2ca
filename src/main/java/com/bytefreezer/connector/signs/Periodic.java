package com.bytefreezer.connector.signs;

import com.bytefreezer.connector.text.PlainText;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Periodic work. Java would silently end it for good at the first exception or error. Here it continues, and a line
 * says when it starts to fail, every minute while it still fails, and when it works again.
 */
public final class Periodic implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(Periodic.class);
    private static final Duration BETWEEN_LINES = Duration.ofMinutes(1);

    private final String what;
    private final Runnable work;
    private final Duration betweenLines;
    private boolean fails;
    private long saidAt;

    Periodic(String what, Runnable work, Duration betweenLines) {
        this.what = what;
        this.work = work;
        this.betweenLines = betweenLines;
    }

    /** A daemon thread for periodic work. */
    public static ScheduledExecutorService thread(String name) {
        return Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        });
    }

    /**
     * Does {@code work} from now on, with {@code pause} before each run.
     *
     * @param what the work, as the subject of a log line
     */
    public static ScheduledFuture<?> each(Duration pause, ScheduledExecutorService thread, String what, Runnable work) {
        return thread.scheduleWithFixedDelay(
                new Periodic(what, work, BETWEEN_LINES), pause.toNanos(), pause.toNanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    public void run() {
        try {
            work.run();
            if (fails) {
                fails = false;
                LOG.info("{}: it works again.", what);
            }
        } catch (RuntimeException | Error e) {
            // A closing thread fails too, which is not worth a line.
            if (Thread.currentThread().isInterrupted()) {
                return;
            }
            fail(e);
        }
    }

    private void fail(Throwable e) {
        long now = System.nanoTime();
        if (!fails || now - saidAt >= betweenLines.toNanos()) {
            fails = true;
            saidAt = now;
            LOG.error(
                    "{}: it failed ({}). It is tried again. Restart the connector if this line comes again.",
                    what,
                    PlainText.line(String.valueOf(e)));
        }
        LOG.debug("{}", what, e);
    }
}
