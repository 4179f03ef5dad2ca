package com.bytefreezer.connector.api.data;

import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.problem.ApiException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A range of objects of a dataset, by the start of their partition. It includes every object without such a time.
 *
 * @param from inclusive
 * @param to exclusive
 */
record Range(Optional<Instant> from, Optional<Instant> to) {
    private static final String ALL = "all";
    private static final Pattern HOUR = Pattern.compile("(^|/)(hour=\\d{1,2}|\\d{4}/\\d{1,2}/\\d{1,2}/\\d{1,2})/");

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

    /** The range of a request; without both ends, the newest partition of {@code objects}. */
    static Range orNewest(@Nullable String from, @Nullable String to, List<LakeObject> objects) {
        Range given = of(from, to);
        return given.equals(EVERYTHING) && !ALL.equals(from) ? newest(objects).orElse(EVERYTHING) : given;
    }

    /** The newest partition with objects; none if no object has a time. */
    static Optional<Range> newest(List<LakeObject> objects) {
        return objects.stream()
                .filter(object -> object.partitionTime().isPresent())
                .max(Comparator.comparing(object -> object.partitionTime().orElseThrow()))
                .map(object -> {
                    Instant time = object.partitionTime().orElseThrow();
                    return new Range(Optional.of(time), Optional.of(time.plus(length(object))));
                });
    }

    /** The length of the object's partition: an hour or a day. */
    static Duration length(LakeObject object) {
        return HOUR.matcher(object.key()).find() ? Duration.ofHours(1) : Duration.ofDays(1);
    }

    /** The objects in the range, in the same order. */
    List<LakeObject> of(List<LakeObject> objects) {
        return objects.stream()
                .filter(object -> object.beginsIn(from.orElse(Instant.MIN), to.orElse(Instant.MAX)))
                .toList();
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
