package com.bytefreezer.connector.operate;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.cursor.Alerts;
import com.bytefreezer.connector.cursor.Alerts.Told;
import com.bytefreezer.connector.cursor.History;
import com.bytefreezer.connector.destination.Notification;
import com.bytefreezer.connector.destination.NotificationRoutes;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.signs.Periodic;
import com.bytefreezer.connector.signs.Retrying;
import com.bytefreezer.connector.text.PlainText;
import com.bytefreezer.connector.text.Secrets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells people, by the routes that {@code notifications.type} names, when an export fails, lags, has dead letters or gets
 * no data: once, and once more when it is over, also after a restart and with several replicas. Works in a thread of its
 * own, so no export waits for it.
 */
public final class Notifications implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Notifications.class);
    private static final Duration PAUSE = Duration.ofSeconds(2);
    /** A neighbour that does not answer for less is not worth a notification. */
    private static final Duration LONG = Duration.ofSeconds(60);
    /** Before a route that failed is asked again. */
    private static final Duration REST = Duration.ofSeconds(30);

    private static final String FAILING = "failing";
    private static final String LAGGING = "lagging";
    private static final String DEAD_LETTERS = "dead-letters";
    private static final String NO_DATA = "no-data";

    /** The conditions in the order in which they are told, with the words for their end. */
    private record Condition(String name, String end) {}

    private static final List<Condition> CONDITIONS = List.of(
            new Condition(FAILING, "works again"),
            new Condition(LAGGING, "no longer lags"),
            new Condition(DEAD_LETTERS, "no longer has dead letters"),
            new Condition(NO_DATA, "gets records again"));

    private final Settings settings;
    private final Secrets secrets;
    private final Status status;
    private final History history;
    private final Alerts alerts;
    private final NotificationRoutes routes;
    private final Duration rest;
    private final Instant started = Instant.now();
    private final ScheduledExecutorService thread = Periodic.thread("notifications");
    /** When each route that failed may be asked again, by {@link System#nanoTime}. */
    private final Map<String, Long> resting = new HashMap<>();

    /** @throws ConnectorException if the routes do not start */
    public Notifications(Settings settings, Secrets secrets, Status status, History history, Alerts alerts) {
        this(settings, secrets, status, history, alerts, REST);
    }

    Notifications(Settings settings, Secrets secrets, Status status, History history, Alerts alerts, Duration rest) {
        this.settings = settings;
        this.secrets = secrets;
        this.status = status;
        this.history = history;
        this.alerts = alerts;
        this.rest = rest;
        routes = new NotificationRoutes(settings);
    }

    /** Looks again and again. */
    public void start() {
        ScheduledFuture<?> unused = Periodic.each(PAUSE, thread, "notifications", this::look);
    }

    /** Compares the state of the exports with what was told, and tells what is new. */
    public void look() {
        List<LaneStatus> lanes;
        List<Told> told;
        try {
            lanes = status.lanes();
            told = alerts.all();
        } catch (ConnectorException e) {
            // The store is away; the exports say so.
            LOG.debug("notifications", e);
            return;
        }
        Set<Lane> there = lanes.stream().map(LaneStatus::lane).collect(Collectors.toSet());
        told.stream().filter(one -> !there.contains(one.lane())).forEach(alerts::end);
        for (LaneStatus lane : lanes) {
            if (lane.state().equals("paused")) {
                continue;
            }
            Map<String, String> now = conditions(lane, settings, lastData(lane), Instant.now());
            for (String name : settings.notifications()) {
                tell(name, lane.lane(), now, told);
            }
        }
    }

    /** What people should know about a lane: conditions with their words. */
    static Map<String, String> conditions(LaneStatus lane, Settings settings, Instant lastData, Instant now) {
        Map<String, String> conditions = new LinkedHashMap<>();
        Retrying waits = lane.retrying();
        Long lag = lane.lagSeconds();
        if (lane.lastError() != null) {
            conditions.put(FAILING, "fails: " + lane.lastError());
        } else if (waits != null && waits.lasting().compareTo(LONG) >= 0) {
            conditions.put(
                    FAILING, "retries for %d s: %s".formatted(waits.lasting().toSeconds(), waits.why()));
        }
        if (lag != null && lag > settings.integer("health-reporting.max-lag-seconds")) {
            conditions.put(LAGGING, "lags by %d s".formatted(lag));
        }
        if (lane.deadLetters() > 0) {
            conditions.put(DEAD_LETTERS, "has %,d dead letters".formatted(lane.deadLetters()));
        }
        int most = settings.integer("notifications.no-data-seconds");
        if (most > 0 && lastData.plusSeconds(most).isBefore(now)) {
            conditions.put(NO_DATA, "has had no record since %s".formatted(lastData));
        }
        return conditions;
    }

    private Instant lastData(LaneStatus lane) {
        return history.lastWithData(lane.lane()).map(History.Run::finished).orElse(started);
    }

    private void tell(String name, Lane lane, Map<String, String> now, List<Told> told) {
        if (resting.getOrDefault(name, System.nanoTime()) - System.nanoTime() > 0) {
            return;
        }
        Map<String, Told> before = told.stream()
                .filter(one -> one.lane().equals(lane) && one.condition().startsWith(name + ":"))
                .collect(Collectors.toMap(Told::condition, one -> one));
        for (Condition condition : CONDITIONS) {
            String key = name + ":" + condition.name();
            Told known = before.get(key);
            String words = now.get(condition.name());
            boolean ends = known != null && words == null;
            if (ends || (known == null && words != null)) {
                Told one = known == null ? new Told(lane, key, Instant.now()) : known;
                String text = "export %s %s".formatted(lane, ends ? condition.end() : words);
                if (ends ? alerts.end(one) : alerts.begin(one)) {
                    send(name, one, new Notification(lane, condition.name(), ends, one.since(), line(text)));
                }
            }
        }
    }

    private String line(String text) {
        return PlainText.line(secrets.mask(PlainText.sentence(text)));
    }

    private void send(String name, Told one, Notification notification) {
        try {
            routes.send(name, notification);
            if (resting.remove(name) != null) {
                LOG.info("notification {}: accepted again.", name);
            }
        } catch (InterruptedException e) {
            undo(one, notification);
            Thread.currentThread().interrupt();
        } catch (Exception e) {
            undo(one, notification);
            if (resting.put(name, System.nanoTime() + rest.toNanos()) == null) {
                LOG.warn(
                        "notification {}: {} The connector tries again; the exports are not affected. Check notifications.{}.*",
                        name,
                        PlainText.sentence(Failures.describe(e)),
                        name);
            }
        }
    }

    private void undo(Told one, Notification notification) {
        var ignored = notification.over() ? alerts.begin(one) : alerts.end(one);
    }

    @Override
    public void close() {
        thread.shutdownNow();
        routes.close();
    }
}
