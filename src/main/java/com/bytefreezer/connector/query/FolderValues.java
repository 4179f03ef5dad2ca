package com.bytefreezer.connector.query;

import java.util.Set;

/** The values in names of folders like {@code year=2026}. */
final class FolderValues {
    /** The folder name for NULL. */
    static final String NULL = "__HIVE_DEFAULT_PARTITION__";
    /** Folders whose values are numbers even with leading zeros. */
    private static final Set<String> TIMES = Set.of("year", "month", "day", "hour", "minute");

    private FolderValues() {}

    /** The type of a column with this value. */
    static ColumnType type(String name, String value) {
        if (value.matches(TIMES.contains(Schema.folded(name)) ? "\\d{1,9}" : "0|[1-9]\\d{0,8}")) {
            return ColumnType.scalar("INTEGER");
        }
        return value.matches("[1-9]\\d{0,17}") ? ColumnType.scalar("BIGINT") : Widening.TEXT;
    }
}
