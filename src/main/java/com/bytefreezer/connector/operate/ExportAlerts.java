package com.bytefreezer.connector.operate;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.cursor.Alerts;
import com.bytefreezer.connector.cursor.Alerts.Told;
import com.bytefreezer.connector.cursor.History;
import com.bytefreezer.connector.destination.Notification.Subject;
import com.bytefreezer.connector.operate.Telling.Condition;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.signs.Retrying;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * When an export fails, lags, has dead letters or gets no data. The cursor's store remembers what was told, also after a
 * restart and for several replicas. For one thread.
 */
public final class ExportAlerts implements Notifications.Watched {
    private static final Logger LOG = LoggerFactory.getLogger(ExportAlerts.class);
    /** A neighbour that does not answer for less is not worth a notification. */
    private static final Duration LONG = Duration.ofSeconds(60);

    private static final String FAILING = "failing";
    private static final String LAGGING = "lagging";
    private static final String DEAD_LETTERS = "dead-letters";
    private static final String NO_DATA = "no-data";

    private static final List<Condition> CONDITIONS = List.of(
            new Condition(FAILING, "works again"),
            new Condition(LAGGING, "no longer lags"),
            new Condition(DEAD_LETTERS, "no longer has dead letters"),
            new Condition(NO_DATA, "gets records again"));

    private final Settings settings;
    private final Status status;
    private final History history;
    private final Alerts alerts;
    private final Instant started = Instant.now();

    public ExportAlerts(Settings settings, Status status, History history, Alerts alerts) {
        this.settings = settings;
        this.status = status;
        this.history = history;
        this.alerts = alerts;
    }

    @Override
    public void look(Telling telling) {
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
            if (!lane.state().equals("paused")) {
                Map<String, String> now = conditions(lane, settings, lastData(lane), Instant.now());
                telling.tell(Subject.of(lane.lane()), CONDITIONS, now, memory(lane.lane(), told));
            }
        }
    }

    private Telling.Memory memory(Lane lane, List<Told> told) {
        Map<String, Instant> its = told.stream()
                .filter(one -> one.lane().equals(lane))
                .collect(Collectors.toMap(Told::condition, Told::since));
        return new Telling.Memory() {
            @Override
            public Map<String, Instant> told() {
                return its;
            }

            @Override
            public boolean begin(String condition, Instant since) {
                return alerts.begin(new Told(lane, condition, since));
            }

            @Override
            public boolean end(String condition, Instant since) {
                return alerts.end(new Told(lane, condition, since));
            }
        };
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
}
