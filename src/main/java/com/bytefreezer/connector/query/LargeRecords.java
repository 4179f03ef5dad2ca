package com.bytefreezer.connector.query;

import com.bytefreezer.connector.query.JsonRendering.Column;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * How records reach the heap that are so large that 2,048 of them, which DuckDB's driver copies there at once, do not fit. In
 * the stream their place is taken by their size; they are then read by statements of their own, a few at a time.
 *
 * @param rows the query, as a table r with columns c0, c1, …
 * @param columns the query's
 * @param json the expression for one record
 * @param skip how many of the query's rows the stream leaves out at its beginning
 * @param isInOrder whether a second look finds the rows in the same order; else the record is looked for by its content
 * @param mostBytes of a record; a larger one is refused
 */
record LargeRecords(
        DuckDb duckDb, String rows, List<Column> columns, String json, long skip, boolean isInOrder, long mostBytes) {
    /** DuckDB's vector. */
    private static final int AT_ONCE = 2048;
    /** As much of the heap may one of DuckDB's vectors take. */
    private static final int SHARE_OF_HEAP = 4;
    /** As much of the heap may one record take: it is there several times until it is delivered. */
    private static final int SHARE_OF_ONE = 8;

    /** The most bytes of a record in the stream. */
    static long mostInStream() {
        return Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP / AT_ONCE;
    }

    /** The most bytes of a record that fit into the heap until it is delivered. */
    static long mostInHeap() {
        return Runtime.getRuntime().maxMemory() / SHARE_OF_ONE;
    }

    /** What stands for a record in the stream: its number of bytes and its hash. */
    record Placeholder(long bytes, String hash) {
        /** Empty for a record itself, which is an object. */
        static boolean is(byte[] record) {
            return record.length > 0 && record[0] != '{';
        }

        static Placeholder of(byte[] record) {
            String[] parts = new String(record, StandardCharsets.US_ASCII).split(" ", 2);
            return new Placeholder(Long.parseLong(parts[0]), parts[1]);
        }
    }

    /** The table of the stream's records, with placeholders. */
    String stream(boolean omitNulls) {
        long most = Math.min(mostInStream(), mostBytes);
        return "SELECT CASE WHEN strlen(json) <= %d THEN encode(json) ELSE encode((%s)::VARCHAR || ' ' || %s) END AS record FROM (SELECT %s AS json, r.* FROM %s%s)"
                .formatted(
                        most,
                        JsonRendering.size(columns),
                        hash(),
                        JsonRendering.shortRow(columns, omitNulls, "", most),
                        rows,
                        skip == 0 ? "" : " OFFSET " + skip);
    }

    private String hash() {
        return "hash(%s)"
                .formatted(IntStream.range(0, columns.size())
                        .mapToObj(i -> "c" + i)
                        .collect(Collectors.joining(", ")));
    }

    /** How many of these are read by one statement: not more than a part of the heap, unless it is a single one. */
    int together(List<Placeholder> large) {
        int count = 1;
        long bytes = large.get(0).bytes();
        while (isInOrder && count < large.size() && bytes + large.get(count).bytes() <= mostInHeap() / 3) {
            bytes += large.get(count).bytes();
            count++;
        }
        return count;
    }

    /**
     * Reads records.
     *
     * @param from where the first of them stands in the stream
     * @return of each its JSON, or a {@link RefusedRecord}
     */
    Object[] read(long from, List<Placeholder> large) throws SQLException {
        if (large.get(0).bytes() > mostBytes) {
            return new Object[] {refused(large.get(0).bytes())};
        }
        String which = isInOrder
                ? "LIMIT %d OFFSET %d".formatted(large.size(), skip + from)
                : "WHERE %s = %s LIMIT 1".formatted(hash(), large.get(0).hash());
        String sql =
                "SELECT CASE WHEN strlen(json) <= %d THEN encode(json) ELSE encode(strlen(json)::VARCHAR || ' ') END FROM (SELECT %s AS json FROM (SELECT * FROM %s %s) AS r)"
                        .formatted(mostBytes, json, rows, which);
        Object[] records = new Object[large.size()];
        try (Connection connection = duckDb.newConnection();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            for (int i = 0; i < records.length; i++) {
                if (!result.next()) {
                    throw new SQLException("a second look at large records found other ones");
                }
                byte[] record = result.getBytes(1);
                records[i] =
                        Placeholder.is(record) ? refused(Placeholder.of(record).bytes()) : record;
            }
            return records;
        }
    }

    private RefusedRecord refused(long bytes) {
        long megabytes = bytes / 1_000_000;
        return new RefusedRecord(
                bytes,
                mostBytes < mostInHeap()
                        ? "it has about %d MB, more than records.max-bytes".formatted(megabytes)
                        : "it has about %d MB, more than fits into this heap; raise -Xmx (JAVA_OPTS) to %d MB"
                                .formatted(megabytes, megabytes * SHARE_OF_ONE));
    }
}
