package com.bytefreezer.connector.app;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.bytefreezer.connector.TestLog;
import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.config.SettingsException;
import com.bytefreezer.connector.cursor.Cursor;
import com.bytefreezer.connector.delivery.Retries;
import com.bytefreezer.connector.lane.RunProgress;
import com.bytefreezer.connector.lane.Schedule;
import com.bytefreezer.connector.operate.LaneStatus;
import com.bytefreezer.connector.signs.Signs;
import com.bytefreezer.connector.testing.TestSettings;
import com.bytefreezer.connector.text.Secrets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * One run of all exports in this JVM, as {@code --mode batch} does it.
 *
 * @param succeeded whether the process would have ended with 0
 * @param log the lines of the connector's own log, with their level
 */
public record TestRun(boolean succeeded, List<String> log) {

    /** So ends a line that a stack trace follows. */
    public static final String STACK_TRACE = " (and a stack trace)";

    /** Settings of a test: cursor and dead letters in {@code folder}, quick retries, the rest as given. */
    public static Settings settings(Path folder, Map<String, String> given) {
        return settings(folder, Path.of("routes"), given);
    }

    public static Settings settings(Path folder, Path routes, Map<String, String> given) {
        return settings(folder, routes, given, Mode.BATCH);
    }

    /** The same for a watch, whose files of exports may be wrong. */
    public static Settings settings(Path folder, Path routes, Map<String, String> given, Mode mode) {
        Map<String, String> all = new TreeMap<>(Map.of(
                "cursor.file",
                folder.resolve("cursor.db").toString(),
                "delivery.dead-letters-folder",
                folder.resolve("dead-letters").toString(),
                "delivery.retry-delay-ms",
                "10",
                "delivery.max-retries",
                "3",
                // Tests run in several processes.
                "server.port",
                "0"));
        all.putAll(given);
        try {
            return Settings.load(
                    new Settings.Sources(mode, all, Map.of(), null, Path.of(""), TestSettings.routes(routes)));
        } catch (SettingsException e) {
            throw new IllegalArgumentException(e);
        }
    }

    /** Runs every export once and waits for the end. */
    public static TestRun batch(Settings settings) throws Exception {
        try (Running running = new Running(settings, Mode.BATCH)) {
            running.schedule.awaitAll();
            return new TestRun(running.schedule.allSucceeded(), running.log());
        }
    }

    /** Runs every export again and again, as {@code --mode watch} does it, until it is closed. */
    public static Running watch(Settings settings) throws Exception {
        return new Running(settings.with(Mode.WATCH, Map.of()), Mode.WATCH);
    }

    /** A connector in this JVM with its log. */
    public static final class Running implements AutoCloseable {
        private static final Logger LOGGER =
                ((LoggerContext) org.slf4j.LoggerFactory.getILoggerFactory()).getLogger("com.bytefreezer");

        private final ListAppender<ILoggingEvent> appender = new ListAppender<>();
        private final Connector connector;
        private final Schedule schedule;

        private Running(Settings settings, Mode mode) throws Exception {
            Secrets secrets = new Secrets();
            settings.secrets().forEach(secrets::add);
            // Its lines tell of each try.
            LOGGER.getLoggerContext().getLogger(Retries.class).setLevel(Level.DEBUG);
            appender.start();
            LOGGER.addAppender(appender);
            connector = new Connector(settings, secrets, Cursor.open(settings), mode);
            try {
                schedule = connector.start();
            } catch (Exception e) {
                close();
                throw e;
            }
        }

        /** Its lines so far, with their level. */
        public List<String> log() {
            return lines(appender);
        }

        /** How its exports are, one after the other. */
        public List<LaneStatus> lanes() {
            return connector.operations.status().lanes();
        }

        /** Why it is not ready. */
        public Optional<String> whyNotReady() {
            return connector.operations.whyNotReady();
        }

        /** What its exports wait for. */
        public Signs signs() {
            return connector.exports.signs();
        }

        /** What Prometheus sees. */
        public String metrics() {
            return connector.metrics.scrape();
        }

        /** How many objects the current or last runs have delivered. */
        public long delivered() {
            return connector.progress().stream().mapToLong(RunProgress::objects).sum();
        }

        /** Whether a run of it has a DuckDB. */
        public boolean hasDuckDb() {
            return connector.exports.all().stream()
                    .anyMatch(export -> export.duckDbMemory().isPresent());
        }

        @Override
        public void close() {
            try {
                connector.close();
            } finally {
                LOGGER.detachAppender(appender);
            }
        }
    }

    /** The lines of one level, e.g. {@code ERROR}. */
    public List<String> log(String level) {
        return log.stream().filter(line -> line.startsWith(level + " ")).toList();
    }

    private static List<String> lines(ListAppender<ILoggingEvent> appender) {
        return TestLog.events(appender).stream()
                .map(event -> event.getLevel() + " " + event.getFormattedMessage()
                        + (event.getThrowableProxy() == null ? "" : STACK_TRACE))
                .toList();
    }
}
