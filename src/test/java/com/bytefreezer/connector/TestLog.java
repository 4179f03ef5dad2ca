package com.bytefreezer.connector;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import org.slf4j.LoggerFactory;

/** The lines that one class writes into the log, with their level, from now on. */
public final class TestLog implements AutoCloseable {
    private final Logger logger;
    private final ListAppender<ILoggingEvent> appender = new ListAppender<>();

    private TestLog(Class<?> writer) {
        logger = (Logger) LoggerFactory.getLogger(writer);
        appender.start();
        logger.addAppender(appender);
    }

    public static TestLog of(Class<?> writer) {
        return new TestLog(writer);
    }

    /** What it has now; others may write meanwhile. */
    public static List<ILoggingEvent> events(ListAppender<ILoggingEvent> appender) {
        // The lock under which it adds one: its list is for one thread.
        synchronized (appender) {
            return List.copyOf(appender.list);
        }
    }

    public List<String> lines() {
        return events(appender).stream()
                .map(event -> event.getLevel() + " " + event.getFormattedMessage())
                .toList();
    }

    @Override
    public void close() {
        logger.detachAppender(appender);
    }
}
