package com.bytefreezer.connector.query;

import java.util.Set;

/**
 * Values that a file may hold and DuckDB's functions cannot work on (seen on 1.5.5): the text of a time of day that is negative,
 * or of 100 hours and more, ends its process, that of a DECIMAL(n,n) of 1 or more is foreign memory, and there is
 * none for a timestamp of the first day that it counts.
 */
final class SafeValues implements Leaves.Change {
    private static final Set<String> TIMES = Set.of("TIME", "TIMESTAMP", "TIMESTAMP_NS");

    private final boolean asWritten;

    private SafeValues(boolean asWritten) {
        this.asWritten = asWritten;
    }

    /**
     * The expression for {@code x}, where such values are NULL.
     *
     * @param asWritten whether nothing is done with times but to write them, which JsonRendering can
     */
    static String of(ColumnType type, String x, boolean asWritten) {
        return Leaves.change(type, type, x, new SafeValues(asWritten));
    }

    @Override
    public boolean concerns(ColumnType from, ColumnType to) {
        return from.isFraction() || (!asWritten && TIMES.contains(from.name()));
    }

    @Override
    public String of(ColumnType from, ColumnType to, String x) {
        String isSafe =
                switch (from.name()) {
                    case "TIME" -> "epoch_us(%s) BETWEEN 0 AND 359999999999".formatted(x);
                    // Those of infinities are NULL.
                    case "TIMESTAMP" -> "coalesce(epoch_us(%s) >= -9223372022400000000, true)".formatted(x);
                    case "TIMESTAMP_NS" -> "coalesce(epoch_ns(%s) >= -9223286400000000000, true)".formatted(x);
                    default -> "%1$s BETWEEN %2$s AND %3$s".formatted(x, largest(from, "-"), largest(from, ""));
                };
        return "CASE WHEN %s THEN %s END".formatted(isSafe, x);
    }

    private static String largest(ColumnType decimal, String sign) {
        int width = Integer.parseInt(ColumnType.split(decimal.arguments()).get(0));
        int scale = Integer.parseInt(ColumnType.split(decimal.arguments()).get(1));
        return "'%s%s.%s'::%s".formatted(sign, "9".repeat(width - scale), "9".repeat(scale), decimal);
    }
}
