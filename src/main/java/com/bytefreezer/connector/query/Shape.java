package com.bytefreezer.connector.query;

import java.util.List;

/** The columns of an object, in order, as its footer has them. Many objects have the same. */
record Shape(List<Member> columns) {
    /** A column of the file, with the name that is written there. */
    record Member(String name, ColumnType type) {}
}
