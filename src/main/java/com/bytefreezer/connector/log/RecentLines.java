package com.bytefreezer.connector.log;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import com.bytefreezer.connector.text.PlainText;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The last lines of the log that some work has written, without secrets. A thread that does the work says so with {@link
 * #during}. Safe for use by several threads.
 */
public final class RecentLines {
    private static final int MOST = 50;
    private static final ThreadLocal<@Nullable RecentLines> CURRENT = new ThreadLocal<>();

    private final Deque<Line> lines = new ArrayDeque<>();

    /** A line of the log. */
    public record Line(String at, String level, String text) {}

    /** Collects what this thread logs while it does {@code work}. */
    public void during(Runnable work) {
        RecentLines before = CURRENT.get();
        CURRENT.set(this);
        try {
            work.run();
        } finally {
            if (before == null) {
                CURRENT.remove();
            } else {
                CURRENT.set(before);
            }
        }
    }

    /** The oldest first. */
    public synchronized List<Line> lines() {
        return List.copyOf(lines);
    }

    private synchronized void add(Line line) {
        if (lines.size() == MOST) {
            lines.removeFirst();
        }
        lines.addLast(line);
    }

    /** Gives each line to the collection of its thread. */
    public static final class Appender extends AppenderBase<ILoggingEvent> {
        @Override
        protected void append(ILoggingEvent event) {
            RecentLines current = CURRENT.get();
            if (current != null) {
                current.add(new Line(
                        Instant.ofEpochMilli(event.getTimeStamp()).toString(),
                        event.getLevel().toString(),
                        PlainText.line(event.getFormattedMessage())));
            }
        }
    }
}
