package com.bytefreezer.connector.spool;

import com.bytefreezer.connector.spool.Journal.Line;
import java.util.List;

/** How many events have arrived in each of the last 60 seconds. For one thread at a time. */
final class LastMinute {
    private static final int SECONDS = 60;

    private final long[] seconds = new long[SECONDS];
    private final long[] counts = new long[SECONDS];

    /** @param at in milliseconds */
    void add(long at, long events) {
        long second = at / 1000;
        int place = (int) (second % SECONDS);
        // A later one is of a clock that was set back since.
        if (seconds[place] != second) {
            seconds[place] = second;
            counts[place] = 0;
        }
        counts[place] += events;
    }

    /** @param before the state of the segment before the first of {@code lines} */
    void add(Line before, List<Line> lines) {
        Line previous = before;
        for (Line line : lines) {
            add(line.at(), line.events() + line.deadLetters() - previous.events() - previous.deadLetters());
            previous = line;
        }
    }

    /** @param now in milliseconds; what is later does not count */
    double perSecond(long now) {
        long second = now / 1000;
        long sum = 0;
        for (int place = 0; place < SECONDS; place++) {
            if (seconds[place] <= second && seconds[place] > second - SECONDS) {
                sum += counts[place];
            }
        }
        return (double) sum / SECONDS;
    }
}
