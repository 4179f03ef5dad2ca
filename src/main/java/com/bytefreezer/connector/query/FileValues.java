package com.bytefreezer.connector.query;

import org.jspecify.annotations.Nullable;

/** The values of a file's column as those of the dataset's column. */
final class FileValues {
    private FileValues() {}

    /**
     * The expression for such a value.
     *
     * @param column the file's, in SQL
     * @param own its type
     * @param raw the type that it has in a copy of the file, or null
     * @param type that of the dataset's column
     * @param use what the query does with it
     */
    static String sql(String column, ColumnType own, @Nullable ColumnType raw, ColumnType type, Use use) {
        String value = use == Use.GIVE ? column : withoutStatistics(column);
        if (own.isUnspeakable()) {
            return Widening.convert(raw == null ? own : raw, type, value);
        }
        String typed = raw == null ? value : RawCopies.typed(raw, own, value);
        return Widening.convert(own, type, SafeValues.of(own, typed, use != Use.WORK));
    }

    /** The same value, of which DuckDB does not know that it is a file's: what its writer says of it may be wrong. */
    private static String withoutStatistics(String column) {
        return "struct_extract_at(row(" + column + "), 1)";
    }
}
