package com.bytefreezer.connector.query;

import java.util.List;

/** The columns in an object's footer, in order. Many objects share one shape. */
record Shape(List<Member> columns) {
    /** A column of the file, with its name there. */
    record Member(String name, ColumnType type) {}
}
