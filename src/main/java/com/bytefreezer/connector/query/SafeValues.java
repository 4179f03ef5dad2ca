package com.bytefreezer.connector.query;

import java.util.Set;

/**
 * Guards against values that a file may contain but DuckDB's functions cannot handle (seen on 1.5.5): writing a time of day that is negative, or of 100 hours and more, crashes the process; writing a DECIMAL(n,n) of 1 or more shows foreign memory; a timestamp on the first day of its range cannot be written.
 */
final class SafeValues implements Leaves.Change {
    private static final Set<String> TIMES = Set.of("TIME", "TIMESTAMP", "TIMESTAMP_NS");

    private final boolean asWritten;

    private SafeValues(boolean asWritten) {
        this.asWritten = asWritten;
    }

    /**
     * The expression for {@code x} with NULL for such values.
     *
     * @param asWritten whether times are only written, which JsonRendering can do
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
                    // These functions return NULL for infinities.
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
