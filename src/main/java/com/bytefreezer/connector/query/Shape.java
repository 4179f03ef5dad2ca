package com.bytefreezer.connector.query;

import java.util.List;

/** The columns in an object's footer, in order. Many objects share one shape. */
record Shape(List<Member> columns) {
    /**
     * A column of the file.
     *
     * @param name as it is written there
     * @param type as DuckDB reads it
     * @param meant as its writer means it: text, where DuckDB reads bytes
     */
    record Member(String name, ColumnType type, ColumnType meant) {}
}
