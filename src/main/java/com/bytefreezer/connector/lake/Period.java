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
    /** A year or a month counts only at the end of a path. */
    private static final Pattern FOLDERS =
            Pattern.compile("(?:^|/)(?:year=|(?=19|20))(\\d{4})/(?:$|(?:month=)?(\\d{1,2})/(?:$|(?:day=)?(\\d{1,2})/"
                    + "(?:(?:hour=)?(\\d{1,2})/)?))");

    private static final ChronoUnit[] UNITS = {ChronoUnit.YEARS, ChronoUnit.MONTHS, ChronoUnit.DAYS, ChronoUnit.HOURS};

    /**
     * The time of {@code path}, a folder with a trailing slash or an object's name. Empty if it names no valid time, or
     * if an object's folders stop before the day.
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
     * The newest hour or day for which a dataset has a folder. Follows folder names down from the newest year, with one
     * look per level. Empty if they name no day.
     *
     * @param below the names of the folders directly below a path, which is empty or ends with a slash
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

    /** Whether a folder may contain objects of {@code since} or later; true if it names no time. */
    static boolean mayReach(Instant since, String folder) {
        return of(folder).map(period -> period.to.isAfter(since)).orElse(true);
    }
}
