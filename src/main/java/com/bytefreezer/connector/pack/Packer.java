package com.bytefreezer.connector.pack;

import com.bytefreezer.connector.disk.PrivateFiles;
import com.bytefreezer.connector.disk.ScratchFolder;
import com.bytefreezer.connector.lake.FolderShelf;
import com.bytefreezer.connector.lake.Shelf;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.query.DuckDb;
import com.bytefreezer.connector.receive.Intake;
import com.bytefreezer.connector.spool.SealedSegment;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Makes a Parquet object of each sealed segment: writes it beside the spool, puts it into the lake, keeps the dead
 * letters, and only then commits. Whatever it dies of, the next one repeats the segment under the same key. For one thread per dataset.
 *
 * @param compression snappy or zstd
 * @param memory that DuckDB may use, in bytes
 * @param threads of DuckDB
 * @param temporary folder for objects under way
 * @param deadLetters folder for what was no event
 */
public record Packer(String compression, long memory, int threads, Path temporary, Path deadLetters) {
    /** DuckDB reads in pieces of this size, if no event is longer. */
    private static final int PIECE = 1 << 20;

    /**
     * An object in the lake.
     *
     * @param key empty if all was dead letters
     * @param bytes of the object
     * @param spooled bytes that it was made of
     */
    public record Packed(Optional<String> key, long events, long deadLetters, long bytes, long spooled) {}

    /**
     * Packs the oldest sealed segment of a dataset.
     *
     * @throws ConnectorException if it cannot; the segment stays
     */
    public Packed pack(SealedSegment segment, Intake intake, Shelf shelf) {
        String tenant = intake.spool().tenant();
        String dataset = intake.spool().dataset();
        String name = ObjectKey.name(segment, tenant, dataset);
        Path object = temporary.resolve(name + ".parquet");
        try {
            PrivateFiles.createFolders(temporary);
            Optional<String> key = Optional.empty();
            long bytes = 0;
            long spooled = 0;
            // A pack gives columns types that last.
            intake.shape().settle();
            String shape = intake.shape().stored();
            if (segment.data().isPresent()) {
                key = Optional.of(ObjectKey.of(segment, tenant, dataset));
                write(segment, segment.data().get(), intake.shape().columns(), object);
                bytes = Files.size(object);
                spooled = Files.size(segment.data().get());
                shelf.put(key.get(), object);
            }
            if (segment.deadLetters().isPresent()) {
                Path kept = deadLetters.resolve(name + ".ndjson");
                PrivateFiles.createFolders(deadLetters);
                FolderShelf.copy(segment.deadLetters().get(), kept);
                PrivateFiles.force(deadLetters);
            }
            intake.spool().commit(segment, 0, 0, shape);
            return new Packed(key, segment.events(), segment.deadLetterCount(), bytes, spooled);
        } catch (IOException | SQLException e) {
            throw new ConnectorException(
                    new Problem(
                            Failures.kind(e),
                            "pack of dataset %s/%s".formatted(tenant, dataset),
                            "%d events are not in the lake (%s).".formatted(segment.events(), Failures.describe(e)),
                            "They stay in the spool; the next pack takes them.",
                            ""),
                    e);
        } finally {
            ScratchFolder.remove(object);
        }
    }

    private void write(SealedSegment segment, Path data, Map<String, String> columns, Path object)
            throws SQLException, IOException {
        Files.deleteIfExists(object);
        PrivateFiles.create(object);
        try (Connection connection = DuckDb.forParsing();
                Statement statement = connection.createStatement()) {
            statement.execute("SET memory_limit='%dB'".formatted(memory));
            statement.execute("SET threads=%d".formatted(threads));
            statement.execute("SET temp_directory=%s".formatted(DuckDb.literal(temporary.toString())));
            long written = statement.executeLargeUpdate("""
                    COPY (FROM read_json(%s, format='newline_delimited', maximum_object_size=%d, columns={%s}))
                    TO %s (FORMAT parquet, COMPRESSION %s)""".formatted(
                            DuckDb.literal(withoutWildcards(data)),
                            Math.max(PIECE, longestLine(data) + 1),
                            columns(columns),
                            DuckDb.literal(object.toString()),
                            compression));
            if (written != segment.events()) {
                throw new SQLException("%d of %d events were read".formatted(written, segment.events()));
            }
        }
    }

    /** In bytes. Whatever the limits were when it arrived, DuckDB must take it. */
    private static int longestLine(Path data) throws IOException {
        byte[] piece = new byte[PIECE];
        int longest = 0;
        int line = 0;
        try (InputStream in = Files.newInputStream(data)) {
            for (int count = in.read(piece); count >= 0; count = in.read(piece)) {
                for (int i = 0; i < count; i++) {
                    line++;
                    if (piece[i] == '\n') {
                        longest = Math.max(longest, line);
                        line = 0;
                    }
                }
            }
        }
        return longest;
    }

    private static String columns(Map<String, String> columns) {
        return "'BfTs': 'BIGINT'"
                + columns.entrySet().stream()
                        .map(one -> ", %s: %s".formatted(DuckDb.literal(one.getKey()), DuckDb.literal(one.getValue())))
                        .collect(Collectors.joining());
    }

    private static String withoutWildcards(Path path) {
        return path.toAbsolutePath().toString().replaceAll("[\\[*?]", "[$0]");
    }
}
