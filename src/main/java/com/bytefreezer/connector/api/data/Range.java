package com.bytefreezer.connector.api.data;

import com.bytefreezer.connector.problem.ApiException;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A range of objects of a dataset, by the start of their partition. It includes every object without such a time.
 *
 * @param from inclusive
 * @param to exclusive
 */
record Range(Optional<Instant> from, Optional<Instant> to) {
    private static final String ALL = "all";

    /** Everything. */
    static final Range EVERYTHING = new Range(Optional.empty(), Optional.empty());

    /**
     * The range of a request; without both ends, everything.
     *
     * @throws ApiException if they are not times
     */
    static Range of(@Nullable String from, @Nullable String to) {
        return ALL.equals(from) ? EVERYTHING : new Range(time("from", from), time("to", to));
    }

    /** Whether a request names no range, so that the newest partition is meant. */
    static boolean isOpen(@Nullable String from, @Nullable String to) {
        return !ALL.equals(from) && of(from, to).equals(EVERYTHING);
    }

    /** Whether a partition that begins at this time is in the range. */
    boolean has(Optional<Instant> time) {
        return time.map(at -> !at.isBefore(from.orElse(Instant.MIN)) && at.isBefore(to.orElse(Instant.MAX)))
                .orElse(true);
    }

    private static Optional<Instant> time(String name, @Nullable String text) {
        try {
            return text == null || text.isBlank() ? Optional.empty() : Optional.of(Instant.parse(text));
        } catch (DateTimeParseException e) {
            throw ApiException.wrong("%s must be a time like 2026-11-20T14:00:00Z%s."
                    .formatted(name, name.equals("from") ? ", or all" : ""));
        }
    }
}
