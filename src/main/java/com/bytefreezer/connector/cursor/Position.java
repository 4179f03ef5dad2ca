package com.bytefreezer.connector.cursor;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Where a run of a lane starts.
 *
 * @param start objects older than this are left out until the dataset is listed once
 * @param watermark every object up to here is delivered, except late ones
 * @param listing describes the dataset at the last delivery of all of it
 * @param listed the range of partitions of the last complete listing; null: none yet
 */
public record Position(
        Instant start,
        Instant watermark,
        @Nullable String listing,
        @Nullable String listed) {
    /** The start of a lane that leaves out everything in its first listing. */
    public static final Instant AFTER_FIRST_LISTING = Instant.ofEpochMilli(Long.MAX_VALUE);

    static final Position BEGINNING = at(Instant.EPOCH);

    /** The start of a lane that leaves out objects last modified before {@code from}. */
    public static Position at(Instant from) {
        return new Position(from, from.equals(AFTER_FIRST_LISTING) ? Instant.EPOCH : from, null, null);
    }

    /** Whether it is after {@code now}, where no object can be. */
    public boolean isAhead(Instant now) {
        return watermark.isAfter(now) || (start.isAfter(now) && !start.equals(AFTER_FIRST_LISTING));
    }

    /** A run with this {@code scope} leaves out objects last modified before this time. */
    Instant leftOutBefore(Scope scope) {
        if (scope.range().equals(listed)) {
            return Instant.MIN;
        }
        Instant oldest = oldest(scope.lookback());
        return start.isAfter(oldest) ? start : oldest;
    }

    /** Objects last modified before this time are older than the look-back. */
    Instant oldest(Duration lookback) {
        return watermark.equals(Instant.EPOCH) ? watermark : watermark.minus(lookback);
    }
}
