package com.bytefreezer.connector.query;

import java.util.List;

/**
 * A column with different types in different objects.
 *
 * @param type the type in all records
 * @param seen the types in objects
 */
public record MixedColumn(String name, String type, List<Seen> seen) {
    /**
     * A type of the column in objects.
     *
     * @param objects minimum number of objects with it: the largest number that one process has seen, so that none is counted twice; 0 if unknown
     */
    public record Seen(String type, long objects) {}

    /** For people, e.g. {@code DOUBLE in 5 objects, VARCHAR in 4 (or more)}. */
    public String types() {
        boolean counted = seen.stream().anyMatch(one -> one.objects > 0);
        String unit = " objects";
        StringBuilder text = new StringBuilder();
        for (Seen one : seen) {
            text.append(text.isEmpty() ? "" : ", ").append(one.type);
            if (one.objects > 0) {
                text.append(" in ").append(one.objects).append(one.objects == 1 && !unit.isEmpty() ? " object" : unit);
                unit = "";
            }
        }
        return text + (counted ? " (or more)" : "");
    }

    /** For people, e.g. {@code "port": DOUBLE in 5 objects, VARCHAR in 4 (or more): all records have it as VARCHAR}. */
    @Override
    public String toString() {
        return "%s: %s: all records have it as %s".formatted(Query.identifier(name), types(), type);
    }
}
