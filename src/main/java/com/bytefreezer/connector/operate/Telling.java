package com.bytefreezer.connector.operate;

import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.destination.Notification;
import com.bytefreezer.connector.destination.Notification.Subject;
import com.bytefreezer.connector.destination.NotificationRoutes;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.text.PlainText;
import com.bytefreezer.connector.text.Secrets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells people what begins and what is over, each once, by the routes that {@code notifications.type} names. For one thread. */
public final class Telling implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Telling.class);

    private final Settings settings;
    private final Secrets secrets;
    private final Duration rest;
    private final NotificationRoutes routes;
    /** When each route that failed may be asked again, by {@link System#nanoTime}. */
    private final Map<String, Long> resting = new HashMap<>();

    /** What people may be told of a subject, with the words for its end. */
    record Condition(String name, String end) {}

    /** What people were told of one subject, and is not over: conditions, each with the route before it. */
    interface Memory {
        /** With the time since when. */
        Map<String, Instant> told();

        /** Whether this process is the one to tell; then nobody else is. */
        boolean begin(String condition, Instant since);

        /** The same for its end. */
        boolean end(String condition, Instant since);
    }

    /**
     * @param rest before a route that failed is asked again
     * @throws ConnectorException if the routes do not start
     */
    Telling(Settings settings, Secrets secrets, Duration rest) {
        this.settings = settings;
        this.secrets = secrets;
        this.rest = rest;
        routes = new NotificationRoutes(settings);
    }

    /**
     * Tells the difference between what is and what was told.
     *
     * @param conditions in the order in which they are told
     * @param now those that there are, with their words
     */
    void tell(Subject subject, List<Condition> conditions, Map<String, String> now, Memory memory) {
        for (String route : settings.notifications()) {
            if (resting.getOrDefault(route, System.nanoTime()) - System.nanoTime() > 0) {
                continue;
            }
            for (Condition condition : conditions) {
                String key = key(route, condition.name());
                Instant since = memory.told().get(key);
                String words = now.get(condition.name());
                if (words == null ? since != null : since == null) {
                    boolean over = words == null;
                    Instant begun = since == null ? Instant.now() : since;
                    String text = "%s %s".formatted(subject, over ? condition.end() : words);
                    if (over ? memory.end(key, begun) : memory.begin(key, begun)) {
                        send(route, key, new Notification(subject, condition.name(), over, begun, line(text)), memory);
                    }
                }
            }
        }
    }

    /** As memories know a condition that was told by a route. */
    static String key(String route, String condition) {
        return route + ":" + condition;
    }

    private String line(String text) {
        return PlainText.line(secrets.mask(PlainText.sentence(text)));
    }

    private void send(String route, String key, Notification notification, Memory memory) {
        try {
            routes.send(route, notification);
            if (resting.remove(route) != null) {
                LOG.info("notification {}: accepted again.", route);
            }
        } catch (InterruptedException e) {
            undo(key, notification, memory);
            Thread.currentThread().interrupt();
        } catch (Exception e) {
            undo(key, notification, memory);
            if (resting.put(route, System.nanoTime() + rest.toNanos()) == null) {
                LOG.warn(
                        "notification {}: {} The connector tries again; exports and feeds are not affected. Check notifications.{}.*",
                        route,
                        PlainText.sentence(Failures.describe(e)),
                        route);
            }
        }
    }

    private static void undo(String key, Notification notification, Memory memory) {
        var ignored =
                notification.over() ? memory.begin(key, notification.since()) : memory.end(key, notification.since());
    }

    @Override
    public void close() {
        routes.close();
    }
}
