package com.bytefreezer.connector.app;

import com.bytefreezer.connector.api.feeds.FeedsHere;
import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.config.SettingsException;
import com.bytefreezer.connector.cursor.Cursor;
import com.bytefreezer.connector.operate.Operations;
import com.bytefreezer.connector.problem.ApiException;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.spool.DatasetState;
import com.bytefreezer.connector.spool.Spool;
import com.bytefreezer.connector.text.Secrets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.Body;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the exports of the folder in a process that serves the page, as watch mode does and with the same cursor, from a person's start until a person's stop or the end of the process. Safe for use by several threads.
 */
public final class WatchHere implements AutoCloseable, FeedsHere {
    private static final Logger LOG = LoggerFactory.getLogger(WatchHere.class);
    private static final String NOT_HERE = "The exports do not run here.";

    private final Settings settings;
    private final Secrets secrets;
    private final Operations operations;
    private final boolean receives;
    private @Nullable Running running;
    /** Those that run beside the exports. */
    private volatile FeedsHere feeds = FeedsHere.NONE;

    private boolean closed;

    /** @param before answers for the exports while they do not run here */
    private record Running(Connector connector, Operations before) {}

    /**
     * Nothing runs yet.
     *
     * @param settings reads the settings again when the exports start, so that a new destination needs no restart
     * @param operations acts on the exports while they run here
     * @param receives whether feeds run beside the exports, too
     */
    WatchHere(Settings settings, Secrets secrets, Operations operations, boolean receives) {
        this.settings = settings;
        this.secrets = secrets;
        this.operations = operations;
        this.receives = receives;
    }

    /**
     * Whether the exports run in this process.
     *
     * @param stoppable whether a person started them and can stop them
     */
    public record Condition(boolean here, boolean stoppable) {}

    /** Whether they run here now. */
    public synchronized Condition condition() {
        return new Condition(operations.runsHere(), running != null);
    }

    /**
     * Starts the exports, unless this process runs them already.
     *
     * @param request may be empty
     * @throws ApiException if it cannot: another process has the cursor, there is no export, or a setting is wrong
     */
    public synchronized void start(@Body Map<String, Object> request) {
        ApiException.required(request);
        if (closed || operations.runsHere()) {
            return;
        }
        if (readAnew(Mode.STATUS).exportsNow().isEmpty()) {
            throw ApiException.conflict("There is no export to run. Save one first.");
        }
        Settings now = readAnew(Mode.WATCH);
        now.secrets().forEach(secrets::add);
        Connector connector = open(now);
        try {
            connector.start();
        } catch (Exception e) {
            connector.close();
            throw refusal(e);
        }
        feeds = connector.feedsHere();
        running = new Running(connector, operations.become(connector.operations));
        LOG.info("A person started the exports on the page. They run here, as in watch mode.");
    }

    /**
     * Stops the exports; they finish the batches in flight.
     *
     * @throws ApiException if no person started them
     */
    public synchronized void stop() {
        if (running == null) {
            throw ApiException.conflict(
                    operations.runsHere()
                            ? "This process is a watch: it runs the exports until it ends."
                            : "The exports do not run here, so there is nothing to stop.");
        }
        end(running);
        LOG.info("A person stopped the exports on the page. They no longer run here.");
    }

    private void end(Running ending) {
        feeds = FeedsHere.NONE;
        ending.connector.close();
        operations.become(ending.before);
        running = null;
    }

    @Override
    public Map<String, String> refused() {
        return feeds.refused();
    }

    @Override
    public Map<String, Open> open() {
        return feeds.open();
    }

    @Override
    public Optional<Spool.Fill> fill() {
        return feeds.fill();
    }

    @Override
    public Optional<Sources> sources() {
        return feeds.sources();
    }

    @Override
    public Optional<List<DatasetState>> states() {
        return feeds.states();
    }

    private Settings readAnew(Mode mode) {
        try {
            return settings.again(mode);
        } catch (SettingsException e) {
            throw ApiException.conflict(secrets.mask(e.saying(NOT_HERE)));
        }
    }

    private Connector open(Settings now) {
        Cursor cursor;
        try {
            cursor = Cursor.open(now);
        } catch (ConnectorException e) {
            throw refusal(e);
        }
        try {
            return Connector.beside(now, secrets, cursor, receives);
        } catch (RuntimeException | Error e) {
            cursor.close();
            throw e;
        }
    }

    private static ApiException refusal(Exception failure) {
        return ApiException.conflict(
                failure instanceof ConnectorException known
                        ? known.saying(NOT_HERE)
                        : "%s %s".formatted(Failures.describe(failure), NOT_HERE));
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (running != null) {
            end(running);
        }
    }
}
