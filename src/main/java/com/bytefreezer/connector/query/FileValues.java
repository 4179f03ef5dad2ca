package com.bytefreezer.connector.query;

import org.jspecify.annotations.Nullable;

/** Converts the values of a file's column to the dataset's column. */
final class FileValues {
    private FileValues() {}

    /**
     * The expression for a converted value.
     *
     * @param column the file's, in SQL
     * @param own the file's column
     * @param raw the type in a copy of the file, or null
     * @param type the type of the dataset's column
     * @param use how the query uses the value
     */
    static String sql(String column, Shape.Member own, @Nullable ColumnType raw, ColumnType type, Use use) {
        String value = use.givesOnly() ? column : withoutStatistics(column);
        if (own.type().isUnspeakable()) {
            return Widening.convert(raw == null ? own.type() : raw, type, value);
        }
        String typed = raw == null ? value : RawCopies.typed(raw, own.type(), value);
        String meant = Meaning.sql(own.type(), own.meant(), typed);
        return Widening.convert(own.meant(), type, SafeValues.of(own.meant(), meant, use != Use.WORK));
    }

    /** The same value, hidden from DuckDB's use of the file's statistics, which may be wrong. */
    private static String withoutStatistics(String column) {
        return "struct_extract_at(row(" + column + "), 1)";
    }
}
