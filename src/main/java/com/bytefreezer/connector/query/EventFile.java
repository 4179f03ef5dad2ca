package com.bytefreezer.connector.query;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Events as they have arrived: lines of JSON in a file.
 *
 * @param columns names and DuckDB types, without {@link #TIME}
 * @param count of the lines
 * @param longest line in bytes; whatever the limits were when it arrived, DuckDB must take it
 */
public record EventFile(Path file, Map<String, String> columns, long count, int longest) {
    /** The column with the time of arrival. */
    public static final String TIME = "BfTs";

    /** DuckDB reads in pieces of this size, if no event is longer. */
    private static final int PIECE = 1 << 20;

    public static EventFile of(Path file, Map<String, String> columns) throws IOException {
        byte[] piece = new byte[(int) Math.min(PIECE, Files.size(file) + 1)];
        long count = 0;
        int longest = 0;
        int line = 0;
        try (InputStream in = Files.newInputStream(file)) {
            for (int size = in.read(piece); size >= 0; size = in.read(piece)) {
                int at = 0;
                // Each byte of each event.
                for (int i = 0; i < size; i++) {
                    if (piece[i] == '\n') {
                        count++;
                        longest = Math.max(longest, line + i + 1 - at);
                        line = 0;
                        at = i + 1;
                    }
                }
                line += size - at;
            }
        }
        return new EventFile(file, columns, count, longest);
    }

    /** The table in SQL. */
    public String table() {
        return "read_json(%s, format='newline_delimited', maximum_object_size=%d, columns={%s})"
                .formatted(
                        DuckDb.literal(ParquetScan.withoutWildcards(
                                file.toAbsolutePath().toString())),
                        Math.max(PIECE, longest + 1),
                        "'%s': 'BIGINT'".formatted(TIME)
                                + columns.entrySet().stream()
                                        .map(one -> ", %s: %s"
                                                .formatted(
                                                        DuckDb.literal(one.getKey()), DuckDb.literal(one.getValue())))
                                        .collect(Collectors.joining()));
    }

    /** A SELECT of its columns without rows. */
    String nothing() {
        return "SELECT NULL::BIGINT AS \"%s\"".formatted(TIME)
                + columns.entrySet().stream()
                        .map(one -> ", NULL::%s AS %s".formatted(one.getValue(), Query.identifier(one.getKey())))
                        .collect(Collectors.joining());
    }
}
