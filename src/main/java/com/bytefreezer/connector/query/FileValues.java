package com.bytefreezer.connector.query;

import org.jspecify.annotations.Nullable;

/** Converts the values of a file's column to the dataset's column. */
final class FileValues {
    private FileValues() {}

    /**
     * The expression for a converted value.
     *
     * @param column the file's, in SQL
     * @param own the type in the file
     * @param raw the type in a copy of the file, or null
     * @param type the type of the dataset's column
     * @param use how the query uses the value
     */
    static String sql(String column, ColumnType own, @Nullable ColumnType raw, ColumnType type, Use use) {
        String value = use == Use.GIVE ? column : withoutStatistics(column);
        if (own.isUnspeakable()) {
            return Widening.convert(raw == null ? own : raw, type, value);
        }
        String typed = raw == null ? value : RawCopies.typed(raw, own, value);
        return Widening.convert(own, type, SafeValues.of(own, typed, use != Use.WORK));
    }

    /** The same value, hidden from DuckDB's use of the file's statistics, which may be wrong. */
    private static String withoutStatistics(String column) {
        return "struct_extract_at(row(" + column + "), 1)";
    }
}
