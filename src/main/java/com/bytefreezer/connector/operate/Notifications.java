package com.bytefreezer.connector.operate;

import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.signs.Periodic;
import com.bytefreezer.connector.text.Secrets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;

/**
 * Tells people, by the routes that {@code notifications.type} names, what goes wrong with exports and feeds: once, and
 * once more when it is over. Works in a thread of its own, so nothing waits for it.
 */
public final class Notifications implements AutoCloseable {
    private static final Duration PAUSE = Duration.ofSeconds(2);
    /** Before a route that failed is asked again. */
    private static final Duration REST = Duration.ofSeconds(30);

    private final List<Watched> watched;
    private final Telling telling;
    private final ScheduledExecutorService thread = Periodic.thread("notifications");

    /** What can go wrong. */
    public interface Watched {
        /** Compares how it is with what was told, and tells what is new. */
        void look(Telling telling);
    }

    /** @throws ConnectorException if the routes do not start */
    public Notifications(Settings settings, Secrets secrets, List<Watched> watched) {
        this.watched = watched;
        telling = new Telling(settings, secrets, REST);
    }

    /** Looks again and again. */
    public void start() {
        ScheduledFuture<?> unused = Periodic.each(PAUSE, thread, "notifications", this::look);
    }

    /** Looks once. */
    public void look() {
        watched.forEach(one -> one.look(telling));
    }

    @Override
    public void close() {
        thread.shutdownNow();
        telling.close();
    }
}
