package com.bytefreezer.connector.operate;

import com.bytefreezer.connector.api.feeds.FeedsHere;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.destination.Notification.Subject;
import com.bytefreezer.connector.operate.FeedHealth.Finding;
import com.bytefreezer.connector.operate.Telling.Condition;
import com.bytefreezer.connector.problem.ConnectorException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * When a feed fails or brings no events, a dataset cannot be packed or has new dead letters, a source bucket cannot be
 * read, or the spool is nearly full. A file in the spool remembers what was told, also after a restart. For one thread.
 */
public final class FeedAlerts implements Notifications.Watched {
    private static final Logger LOG = LoggerFactory.getLogger(FeedAlerts.class);
    private static final String NO_DATA = "no-data";
    private static final String DEAD_LETTERS = "dead-letters";
    private static final Map<String, List<Condition>> CONDITIONS = Map.of(
            FeedHealth.FEED,
            List.of(new Condition(FeedHealth.FAILING, "works again"), new Condition(NO_DATA, "brings events again")),
            FeedHealth.DATASET,
            List.of(
                    new Condition(FeedHealth.FAILING, "is packed again"),
                    new Condition(DEAD_LETTERS, "has had no new dead letter for a while")),
            FeedHealth.BUCKET,
            List.of(new Condition(FeedHealth.FAILING, "can be read again")),
            FeedHealth.SPOOL,
            List.of(
                    new Condition(FeedHealth.NEARLY_FULL, "has room again"),
                    new Condition(FeedHealth.FAILING, "is packed again")));
    /** Once it was told, the spool is nearly full until it is emptier than this, in percent. */
    private static final int ROOM = 70;

    private final Settings settings;
    private final FeedHealth health;
    private final Limits limits;
    private final Instant started = Instant.now();
    private @Nullable TellingFile file;
    /** When feeds began to fail or to work, as this process has seen it. */
    private final Map<String, Turn> turns = new HashMap<>();

    /**
     * How long something must last.
     *
     * @param patience a feed fails or works for this long before that is told
     * @param quiet dead letters are new for this long
     */
    record Limits(Duration patience, Duration quiet) {}

    private record Turn(boolean fails, Instant since) {}

    public FeedAlerts(Settings settings, FeedHealth health) {
        this(settings, health, new Limits(Duration.ofSeconds(60), Duration.ofHours(1)));
    }

    FeedAlerts(Settings settings, FeedHealth health, Limits limits) {
        this.settings = settings;
        this.health = health;
        this.limits = limits;
    }

    @Override
    public void look(Telling telling) {
        look(telling, Instant.now());
    }

    void look(Telling telling, Instant now) {
        if (health.here().states().isEmpty()) {
            // No feed runs here, so another process may have the spool and its file.
            return;
        }
        TellingFile memory = file;
        if (memory == null) {
            memory = new TellingFile(Path.of(settings.text("spool.folder")));
            file = memory;
        }
        look(telling, memory, now);
    }

    private void look(Telling telling, TellingFile memory, Instant now) {
        Map<Subject, Map<String, String>> conditions;
        try {
            conditions = conditions(memory, now);
        } catch (ConnectorException e) {
            // The record of source objects is away; the packs say so.
            LOG.debug("notifications", e);
            return;
        }
        conditions.forEach((subject, its) -> {
            Telling.Memory told = memory.of(subject.toString());
            // Of thousands of datasets there is mostly nothing to tell.
            if (!its.isEmpty() || !told.told().isEmpty()) {
                telling.tell(subject, CONDITIONS.getOrDefault(subject.kind(), List.of()), its, told);
            }
        });
        memory.retain(conditions.keySet());
        memory.write();
    }

