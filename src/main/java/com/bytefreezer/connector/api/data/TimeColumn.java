package com.bytefreezer.connector.api.data;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Guesses the column with the time of an event. */
final class TimeColumn {
    /** Usual names, letters only, the most certain first. */
    private static final List<String> NAMES = List.of(
            "timestamp",
            "eventtime",
            "eventtimestamp",
            "timegenerated",
            "timecreated",
            "systemtime",
            "utctime",
            "datetime",
            "time",
            "ts",
            "bfts",
            "createdat",
            "date");

    private TimeColumn() {}

    /**
     * The most likely column: types with a time come first, and then the name decides.
     *
     * @param types DuckDB's types by column, in the order of the columns
     */
    static Optional<String> guess(Map<String, String> types) {
        return types.entrySet().stream()
                .filter(column -> rank(column.getKey(), column.getValue()) < Integer.MAX_VALUE)
                .min(Comparator.comparingInt(column -> rank(column.getKey(), column.getValue())))
                .map(Map.Entry::getKey);
    }

    private static int rank(String name, String type) {
        int known = NAMES.indexOf(name.replaceAll("[^A-Za-z]", "").toLowerCase(Locale.ROOT));
        return switch (Kind.of(type)) {
            case TIME -> (type.equals("DATE") ? 100 : 0) + (known < 0 ? NAMES.size() : known);
            // A date, or a number that may be one, can mean anything.
            case TEXT, NUMBER -> known < 0 || NAMES.get(known).equals("date") ? Integer.MAX_VALUE : 200 + known;
            default -> Integer.MAX_VALUE;
        };
    }
}
