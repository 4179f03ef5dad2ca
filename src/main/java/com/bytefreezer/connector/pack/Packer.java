package com.bytefreezer.connector.pack;

import com.bytefreezer.connector.disk.PrivateFiles;
import com.bytefreezer.connector.disk.ScratchFolder;
import com.bytefreezer.connector.lake.FolderShelf;
import com.bytefreezer.connector.lake.Shelf;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.query.DuckDb;
import com.bytefreezer.connector.receive.EventBatch;
import com.bytefreezer.connector.receive.Intake;
import com.bytefreezer.connector.spool.SealedSegment;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
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
        Path letters = temporary.resolve(name + ".ndjson");
        try {
            PrivateFiles.createFolders(temporary);
            Optional<String> key = Optional.empty();
            long bytes = 0;
            long spooled = 0;
            long refused = 0;
            // A pack gives columns types that last.
            intake.shape().settle();
            String shape = intake.shape().stored();
            if (segment.data().isPresent()) {
                refused = write(segment, intake.shape().columns(), object, letters);
                spooled = Files.size(segment.data().get());
                if (refused < segment.events()) {
                    key = Optional.of(ObjectKey.of(segment, tenant, dataset));
                    bytes = Files.size(object);
                    shelf.put(key.get(), object);
                }
            }
            if (segment.deadLetters().isPresent() || refused > 0) {
                PrivateFiles.createFolders(deadLetters);
                FolderShelf.copy(
                        refused > 0 ? letters : segment.deadLetters().orElseThrow(),
                        deadLetters.resolve(name + ".ndjson"));
                PrivateFiles.force(deadLetters);
            }
            intake.spool().commit(segment, 0, refused, shape);
            return new Packed(key, segment.events() - refused, segment.deadLetterCount() + refused, bytes, spooled);
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
            ScratchFolder.remove(letters);
        }
    }

    /**
     * Writes the events that DuckDB takes.
     *
     * @param letters gets all dead letters of the segment, if some events are refused
     * @return how many are refused
     */
    private long write(SealedSegment segment, Map<String, String> columns, Path object, Path letters)
            throws SQLException, IOException {
        Path data = segment.data().orElseThrow();
        try {
            write(data, columns, object);
            return 0;
        } catch (SQLException e) {
            if (!Sieve.mayHelp(e)) {
                throw e;
            }
        }
        Path taken = temporary.resolve("taken.ndjson");
        Path part = temporary.resolve("part.ndjson");
        try (OutputStream lines = new BufferedOutputStream(Files.newOutputStream(letters))) {
            if (segment.deadLetters().isPresent()) {
                Files.copy(segment.deadLetters().get(), lines);
            }
            long refused;
            try (OutputStream events = new BufferedOutputStream(Files.newOutputStream(taken))) {
                refused = new Sieve(
                                some -> write(some, columns, object),
                                part,
                                events,
                                (event, reason) -> lines.write(
                                        EventBatch.deadLetter(segment.sealed(), event, 0, event.length, reason)))
                        .sift(data);
            }
            write(taken, columns, object);
            return refused;
        } finally {
            ScratchFolder.remove(taken);
        }
    }

    /** Writes an object of all events in {@code data}. */
    private void write(Path data, Map<String, String> columns, Path object) throws SQLException, IOException {
        Files.deleteIfExists(object);
        PrivateFiles.create(object);
        Lines lines = Lines.of(data);
        try (Connection connection = DuckDb.forParsing();
                Statement statement = connection.createStatement()) {
            statement.execute("SET memory_limit='%dB'".formatted(memory));
            statement.execute("SET threads=%d".formatted(threads));
            statement.execute("SET temp_directory=%s".formatted(DuckDb.literal(temporary.toString())));
            long written = statement.executeLargeUpdate("""
                    COPY (FROM read_json(%s, format='newline_delimited', maximum_object_size=%d, columns={%s}))
                    TO %s (FORMAT parquet, COMPRESSION %s)""".formatted(
                            DuckDb.literal(withoutWildcards(data)),
                            Math.max(PIECE, lines.longest + 1),
                            columns(columns),
                            DuckDb.literal(object.toString()),
                            compression));
            if (written != lines.count) {
                throw new SQLException("%d of %d events were read".formatted(written, lines.count));
            }
        }
    }

    /**
     * The lines of a file.
     *
     * @param longest in bytes; whatever the limits were when it arrived, DuckDB must take it
     */
    private record Lines(long count, int longest) {
        static Lines of(Path data) throws IOException {
            byte[] piece = new byte[PIECE];
            long count = 0;
            int longest = 0;
            int line = 0;
            try (InputStream in = Files.newInputStream(data)) {
                for (int size = in.read(piece); size >= 0; size = in.read(piece)) {
                    for (int i = 0; i < size; i++) {
                        line++;
                        if (piece[i] == '\n') {
                            count++;
                            longest = Math.max(longest, line);
                            line = 0;
                        }
                    }
                }
            }
            return new Lines(count, longest);
        }
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
