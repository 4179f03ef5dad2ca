package com.bytefreezer.connector.cursor;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Where a run of an export begins.
 *
 * @param start until the dataset is listed once, objects before it are left out
 * @param watermark every object up to here is delivered, save late ones
 * @param listing what the dataset looked like when all of it was delivered last
 * @param listed which range of partitions was listed to the end last; null: none yet
 */
public record Position(
        Instant start,
        Instant watermark,
        @Nullable String listing,
        @Nullable String listed) {
    /** Where a lane starts that leaves out all that its first listing shows. */
    public static final Instant AFTER_FIRST_LISTING = Instant.ofEpochMilli(Long.MAX_VALUE);

    static final Position BEGINNING = at(Instant.EPOCH);

    /** Where a lane begins that leaves out what was last modified before {@code from}. */
    public static Position at(Instant from) {
        return new Position(from, from.equals(AFTER_FIRST_LISTING) ? Instant.EPOCH : from, null, null);
    }

    /** Whether it lies after {@code now}, where no object can be. */
    public boolean isAhead(Instant now) {
        return watermark.isAfter(now) || (start.isAfter(now) && !start.equals(AFTER_FIRST_LISTING));
    }

    /** A run with this {@code scope} leaves out what was last modified before. */
    Instant leftOutBefore(Scope scope) {
        if (scope.range().equals(listed)) {
            return Instant.MIN;
        }
        Instant oldest = oldest(scope.lookback());
        return start.isAfter(oldest) ? start : oldest;
    }

    /** What was last modified before is behind the look-back. */
    Instant oldest(Duration lookback) {
        return watermark.equals(Instant.EPOCH) ? watermark : watermark.minus(lookback);
    }
}
