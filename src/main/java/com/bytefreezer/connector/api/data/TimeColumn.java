package com.bytefreezer.connector.api.data;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Guesses which column tells the time of an event. */
final class TimeColumn {
    /** As people name it, without what is no letter, the surest first. */
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
     * The likeliest one: one of a time before one of another type, and then by its name.
     *
     * @param types DuckDB's, by the names of the columns in their order
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
            // A date, or the number of one, may be anything.
            case TEXT, NUMBER -> known < 0 || NAMES.get(known).equals("date") ? Integer.MAX_VALUE : 200 + known;
            default -> Integer.MAX_VALUE;
        };
    }
}
