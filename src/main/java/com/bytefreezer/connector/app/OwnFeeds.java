package com.bytefreezer.connector.app;

import com.bytefreezer.connector.api.feeds.FeedsHere;
import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.config.FeedSource;
import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.config.SettingsException;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.spool.DatasetState;
import com.bytefreezer.connector.spool.Spool;
import com.bytefreezer.connector.text.PlainText;
import com.bytefreezer.connector.text.Secrets;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The feeds of a watch, once there is one: before that, it has no spool. Then {@link Feeds} follows the files. Safe for
 * use by several threads.
 */
final class OwnFeeds implements FeedsHere, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OwnFeeds.class);
    private static final String EFFECT = "The feeds are not opened.";

    private final Settings settings;
    private final Secrets secrets;
    private final Mode mode;
    private volatile Optional<Feeds> running;
    private volatile Map<String, String> refused = Map.of();
    private Map<String, String> seen;
    private Map<String, String> taken;
    private boolean started;

    /** @throws ConnectorException if there is a feed and no lake, or another process has the spool */
    OwnFeeds(Settings settings, Secrets secrets, Mode mode) {
        this.settings = settings;
        this.secrets = secrets;
        this.mode = mode;
        taken = settings.stateOfFeedFiles();
        seen = taken;
        running = settings.fillsLake() ? Optional.of(new Feeds(settings, secrets, mode)) : Optional.empty();
    }

    synchronized void start() throws Exception {
        started = true;
        if (running.isPresent()) {
            running.get().start();
        }
    }

    /** Opens the first feed, once a file describes one; a file counts once it has been the same in two looks. */
    synchronized void look() {
        if (!started || running.isPresent()) {
            return;
        }
        try {
            Map<String, String> now = settings.stateOfFeedFiles();
            if (!now.equals(taken) && now.equals(seen)) {
                taken = now;
                List<FeedSource> open = settings.feedSources().stream()
                        .filter(source -> source.feed().isPresent())
                        .toList();
                refused = Map.of();
                if (!open.isEmpty()) {
                    open(open);
                }
            }
            seen = now;
        } catch (UncheckedIOException e) {
            // A file vanished during the look; the next look finds out.
            LOG.debug("{}", Failures.describe(e));
        }
    }

    private void open(List<FeedSource> sources) {
        String line;
        try {
            running = Optional.of(opened(settings.again(mode)));
            return;
        } catch (SettingsException e) {
            line = e.saying(EFFECT);
        } catch (ConnectorException e) {
            line = e.saying(EFFECT);
        } catch (Exception e) {
            line = "feeds: %s %s".formatted(PlainText.sentence(Failures.describe(e)), EFFECT);
        }
        LOG.warn("{}", line);
        String why = line;
        refused = sources.stream()
                .collect(Collectors.toMap(source -> source.parameter("name"), source -> why, (one, other) -> one));
    }

    private Feeds opened(Settings now) throws Exception {
        now.secrets().forEach(secrets::add);
        Feeds feeds = new Feeds(now, secrets, mode);
        try {
            return feeds.start();
        } catch (Exception e) {
            feeds.close();
            throw e;
        }
    }

    private FeedsHere feeds() {
        return running.isPresent() ? running.get() : FeedsHere.NONE;
    }

    @Override
    public Map<String, Open> open() {
        return feeds().open();
    }

    @Override
    public Map<String, String> refused() {
        return running.isPresent() ? running.get().refused() : refused;
    }

    @Override
    public Optional<Spool.Fill> fill() {
        return feeds().fill();
    }

    @Override
    public Optional<Sources> sources() {
        return feeds().sources();
    }

    @Override
    public Map<DatasetName, String> failing() {
        return feeds().failing();
    }

    @Override
    public Optional<List<DatasetState>> states() {
        return feeds().states();
    }

    @Override
    public synchronized void close() {
        started = false;
        running.ifPresent(Feeds::close);
    }
}
