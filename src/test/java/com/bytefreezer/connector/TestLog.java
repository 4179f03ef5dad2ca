package com.bytefreezer.connector;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.bytefreezer.connector.app.TestRun;
import java.util.List;
import org.slf4j.LoggerFactory;

/** The lines that a class writes into the log, with their level, from now on. */
public final class TestLog implements AutoCloseable {
    private final Logger logger;
    private final ListAppender<ILoggingEvent> appender = new ListAppender<>();

    private TestLog(org.slf4j.Logger writer) {
        logger = (Logger) writer;
        appender.start();
        logger.addAppender(appender);
    }

    public static TestLog of(Class<?> writer) {
        return new TestLog(LoggerFactory.getLogger(writer));
    }

    /** Of all classes of the program. */
    static TestLog ofProgram() {
        return new TestLog(LoggerFactory.getLogger(TestLog.class.getPackageName()));
    }

    /** What it has now; others may write meanwhile. */
    public static List<ILoggingEvent> events(ListAppender<ILoggingEvent> appender) {
        // The lock under which it adds one: its list is for one thread.
        synchronized (appender) {
            return List.copyOf(appender.list);
        }
    }

    public List<String> lines() {
        return events(appender).stream().map(TestLog::line).toList();
    }

    /** The same, where a stack trace follows with {@link TestRun#STACK_TRACE} at the end. */
    List<String> linesAndTraces() {
        return events(appender).stream()
                .map(event -> line(event) + (event.getThrowableProxy() == null ? "" : TestRun.STACK_TRACE))
                .toList();
    }

    private static String line(ILoggingEvent event) {
        return event.getLevel() + " " + event.getFormattedMessage();
    }

    @Override
    public void close() {
        logger.detachAppender(appender);
    }
}
