package com.bytefreezer.connector.query;

import java.util.List;

/** The columns in an object's footer, in order. Many objects share one shape. */
record Shape(List<Member> columns) {
    /**
     * A column of the file.
     *
     * @param name as it is written there
     * @param type as DuckDB reads it
     * @param meant as its writer means it, see {@link FileColumn#meant}
     * @param isCut whether DuckDB cuts its values, see {@link FileColumn#isCut}
     */
    record Member(String name, ColumnType type, ColumnType meant, boolean isCut) {}
}
