package com.bytefreezer.connector.delivery;

import com.bytefreezer.connector.lake.LakeObject;
import java.util.List;

/**
 * What a query would give a destination: for a check before the first record. A route {@code check-<name>} finds it in
 * the variable {@code sample}, if the check is that of a query.
 *
 * @param records some of them, as JSON
 * @param newest the object with the newest of them
 */
public record RecordSample(
        String tenant, String dataset, List<Column> columns, List<byte[]> records, LakeObject newest) {
    /**
     * A column of the query.
     *
     * @param type as DuckDB writes it
     */
    public record Column(String name, String type) {}

    /** Whether the query gives a column of this name. */
    public boolean has(String name) {
        return columns.stream().anyMatch(column -> column.name().equals(name));
    }
}
