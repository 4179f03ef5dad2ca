package com.bytefreezer.connector.pack;

import com.bytefreezer.connector.disk.PrivateFiles;
import com.bytefreezer.connector.disk.ScratchFolder;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.query.DuckDbException;
import com.bytefreezer.connector.query.Engine;
import com.bytefreezer.connector.query.EventFile;
import com.bytefreezer.connector.query.LookupTables;
import com.bytefreezer.connector.query.ObjectWidth;
import com.bytefreezer.connector.query.PackDuckDb;
import com.bytefreezer.connector.query.PackQuery;
import com.bytefreezer.connector.query.ParsingDuckDb;
import com.bytefreezer.connector.receive.EventBatch;
import com.bytefreezer.connector.spool.SealedSegment;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Makes the object and the dead letters of one segment. Used once.
 *
 * @param columns of the events with their types
 * @param folder that gets both
 */
record Making(Packer packer, SealedSegment segment, Map<String, String> columns, Path folder) {
    /** Writes an object of events. */
    private interface Writing {
        PackDuckDb.Result write(Path events, ObjectWidth width) throws SQLException, IOException;
    }

    /** With all events that DuckDB takes. */
    Made asTheyAre(Map<String, String> types) throws SQLException, IOException {
        return made(false, types, (events, width) -> {
            long count = write(events, width);
            return new PackDuckDb.Result(count, count, Map.of(), types, Set.of());
        });
    }

    /**
     * With what the SQL makes of them.
     *
     * @param recipe empty for all events in the columns that SQL has made before
     * @param types that the columns of the dataset's objects have
     * @throws ConnectorException if the SQL is wrong, whatever the events
     */
    Made bySql(Optional<Recipe> recipe, Map<String, String> types) throws SQLException, IOException {
        PackQuery query = recipe.isPresent() ? recipe.get().query() : all();
        LookupTables lookups = recipe.map(Recipe::lookups).orElse(LookupTables.NONE);
        String compression = recipe.flatMap(Recipe::compression).orElse(packer.compression());
        return made(true, types, (events, width) -> {
            PackDuckDb.Target target = new PackDuckDb.Target(Made.object(folder), width.copyOptions(compression));
            int threads = width.threads(packer.threads());
            Path home = events.toAbsolutePath().resolveSibling("");
            try (PackDuckDb duckDb = PackDuckDb.open(
                    Engine.HERE,
                    new PackDuckDb.Limits(packer.memory(), threads, packer.temporary(), List.of(home, folder)),
                    lookups)) {
                PackDuckDb.Result result = duckDb.write(query, EventFile.of(events, columns), types, target);
                if (result.packed() == 0 && !result.missing().isEmpty()) {
                    throw new ConnectorException(
                            "SQL: no event has had %s yet, and without it no event is left."
                                    .formatted(String.join(", ", result.missing())),
                            "",
                            "Correct the name.",
                            null);
                }
                return result;
            }
        });
    }

    private static PackQuery all() throws SQLException {
        try (ParsingDuckDb duckDb = ParsingDuckDb.open()) {
            return PackQuery.parse(PackQuery.ALL, duckDb.connection(), name -> false);
        }
    }

    private Made made(boolean isBySql, Map<String, String> types, Writing writing) throws SQLException, IOException {
        if (segment.data().isEmpty()) {
            return new Made(isBySql, 0, 0, 0, 0, 0, types, Set.of());
        }
        Path events = segment.data().get();
        PackDuckDb.Result result;
        long unread = 0;
        try {
            result = inMemory(events, writing);
        } catch (SQLException e) {
            if (!Sieve.mayHelp(e)) {
                throw e;
            }
            events = folder.resolve("taken.ndjson");
            unread = sift(segment.data().get(), events);
            result = segment.events() == unread
                    ? new PackDuckDb.Result(0, 0, Map.of(), types, Set.of())
                    : inMemory(events, writing);
        }
        refuse(events, result.failed());
        long refused = unread + result.failed().size();
        return new Made(
                isBySql,
                result.packed(),
                result.rows(),
                result.packed() > 0 ? Files.size(Made.object(folder)) : 0,
                segment.events() - refused - result.packed(),
                refused,
                result.types(),
                result.missing());
    }

    /** Writes the object; narrower, if DuckDB has not the memory. */
    private PackDuckDb.Result inMemory(Path events, Writing writing) throws SQLException, IOException {
        for (ObjectWidth width = ObjectWidth.of(columns.size(), packer.memory()); ; width = width.next()) {
            try {
                // The memory is for one of them.
                synchronized (packer.writer()) {
                    return writing.write(events, width);
                }
            } catch (SQLException e) {
                DuckDbException failure = DuckDbException.of(e);
                if (width.isLast() || failure.kind() != Problem.Kind.NO_MEMORY) {
                    throw failure;
                }
            }
        }
    }

    /** Keeps the events that DuckDB reads, and returns how many it does not. */
    private long sift(Path data, Path taken) throws SQLException, IOException {
        Path part = folder.resolve("part.ndjson");
        try (OutputStream letters = letters();
                OutputStream events = new BufferedOutputStream(Files.newOutputStream(taken))) {
            return new Sieve(
                            lines -> write(lines, ObjectWidth.WIDEST),
                            part,
                            events,
                            (event, reason) -> letters.write(letter(event, reason)))
                    .sift(data);
        } finally {
            ScratchFolder.remove(part);
        }
    }

    /** Adds the dead letters of the lines for which the SQL fails. */
    private void refuse(Path events, Map<Long, String> failed) throws IOException {
        if (failed.isEmpty()) {
            return;
        }
        try (InputStream in = new BufferedInputStream(Files.newInputStream(events));
                OutputStream letters = letters()) {
            long number = 0;
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            for (int next = in.read(); next >= 0; next = in.read()) {
                if (next != '\n') {
                    line.write(next);
                    continue;
                }
                String reason = failed.get(number++);
                if (reason != null) {
                    letters.write(letter(line.toByteArray(), "SQL: " + reason));
                }
                line.reset();
            }
        }
    }

    private byte[] letter(byte[] event, String reason) {
        return EventBatch.deadLetter(segment.sealed(), event, 0, event.length, reason);
    }

    private OutputStream letters() throws IOException {
        return new BufferedOutputStream(
                Files.newOutputStream(Made.letters(folder), StandardOpenOption.CREATE, StandardOpenOption.APPEND));
    }

    /** Writes an object of all events in {@code data}, and returns how many there are. */
    private long write(Path data, ObjectWidth width) throws SQLException, IOException {
        Path object = Made.object(folder);
        Files.deleteIfExists(object);
        PrivateFiles.create(object);
        EventFile events = EventFile.of(data, columns);
        long written = packer.writer().write(events, Files.size(data), object, width, packer.compression());
        if (written != events.count()) {
            throw new SQLException("%d of %d events were read".formatted(written, events.count()));
        }
        return written;
    }
}
