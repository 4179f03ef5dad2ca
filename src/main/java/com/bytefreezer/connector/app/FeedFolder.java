package com.bytefreezer.connector.app;

import com.bytefreezer.connector.config.FeedDefinition;
import com.bytefreezer.connector.config.FeedSource;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.signs.Moment;
import com.bytefreezer.connector.text.PlainText;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens, changes and closes feeds as their files say, without a restart. A file that is wrong, or cannot be followed,
 * leaves its feed as it is. For one thread, except {@link #refused}.
 */
final class FeedFolder {
    private static final Logger LOG = LoggerFactory.getLogger(FeedFolder.class);
    /** Before a feed that could not be opened is tried again: its port may have become free. */
    private static final Duration RETRY = Duration.ofSeconds(30);

    private final Settings settings;
    private final OpenFeeds feeds;
    private Map<String, String> seen;
    private Map<String, String> taken;
    /** Which file each feed has. */
    private Map<String, String> files = new HashMap<>();

    private Map<String, FeedDefinition> wanted = new TreeMap<>();
    private Moment tried = Moment.now();
    private final Map<String, String> refused = new ConcurrentHashMap<>();

    /** @param feeds those of the start */
    FeedFolder(Settings settings, OpenFeeds feeds) {
        this.settings = settings;
        this.feeds = feeds;
        taken = settings.stateOfFeedFiles();
        seen = taken;
        settings.feedSources().forEach(source -> files.putIfAbsent(source.parameter("name"), source.file()));
    }

    /** Why feeds are not as their files say, by their names. For any thread. */
    Map<String, String> refused() {
        return Map.copyOf(refused);
    }

    /** Applies changes of the files; a file counts once it has been the same in two looks. */
    void look() {
        try {
            Map<String, String> now = settings.stateOfFeedFiles();
            if (!now.equals(taken) && now.equals(seen)) {
                apply(settings.feedSources());
                taken = now;
            } else if (tried.past().compareTo(RETRY) > 0) {
                tried = Moment.now();
                wanted.values().stream()
                        .filter(feed -> feeds.find(feed.name()).isEmpty())
                        .forEach(this::bring);
            }
            seen = now;
        } catch (UncheckedIOException e) {
            // A file vanished during the look; the next look finds out.
            LOG.debug("{}", Failures.describe(e));
        }
    }

    private void apply(List<FeedSource> sources) {
        Map<String, FeedDefinition> described = new TreeMap<>();
        Map<String, String> newFiles = new HashMap<>();
        List<String> wrong = new ArrayList<>();
        Map<String, String> before = Map.copyOf(refused);
        refused.clear();
        // A feed that is open keeps its name, whatever another file says.
        List<FeedSource> ordered = new ArrayList<>(sources);
        ordered.sort((one, other) -> Boolean.compare(isItsFile(other), isItsFile(one)));
        for (FeedSource source : ordered) {
            String name = source.parameter("name");
            if (newFiles.putIfAbsent(name, source.file()) != null) {
                LOG.warn(
                        "{}: {} has a feed named {} already. It is not opened. Give it another name.",
                        source.file(),
                        newFiles.get(name),
                        name);
            } else if (!source.problems().isEmpty()) {
                wrong.add(source.file());
                String why = source.problems().get(0);
                refuse(
                        name,
                        "%s: %s %s Correct it.".formatted(source.file(), PlainText.sentence(why), effect(name)),
                        before);
            } else {
                source.feed().ifPresent(feed -> described.put(name, feed));
            }
        }
        for (FeedDefinition open : feeds.definitions()) {
            String file = files.getOrDefault(open.name(), "");
            if (wrong.contains(file) || wrong.contains(newFiles.getOrDefault(open.name(), ""))) {
                described.putIfAbsent(open.name(), open);
                newFiles.put(open.name(), file);
            }
        }
        files = newFiles;
        wanted = described;
        for (FeedDefinition open : feeds.definitions()) {
            if (!wanted.containsKey(open.name())) {
                feeds.close(open);
                LOG.info("feed {}: closed. What it has brought is still packed.", open.name());
            }
        }
        wanted.values().forEach(this::bring);
        feeds.stopListeningIfUnused();
    }

    private boolean isItsFile(FeedSource source) {
        return source.file().equals(files.get(source.parameter("name")));
    }

    private String effect(String name) {
        return feeds.find(name).isPresent() ? "The feed goes on as it was." : "The feed is not opened.";
    }

    /** @param before what was said already */
    private void refuse(String name, String line, Map<String, String> before) {
        String former = refused.put(name, line);
        if (!line.equals(former) && !line.equals(before.get(name))) {
            LOG.warn("{}", line);
        }
    }

    /** Opens a feed that is new, or anew as it is now. */
    private void bring(FeedDefinition feed) {
        Optional<FeedDefinition> former = feeds.find(feed.name());
        if (former.map(FeedDefinition::parameters).equals(Optional.of(feed.parameters()))) {
            return;
        }
        try {
            if (former.isEmpty() || !feeds.replace(feed)) {
                former.ifPresent(feeds::close);
                feeds.open(feed);
            }
            refused.remove(feed.name());
            LOG.info("feed {}: {}", feed.name(), former.isPresent() ? "changed." : "opened.");
        } catch (Exception e) {
            feeds.close(feed);
            former.ifPresent(this::openAgain);
            refuse(feed.name(), line(feed, e), Map.of());
        }
    }

    private String line(FeedDefinition feed, Exception failure) {
        String effect = effect(feed.name());
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof ConnectorException known) {
                return known.saying(effect);
            }
        }
        return "feed %s: %s %s Correct its file."
                .formatted(feed.name(), PlainText.sentence(Failures.describe(failure)), effect);
    }

    private void openAgain(FeedDefinition former) {
        try {
            feeds.open(former);
        } catch (Exception e) {
            feeds.close(former);
            LOG.error(
                    "feed {}: it cannot be opened as it was ({}). It is closed. Correct its file.",
                    former.name(),
                    Failures.describe(e));
        }
    }
}
