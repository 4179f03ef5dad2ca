package com.bytefreezer.connector.query;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads large records. DuckDB's driver copies 2,048 records into the heap at once, and so many large ones do not fit. In the stream, a placeholder says how to find such a record; further statements then find out the sizes, and read these records, a few at a time. (The stream itself does not give the sizes, because DuckDB would take long to plan that for hundreds of columns, and few objects have large records.)
 *
 * @param rows the query, as a table r with columns c0, c1, …
 * @param record writes a record
 * @param which the expression that finds a row: its number in the object, otherwise the hash of its values
 * @param isNumber whether it is the number, which avoids a search of the whole object
 * @param mostBytes limit of a record; a larger one is refused
 */
record LargeRecords(DuckDb duckDb, String rows, RowRendering record, String which, boolean isNumber, long mostBytes) {
    /** The size of DuckDB's vectors. */
    private static final int AT_ONCE = 2048;
    /** The part of the heap that one of DuckDB's vectors may take. */
    private static final int SHARE_OF_HEAP = 4;
    /** The part of the heap that one record may take; it exists there several times until it is delivered. */
    private static final int SHARE_OF_ONE = 8;

    private static final int MOST_TOGETHER = 1000;

    /** The maximum bytes of a record in the stream. */
    static long mostInStream() {
        return Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP / AT_ONCE;
    }

    /** The maximum bytes of a record that fit into the heap until its delivery. */
    static long mostInHeap() {
        return Runtime.getRuntime().maxMemory() / SHARE_OF_ONE;
    }

    /** Whether this is the placeholder of a record, a number. No record begins with a digit, complete or not. */
    static boolean isPlaceholder(byte[] record) {
        return record.length > 0 && record[0] >= '0' && record[0] <= '9';
    }

    /**
     * A large record.
     *
     * @param which the value that finds it
     * @param bytes its approximate size
     */
    record Large(String which, long bytes) {}

    /**
     * The table of the stream's records and placeholders.
     *
     * @param from the rows, in order
     * @param further additional columns; may be empty
     */
    String stream(String from, String further) {
        long most = Math.min(mostInStream(), mostBytes);
        // Each column costs, even if it is not used.
        String used = isNumber && further.isEmpty() ? which : "r.*";
        return "SELECT CASE WHEN strlen(json) <= %d THEN encode(json) ELSE encode((%s)::VARCHAR) END AS record%s FROM (SELECT %s AS json, %s FROM %s)"
                .formatted(most, which, further, record.shortRecord(most), used, from);
    }

    /** The records of these placeholders, in the same order; a {@link RefusedRecord} replaces one that the query does not give again. */
    List<Object> find(List<byte[]> placeholders) throws SQLException {
        List<String> wanted = placeholders.stream()
                .map(placeholder -> new String(placeholder, StandardCharsets.US_ASCII))
                .toList();
        Map<String, Long> sizes = new HashMap<>();
        query(
                "SELECT (%s)::VARCHAR, %s FROM %s".formatted(which, record.size(), rowsOf(wanted)),
                row -> sizes.put(row.getString(1), row.getLong(2)));
        return wanted.stream()
                .<Object>map(one -> sizes.containsKey(one) ? new Large(one, sizes.get(one)) : notAgain(mostInStream()))
                .toList();
    }

    /** How many of these one statement reads: as many as fit into a part of the heap, and at least one. */
    int together(List<Large> large) {
        int count = 1;
        long bytes = large.get(0).bytes();
        while (isNumber
                && count < Math.min(large.size(), MOST_TOGETHER)
                && bytes + large.get(count).bytes() <= mostInHeap() / 3) {
            bytes += large.get(count).bytes();
            count++;
        }
        return count;
    }

    /** Reads records; returns the JSON of each, or a {@link RefusedRecord}. */
    Object[] read(List<Large> large) throws SQLException {
        if (large.get(0).bytes() > mostBytes) {
            return new Object[] {tooLarge(large.get(0).bytes())};
        }
        // One that is larger than its approximate size gives its size.
        String sql =
                "SELECT which, strlen(json), CASE WHEN strlen(json) <= %2$d THEN encode(json) END FROM (SELECT (%1$s)::VARCHAR AS which, %3$s AS json FROM %4$s)"
                        .formatted(
                                which,
                                mostBytes,
                                record.record(),
                                rowsOf(large.stream().map(Large::which).toList()));
        Map<String, Object> found = new HashMap<>();
        query(sql, row -> {
            byte[] json = row.getBytes(3);
            found.put(row.getString(1), json == null ? tooLarge(row.getLong(2)) : json);
        });
        return large.stream()
                .map(one -> found.getOrDefault(one.which(), notAgain(one.bytes())))
                .toArray();
    }

    private static RefusedRecord notAgain(long bytes) {
        return new RefusedRecord(
                bytes,
                "it is large and is therefore read a second time, and then the query did not return it again; avoid random() and similar functions");
    }

    /** The rows with these values of {@link #which}, as a table r. Several rows may have the same hash. */
    private String rowsOf(List<String> wanted) {
        String any = "%s IN (%s)".formatted(which, String.join(", ", wanted));
        // With a range, DuckDB reads only a part of the object.
        String where = isNumber
                ? "%s BETWEEN %s AND %s AND %s".formatted(which, wanted.get(0), wanted.get(wanted.size() - 1), any)
                : any;
        String limit = isNumber || wanted.size() == 1 ? " LIMIT " + wanted.size() : "";
        return "(SELECT * FROM %s WHERE %s%s) AS r".formatted(rows, where, limit);
    }

    private interface Found {
        void row(ResultSet row) throws SQLException;
    }

    private void query(String sql, Found found) throws SQLException {
        try (Connection connection = duckDb.newConnection();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            while (result.next()) {
                found.row(result);
            }
        }
    }

    /** The placeholder of a record with more than {@link #mostBytes}. */
    RefusedRecord tooLarge(long bytes) {
        long megabytes = bytes / 1_000_000;
        String size = bytes < 1_000_000 ? "%d kB".formatted(bytes / 1000) : "%d MB".formatted(megabytes);
        return new RefusedRecord(
                bytes,
                mostBytes < mostInHeap()
                        ? "it has about %s, more than records.max-bytes".formatted(size)
                        : "it has about %s, more than fits into this heap; raise -Xmx (JAVA_OPTS) to %d MB"
                                .formatted(size, megabytes * SHARE_OF_ONE));
    }
}
