package com.bytefreezer.connector.lake;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The time that folders like {@code year=2026/month=11/day=20/hour=01} or {@code 2026/11/20} stand for, in UTC.
 *
 * @param to exclusive
 */
public record Period(Instant from, Instant to) {
    /** A year or a month stands for itself only at the end of a path. */
    private static final Pattern FOLDERS =
            Pattern.compile("(?:^|/)(?:year=|(?=19|20))(\\d{4})/(?:$|(?:month=)?(\\d{1,2})/(?:$|(?:day=)?(\\d{1,2})/"
                    + "(?:(?:hour=)?(\\d{1,2})/)?))");

    private static final ChronoUnit[] UNITS = {ChronoUnit.YEARS, ChronoUnit.MONTHS, ChronoUnit.DAYS, ChronoUnit.HOURS};

    /**
     * What {@code path} says: a folder's, with a slash at its end, or an object's name. Empty when it names no time, or
     * one that does not exist; of an object also when its folders stop before the day.
     */
    static Optional<Period> of(String path) {
        Matcher folders = FOLDERS.matcher(path);
        if (!folders.find()) {
            return Optional.empty();
        }
        int[] parts = {0, 1, 1, 0};
        int depth = 0;
        while (depth < parts.length && folders.group(depth + 1) != null) {
            parts[depth] = Integer.parseInt(folders.group(depth + 1));
            depth++;
        }
        try {
            LocalDateTime from = LocalDateTime.of(parts[0], parts[1], parts[2], parts[3], 0);
            return Optional.of(new Period(
                    from.toInstant(ZoneOffset.UTC),
                    from.plus(1, UNITS[depth - 1]).toInstant(ZoneOffset.UTC)));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    /**
     * The newest hour or day that a dataset has a folder for, found from the newest year down by the names of folders, so
     * with one look at each level. Empty where they tell no day.
     *
     * @param below the names of the folders right below a path, which is empty or ends with a slash
     */
    static Optional<Period> newest(Function<String, List<String>> below) {
        String path = "";
        for (int level = 0; level < UNITS.length; level++) {
            String above = path;
            Optional<String> newest = below.apply(path).stream()
                    .map(name -> above + name + "/")
                    .filter(folder -> of(folder).isPresent())
                    .max(Comparator.comparing(folder -> of(folder).orElseThrow().from));
            if (newest.isEmpty()) {
                break;
            }
            path = newest.get();
        }
        return of(path).filter(
                        period -> Duration.between(period.from, period.to).toDays() <= 1);
    }

    /** Whether a folder may hold objects of {@code since} or later, also since it tells no time. */
    static boolean mayReach(Instant since, String folder) {
        return of(folder).map(period -> period.to.isAfter(since)).orElse(true);
    }
}
