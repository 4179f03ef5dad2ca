package com.bytefreezer.connector.query;

import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.query.JsonRendering.Column;
import com.bytefreezer.connector.query.Plan.Rows;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Says of which row of an object a record is made, for queries that make each record of one row. Safe for use by several threads. */
public final class RecordRows {
    private static final String ROW = "file_row_number";

    private final DuckDb duckDb;

    public RecordRows(DuckDb duckDb) {
        this.duckDb = duckDb;
    }

    /** Whether the query makes at most one record of a row, and the row of each record can be told. */
    public boolean canTell(Query query, LakeObject object, Schema schema) {
        return query.canBundle() && duckDb.plan(query, List.of(object), schema).rows() == Rows.ONE_EACH;
    }

    /** The rows that records are made of, by the number of the record in its object; a number after the last record has none. */
    public Map<Long, Long> of(Query query, LakeObject object, Schema schema, Collection<Long> numbers) {
        return over(
                query,
                object,
                schema,
                (columns, row, records) ->
                        "SELECT n, r FROM (SELECT %s AS r, row_number() OVER (ORDER BY %s) - 1 AS n FROM %s) WHERE %s"
                                .formatted(row, row, records, isOneOf("n", numbers)),
                rows -> rows.getLong(2));
    }

    /**
     * The JSON of the records that a query makes of these rows, by row; a row that it does not select has none.
     *
     * @param maxBytes limit of a record; a larger one gives its size, as in a dead letter
     */
    public Map<Long, byte[]> records(
            Query query, LakeObject object, Schema schema, boolean omitNulls, Collection<Long> rows, long maxBytes) {
        return over(
                query,
                object,
                schema,
                (columns, row, records) ->
                        "SELECT r, encode(CASE WHEN strlen(json) <= %d THEN json ELSE '{\"too_large\":{\"bytes\":' || strlen(json) || '}}' END) FROM (SELECT %s AS r, %s AS json FROM %s WHERE %s)"
                                .formatted(
                                        maxBytes,
                                        row,
                                        new RowRendering(columns, omitNulls, query.objectNumber()).record(),
                                        records,
                                        isOneOf(row, rows)),
                found -> DuckDb.bytes(found.getBlob(2)));
    }

    private static String isOneOf(String column, Collection<Long> numbers) {
        return "%s IN (%s)"
                .formatted(column, numbers.stream().map(String::valueOf).collect(Collectors.joining(", ")));
    }

    private interface Statement {
        String over(List<Column> columns, String row, String records);
    }

    private interface Value<T> {
        T of(ResultSet row) throws SQLException;
    }

    private <T> Map<Long, T> over(Query query, LakeObject object, Schema schema, Statement statement, Value<T> value) {
        return duckDb.over(query, List.of(object), schema, query.objectNumber(), ROW, (connection, columns, sql) -> {
            int last = columns.size() - 1;
            String records = "(%s) AS r(%s)".formatted(sql, RecordStatements.names(columns.size()));
            return DuckDb.execute(connection, statement.over(columns, "c" + last, records), rows -> {
                Map<Long, T> found = new HashMap<>();
                while (rows.next()) {
                    found.put(rows.getLong(1), value.of(rows));
                }
                return found;
            });
        });
    }
}