    /** Of all subjects that there are, also of those of which there is nothing to tell. */
    private Map<Subject, Map<String, String>> conditions(TellingFile memory, Instant now) {
        Map<Subject, Map<String, String>> all = new LinkedHashMap<>();
        Map<Subject, Finding> feeds = new HashMap<>();
        Subject spool = Subject.of(FeedHealth.SPOOL, settings.text("spool.folder"));
        List<Finding> packs = new ArrayList<>();
        for (Finding finding : health.findings()) {
            if (finding.subject().kind().equals(FeedHealth.FEED)) {
                feeds.put(finding.subject(), finding);
            } else if (finding.dataset().isPresent()) {
                packs.add(finding);
            } else {
                of(finding.subject(), all).put(finding.condition(), finding.words());
            }
        }
        // A lake that is away is one message, not one for each of thousands of datasets.
        boolean together =
                packs.size() > FeedHealth.MOST_TOLD || (!packs.isEmpty() && isTold(memory, spool, FeedHealth.FAILING));
        if (together) {
            of(spool, all)
                    .put(
                            FeedHealth.FAILING,
                            "has %,d datasets that cannot be packed; one of them: %s"
                                    .formatted(packs.size(), packs.get(0)));
        }
        packs.stream()
                .filter(each -> !together || isTold(memory, each.subject(), FeedHealth.FAILING))
                .forEach(each -> of(each.subject(), all).put(each.condition(), each.words()));
        new TreeMap<>(health.here().open()).forEach((name, feed) -> {
            Subject subject = Subject.of(FeedHealth.FEED, name);
            of(subject, all).putAll(ofFeed(subject, feed, Optional.ofNullable(feeds.get(subject)), memory, now));
        });
        health.here().fill().ifPresent(fill -> {
            boolean stays = FeedHealth.percent(fill) >= ROOM && isTold(memory, spool, FeedHealth.NEARLY_FULL);
            Map<String, String> its = of(spool, all);
            if (stays) {
                its.putIfAbsent(FeedHealth.NEARLY_FULL, "is nearly full");
            }
        });
        health.here()
                .sources()
                .ifPresent(any -> of(Subject.of(FeedHealth.BUCKET, settings.text("s3source.bucket")), all));
        health.deadLetters().forEach((dataset, count) -> {
            Subject subject = Subject.of(FeedHealth.DATASET, dataset.toString());
            Map<String, String> its = of(subject, all);
            if (memory.count(subject.toString(), count, now)
                    .plus(limits.quiet())
                    .isAfter(now)) {
                its.put(
                        DEAD_LETTERS,
                        "has new dead letters, %,d in all (%s)"
                                .formatted(count, settings.text("feeds.dead-letters-folder")));
            }
        });
        return all;
    }

    private static Map<String, String> of(Subject subject, Map<Subject, Map<String, String>> all) {
        return all.computeIfAbsent(subject, any -> new HashMap<>());
    }

    private Map<String, String> ofFeed(
            Subject subject, FeedsHere.Open feed, Optional<Finding> failure, TellingFile memory, Instant now) {
        Map<String, String> its = new HashMap<>();
        // Until it is sure, it is as it was told.
        boolean fails = lasts(subject, failure.isPresent(), now)
                ? failure.isPresent()
                : isTold(memory, subject, FeedHealth.FAILING);
        if (fails) {
            its.put(FeedHealth.FAILING, failure.map(Finding::words).orElse("fails"));
        }
        int most = settings.integer("notifications.no-data-seconds");
        Instant last = feed.lastEvent().orElse(started);
        // Nobody knows what was before the start, which is no event.
        boolean isSilent = last.plusSeconds(most).isBefore(now)
                || (feed.lastEvent().isEmpty() && isTold(memory, subject, NO_DATA));
        if (most > 0 && isSilent) {
            its.put(NO_DATA, "has brought no event since %s".formatted(last));
        }
        return its;
    }

    /** Whether a feed has failed, or worked, for long enough. */
    private boolean lasts(Subject subject, boolean fails, Instant now) {
        Turn turn = turns.compute(
                subject.toString(),
                (any, known) -> known == null || known.fails() != fails ? new Turn(fails, now) : known);
        return !turn.since().plus(limits.patience()).isAfter(now);
    }

    private boolean isTold(TellingFile memory, Subject subject, String condition) {
        Set<String> told = memory.of(subject.toString()).told().keySet();
        return settings.notifications().stream().anyMatch(route -> told.contains(Telling.key(route, condition)));
    }
}
