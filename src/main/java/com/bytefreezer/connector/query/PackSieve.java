package com.bytefreezer.connector.query;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.TreeMap;

/**
 * Finds the events for which the SQL of a pack fails, so that one of them does not hold up the others: halves a part
 * that fails until it is one event. What the SQL makes of a part that does not fail is kept: a second time it might be
 * something else, and fail. Used once.
 */
final class PackSieve {
    /** If the SQL fails for each of so many events, it is wrong, and not the events. */
    static final int MANY = 100;

    private final PackColumns columns;
    private final String table;
    private final String number;
    private final Rows rows;
    private final Connection connection;
    private final Map<Long, String> failed = new TreeMap<>();

    /**
     * Where the rows go.
     *
     * @param table that gets them, in the order of their events
     * @param selected its columns, over those of the statement
     */
    record Rows(String table, String selected) {}

    /**
     * A sieve.
     *
     * @param number the column of the table with the numbers of the events, from 0
     */
    PackSieve(PackColumns columns, String table, String number, Rows rows, Connection connection) {
        this.columns = columns;
        this.table = table;
        this.number = number;
        this.rows = rows;
        this.connection = connection;
    }

    /**
     * The reasons, by the numbers of the events.
     *
     * @throws SQLException if something else than an event fails
     */
    Map<Long, String> failed(long count) throws SQLException {
        // Without events it must work, or the events are not the reason.
        run("CREATE OR REPLACE TEMP TABLE %s AS", 0, 0);
        sift(0, count);
        return failed;
    }

    private void sift(long from, long to) throws SQLException {
        try {
            run("INSERT INTO %s", from, to);
        } catch (SQLException e) {
            DuckDbException why = DuckDbException.of(e);
            if (!why.isOfValues()) {
                throw e;
            }
            if (to - from == 1) {
                failed.put(from, String.valueOf(why.getMessage()));
            } else {
                long middle = from + (to - from) / 2;
                sift(from, middle);
                sift(middle, to);
            }
        }
    }

    private void run(String keep, long from, long to) throws SQLException {
        String part = "(SELECT * FROM %s WHERE %s >= %d AND %s < %d)".formatted(table, number, from, number, to);
        DuckDb.execute(
                connection,
                "%s SELECT %s FROM (%s) AS r(%s)"
                        .formatted(
                                keep.formatted(rows.table),
                                rows.selected,
                                columns.overNumbered(part, number),
                                RecordStatements.names(columns.size())));
    }
}
