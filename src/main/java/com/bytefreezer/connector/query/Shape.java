package com.bytefreezer.connector.query;

import java.util.ArrayList;
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
     * @param isMisread whether DuckDB must read it from a copy, see {@link FileColumn#isMisread}
     */
    record Member(String name, ColumnType type, ColumnType meant, boolean isCut, boolean isMisread) {
        /** What is lost of its values, for people: what a sentence about the column says. */
        List<String> losses() {
            List<String> losses = new ArrayList<>();
            if (isCut) {
                losses.add(
                        "has times in nanoseconds; DuckDB reads them in microseconds, so the last three digits are lost, if they have any");
            }
            if (type.isUnspeakable() && !type.equals(meant)) {
                losses.add(
                        "has members that SQL cannot tell apart by name; values whose type only the newer annotation of Parquet names (a DATE, a DECIMAL) are therefore delivered as they are stored");
            }
            return losses;
        }
    }

    /** Whether DuckDB must read the objects from copies. */
    boolean isMisread() {
        return columns.stream().anyMatch(Member::isMisread);
    }
}
