package com.bytefreezer.connector.lane;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How much of its dataset an export lists in watch mode: all of it now and then, and in between only the partitions
 * that can have new objects. A late object in an older partition waits for the next full listing. For one thread at a
 * time.
 */
final class Window {
    /** Listing this many objects takes no more requests than a look for the recent partitions. */
    private static final long FEW = 10_000;

    private final Duration fullListing;
    private final Duration lookback;
    private Instant since = Instant.MIN;
    /** When the last full listing began, by {@link System#nanoTime}. */
    private @Nullable Long listedAt;

    private boolean few;
    private long openedAt;

    /**
     * The window of an export that has not run yet.
     *
     * @param fullListing how long after a full listing the next one is due
     * @param lookback how much older than the newest delivered object a partition may be to be listed each time
     */
    Window(Duration fullListing, Duration lookback) {
        this.fullListing = fullListing;
        this.lookback = lookback;
    }

    /**
     * Starts a run. The run does not list partitions that ended before the returned time; {@link Instant#MIN}: it lists
     * all.
     *
     * @param all whether it must list all
     */
    Instant open(boolean all) {
        openedAt = System.nanoTime();
        boolean due = few || listedAt == null || openedAt - listedAt >= fullListing.toNanos();
        // A clock was ahead.
        boolean ahead = since.isAfter(Instant.now());
        return all || due || ahead ? Instant.MIN : since;
    }

    /** Called after a run. If it stopped before the end of its listing, the next run lists at least as much. */
    void ended(Run run) {
        Instant delivered = run.tally.deliveredUntil();
        if (delivered == null) {
            return;
        }
        if (run.since.equals(Instant.MIN)) {
            listedAt = openedAt;
            few = run.listing.count() <= FEW;
        }
        Instant next = latest(run.since, delivered.minus(lookback));
        // The next run tries again what is left there.
        Instant left = run.tally.oldestFolder();
        since = left != null && left.isBefore(next) ? left : next;
    }

    private static Instant latest(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
    }
}
