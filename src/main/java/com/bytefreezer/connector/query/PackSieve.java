package com.bytefreezer.connector.query;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Finds the events for which the SQL of a pack fails, so that one of them does not hold up the others: halves a part
 * that fails until it is one event. Used once.
 */
final class PackSieve {
    /** If the SQL fails for each of so many events, it is wrong, and not the events. */
    static final int MANY = 100;

    private final PackColumns columns;
    private final String table;
    private final String number;
    private final Connection connection;
    private final Map<Long, String> failed = new TreeMap<>();

    /**
     * A sieve.
     *
     * @param number the column of the table with the numbers of the events, from 0
     */
    PackSieve(PackColumns columns, String table, String number, Connection connection) {
        this.columns = columns;
        this.table = table;
        this.number = number;
        this.connection = connection;
    }

    /**
     * The reasons, by the numbers of the events.
     *
     * @throws SQLException if something else than an event fails
     */
    Map<Long, String> failed(long count) throws SQLException {
        // Without events it must work, or the events are not the reason.
        run(0, 0);
        sift(0, count);
        return failed;
    }

    private void sift(long from, long to) throws SQLException {
        try {
            run(from, to);
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

    /** Works out each value, and keeps none. */
    private void run(long from, long to) throws SQLException {
        String part = "(SELECT * EXCLUDE %s FROM %s WHERE %s >= %d AND %s < %d)"
                .formatted(number, table, number, from, number, to);
        String values = columns.values().values().stream().collect(Collectors.joining(", ", "", ""));
        DuckDb.execute(
                connection,
                "CREATE OR REPLACE TEMP TABLE trial AS SELECT %s FROM (%s) AS r(%s)"
                        .formatted(
                                values.isEmpty() ? columns.number() : values,
                                columns.over(part, Query.identifier(EventFile.TIME)),
                                RecordStatements.names(columns.size())));
    }
}
