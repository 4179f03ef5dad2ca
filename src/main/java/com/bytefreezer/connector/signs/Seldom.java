package com.bytefreezer.connector.signs;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Counts what happens often, so that it is told at most once a minute. Safe for use by several threads. */
public final class Seldom {
    private static final Duration PAUSE = Duration.ofMinutes(1);

    private long count;
    private @Nullable Moment told;

    /** How many to tell of now; 0: tell later. */
    public synchronized long add(long more) {
        count += more;
        if (count == 0 || (told != null && told.past().compareTo(PAUSE) < 0)) {
            return 0;
        }
        long now = count;
        count = 0;
        told = Moment.now();
        return now;
    }
}
