package com.bytefreezer.connector.query;

import com.bytefreezer.connector.query.LargeRecords.Large;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The rows of a result in blocks of limited size, each record complete. Used by one thread. */
final class StreamedRecords {
    /** A block ends after the record with which it reaches this size. */
    private static final int MOST_BYTES = 4 * 1024 * 1024;

    private final ResultSet rows;
    private final Members members;
    private final @Nullable LargeRecords large;
    private final List<String> columns = new ArrayList<>();
    /** The latest part of the statement's result, and how much of it has become blocks. */
    private Object[][] fetched = {{}};

    private long fetchedBytes;
    private int next;
    private boolean ended;

    StreamedRecords(ResultSet rows, Completion completion) throws SQLException {
        this.rows = rows;
        members = completion.members();
        large = completion.large();
        ResultSetMetaData metaData = rows.getMetaData();
        for (int i = 1; i <= metaData.getColumnCount(); i++) {
            columns.add(metaData.getColumnLabel(i));
        }
    }

    List<String> columns() {
        return columns;
    }

    /** Whether the last row was the NULL after all records. */
    boolean haveEnded() {
        return ended;
    }

    /** As {@link Blocks#next}; a {@link RefusedRecord} replaces a record that is too large. */
    Object @Nullable [][] next() throws SQLException {
        if (next == fetched[0].length) {
            requireHeap(2 * fetchedBytes);
            fetched = fetch();
            next = 0;
            if (fetched[0].length == 0) {
                return null;
            }
        }
        int from = next;
        long bytes = 0;
        while (next < fetched[0].length && bytes < MOST_BYTES) {
            bytes += isLarge(next) && large != null ? readLarge(large) : length(fetched[0][next++]);
        }
        Object[][] block = part(fetched, from, next);
        if (from > 0 || next < fetched[0].length) {
            // Blocks may be large.
            Arrays.fill(fetched[0], from, next, null);
        }
        return block;
    }

    private Object[][] fetch() throws SQLException {
        Object[][] block = new Object[columns.size()][Blocks.ROWS];
        int count = 0;
        fetchedBytes = 0;
        while (count < Blocks.ROWS && fetchedBytes < MOST_BYTES && rows.next()) {
            block[0][count] = completed(rows.getBytes(1));
            ended = block[0][count] == null;
            fetchedBytes += length(block[0][count]);
            for (int column = 1; column < block.length; column++) {
                block[column][count] = rows.getObject(column + 1);
            }
            count++;
        }
        if (large != null) {
            findLarge(large, block[0], count);
        }
        return part(block, 0, count);
    }

    private static void findLarge(LargeRecords large, Object[] records, int count) throws SQLException {
        int[] positions = IntStream.range(0, count)
                .filter(i -> records[i] instanceof byte[] record && LargeRecords.isPlaceholder(record))
                .toArray();
        if (positions.length > 0) {
            List<Object> found = large.find(
                    Arrays.stream(positions).mapToObj(i -> (byte[]) records[i]).toList());
            for (int i = 0; i < positions.length; i++) {
                records[positions[i]] = found.get(i);
            }
        }
    }

    private @Nullable Object completed(byte @Nullable [] record) {
        if (record == null || LargeRecords.isPlaceholder(record)) {
            return record;
        }
        byte[] json = members.completed(record);
        return large != null && json.length > large.mostBytes() ? large.tooLarge(json.length) : json;
    }

    private static Object[][] part(Object[][] block, int from, int to) {
        return from == 0 && to == block[0].length
                ? block
                : Arrays.stream(block)
                        .map(values -> Arrays.copyOfRange(values, from, to))
                        .toArray(Object[][]::new);
    }

    private static long length(@Nullable Object record) {
        return record instanceof byte[] json ? json.length : 0;
    }

    private boolean isLarge(int position) {
        return position < fetched[0].length && fetched[0][position] instanceof Large;
    }

    /** Reads the next large records, as many as one statement may read, and returns their bytes. */
    private long readLarge(LargeRecords records) throws SQLException {
        List<Large> following = new ArrayList<>();
        for (int i = next; isLarge(i); i++) {
            following.add((Large) fetched[0][i]);
        }
        List<Large> together = following.subList(0, records.together(following));
        requireHeap(2
                * together.stream()
                        .mapToLong(Large::bytes)
                        .filter(length -> length <= records.mostBytes())
                        .sum());
        long bytes = 0;
        for (Object record : records.read(together)) {
            fetched[0][next++] = record;
            bytes += length(record);
        }
        return bytes;
    }

    /** If the heap is full, DuckDB's driver crashes the process; Java fails only the operation. */
    private static void requireHeap(long bytes) {
        Runtime java = Runtime.getRuntime();
        if (bytes > java.maxMemory() - java.totalMemory() + java.freeMemory()) {
            int room = (int) Math.min(bytes, Integer.MAX_VALUE - 8);
            if (new byte[room].length < room) {
                throw new OutOfMemoryError();
            }
        }
    }
}
