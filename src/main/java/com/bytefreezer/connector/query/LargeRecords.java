package com.bytefreezer.connector.query;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Reads large records. DuckDB's driver copies 2,048 records into the heap at once, and so many large ones do not fit. In the stream, a placeholder has the size of such a record and a way to find it; further statements then read these records, a few at a time.
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

    /**
     * The placeholder of a record in the stream.
     *
     * @param bytes its approximate size
     * @param which the value that finds it
     */
    record Placeholder(long bytes, String which) {
        /** A record is an object, and no placeholder is. */
        static boolean is(byte[] record) {
            return record.length > 0 && record[0] != '{';
        }

        static Placeholder of(byte[] record) {
            String[] parts = new String(record, StandardCharsets.US_ASCII).split(" ", 2);
            return new Placeholder(Long.parseLong(parts[0]), parts[1]);
        }
    }

    /**
     * The table of the stream's records and placeholders.
     *
     * @param from the rows, in order
     * @param further additional columns; may be empty
     */
    String stream(String from, String further) {
        long most = Math.min(mostInStream(), mostBytes);
        return "SELECT CASE WHEN strlen(json) <= %d THEN encode(json) ELSE encode((%s)::VARCHAR || ' ' || (%s)::VARCHAR) END AS record%s FROM (SELECT %s AS json, r.* FROM %s)"
                .formatted(most, record.size(), which, further, record.shortRecord(most), from);
    }

    /** How many of these one statement reads: as many as fit into a part of the heap, and at least one. */
    int together(List<Placeholder> large) {
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
    Object[] read(List<Placeholder> large) throws SQLException {
        if (large.get(0).bytes() > mostBytes) {
            return new Object[] {tooLarge(large.get(0).bytes())};
        }
        Map<String, byte[]> found = found(large);
        return large.stream()
                .map(one -> {
                    byte[] json = found.get(one.which());
                    if (json == null) {
                        return new RefusedRecord(
                                one.bytes(),
                                "it has about %d MB and is therefore read a second time, and then the query did not return it again; avoid random() and similar functions"
                                        .formatted(one.bytes() / 1_000_000));
                    }
                    return Placeholder.is(json) ? tooLarge(Placeholder.of(json).bytes()) : json;
                })
                .toArray();
    }

    private Map<String, byte[]> found(List<Placeholder> large) throws SQLException {
        String one = "%s = %s".formatted(which, large.get(0).which());
        String several = "%1$s BETWEEN %2$s AND %3$s AND %1$s IN (%4$s)"
                .formatted(
                        which,
                        large.get(0).which(),
                        large.get(large.size() - 1).which(),
                        large.stream().map(Placeholder::which).collect(Collectors.joining(", ")));
        String sql =
                "SELECT (%s)::VARCHAR, CASE WHEN strlen(json) <= %d THEN encode(json) ELSE encode(strlen(json)::VARCHAR || ' ') END FROM (SELECT %s AS json, r.* FROM (SELECT * FROM %s WHERE %s LIMIT %d) AS r)"
                        .formatted(
                                which,
                                mostBytes,
                                record.record(),
                                rows,
                                large.size() == 1 ? one : several,
                                large.size());
        Map<String, byte[]> found = new HashMap<>();
        try (Connection connection = duckDb.newConnection();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            while (found.size() < large.size() && result.next()) {
                found.put(result.getString(1), result.getBytes(2));
            }
            return found;
        }
    }

    /** The placeholder of a record with more than {@link #mostBytes}. */
    RefusedRecord tooLarge(long bytes) {
        long megabytes = bytes / 1_000_000;
        return new RefusedRecord(
                bytes,
                mostBytes < mostInHeap()
                        ? "it has about %d MB, more than records.max-bytes".formatted(megabytes)
                        : "it has about %d MB, more than fits into this heap; raise -Xmx (JAVA_OPTS) to %d MB"
                                .formatted(megabytes, megabytes * SHARE_OF_ONE));
    }
}
