package com.bytefreezer.connector.signs;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What hinders something that goes on by itself, so that it is told once, and again every hour. For one thread. */
public final class Plight {
    private static final Duration PAUSE = Duration.ofHours(1);

    private String reason = "";
    private @Nullable Moment told;

    /** Whether to tell of it now. */
    public boolean isNews(String hindrance) {
        Moment last = told;
        if (last != null && hindrance.equals(reason) && last.past().compareTo(PAUSE) < 0) {
            return false;
        }
        reason = hindrance;
        told = Moment.now();
        return true;
    }

    /** What hindered it until now, to be told once; nothing does any more. */
    public Optional<String> end() {
        Optional<String> former = told == null ? Optional.empty() : Optional.of(reason);
        told = null;
        return former;
    }
}
