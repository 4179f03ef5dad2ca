package com.bytefreezer.connector.pack;

import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.disk.PrivateFiles;
import com.bytefreezer.connector.disk.ScratchFolder;
import com.bytefreezer.connector.lake.Shelf;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.query.ObjectWriter;
import com.bytefreezer.connector.receive.Intake;
import com.bytefreezer.connector.receive.Shape;
import com.bytefreezer.connector.spool.DatasetSpool;
import com.bytefreezer.connector.spool.SealedSegment;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Makes a Parquet object of each sealed segment: writes it beside the spool, puts it into the lake, keeps the dead
 * letters, and only then commits. Whatever it dies of, the next one repeats the segment under the same key. For one thread per dataset;
 * one DuckDB runs at a time.
 *
 * @param compression snappy or zstd
 * @param memory that DuckDB may use, in bytes
 * @param threads of DuckDB
 * @param temporary folder for objects under way
 * @param deadLetters folder for what was no event
 * @param writer of objects without SQL
 */
public record Packer(
        String compression, long memory, int threads, Path temporary, Path deadLetters, ObjectWriter writer) {
    public Packer(String compression, long memory, int threads, Path temporary, Path deadLetters) {
        this(compression, memory, threads, temporary, deadLetters, new ObjectWriter(memory, threads, temporary));
    }

    /**
     * An object in the lake.
     *
     * @param key empty if there is none, because all events were left out or dead letters
     * @param events in the object
     * @param rows of the object, of which SQL may make several for an event
     * @param dropped events that the SQL left out
     * @param bytes of the object
     * @param spooled bytes that it was made of
     * @param missing columns that the SQL names but no event has had yet
     */
    public record Packed(
            Optional<String> key,
            long events,
            long rows,
            long dropped,
            long deadLetters,
            long bytes,
            long spooled,
            Set<String> missing) {}

    /** Removes what is of no use to the next packs of these datasets. */
    public void tidy(Collection<DatasetSpool> datasets) {
        Set<String> next = datasets.stream()
                .flatMap(each ->
                        each.next().map(segment -> ObjectKey.name(segment, each.tenant(), each.dataset())).stream())
                .collect(Collectors.toSet());
        if (Files.isDirectory(temporary)) {
            try (Stream<Path> all = Files.list(temporary)) {
                all.filter(each -> !next.contains(each.getFileName().toString()))
                        .forEach(ScratchFolder::remove);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /**
     * Packs the oldest sealed segment of a dataset.
     *
     * @param recipe the SQL; empty if events stay as they are
     * @throws ConnectorException if it cannot; the segment stays
     */
    public Packed pack(SealedSegment segment, Intake intake, Shelf shelf, Optional<Recipe> recipe) {
        return pack(segment, intake, shelf, recipe, Optional.empty());
    }

    /** The same for a segment that other processes may pack, too; with their log. */
    public Packed pack(SealedSegment segment, Intake intake, Shelf shelf, Optional<Recipe> recipe, PutLog log) {
        return pack(segment, intake, shelf, recipe, Optional.of(log));
    }

    private Packed pack(
            SealedSegment segment, Intake intake, Shelf shelf, Optional<Recipe> recipe, Optional<PutLog> log) {
        String tenant = intake.spool().tenant();
        String dataset = intake.spool().dataset();
        String name = ObjectKey.name(segment, tenant, dataset);
        String key = ObjectKey.of(segment, tenant, dataset);
        Path part = temporary.resolve(name + ".part");
        try {
            Kept kept =
                    log.isPresent() ? new Kept.InLake(log.get(), shelf, key) : new Kept.Here(temporary.resolve(name));
            PrivateFiles.createFolders(temporary);
            ScratchFolder.delete(part);
            PrivateFiles.createFolders(part);
            // A pack gives columns types that last.
            intake.shape().settle();
            String shape = intake.shape().stored();
            Made made = made(segment, intake, recipe, part, kept);
            Path folder = kept.keep(made, part);
            // First: once the object is there, another process may not make them again.
            if (!kept.isPut()) {
                Letters.keep(segment.deadLetters(), Made.letters(folder), deadLetters.resolve(name + ".ndjson"));
            }
            if (made.packed() > 0 && !kept.isPut()) {
                shelf.put(key, Made.object(folder));
            }
            long spooled =
                    segment.data().isPresent() ? Files.size(segment.data().get()) : 0;
            intake.spool().commit(segment, made.dropped(), made.refused(), shape, made.columns());
            kept.end();
            return new Packed(
                    Optional.of(key).filter(any -> made.packed() > 0),
                    made.packed(),
                    made.rows(),
                    made.dropped(),
                    segment.deadLetterCount() + made.refused(),
                    made.bytes(),
                    spooled,
                    made.missing());
        } catch (IOException | SQLException e) {
            boolean lacksMemory = Failures.kind(e) == Problem.Kind.NO_MEMORY;
            String reason = lacksMemory ? "DuckDB needs more memory than pack.memory-mb" : Failures.describe(e);
            throw new ConnectorException(
                    new Problem(
                            Failures.kind(e),
                            "pack of dataset %s/%s".formatted(tenant, dataset),
                            "%d events are not in the lake (%s).".formatted(segment.events(), reason),
                            "They stay where they are; the next pack takes them.",
                            lacksMemory ? "Give pack.memory-mb more." : ""),
                    e);
        } finally {
            ScratchFolder.remove(part);
        }
    }

    private Made made(SealedSegment segment, Intake intake, Optional<Recipe> recipe, Path part, Kept kept)
            throws SQLException, IOException {
        Optional<Made> before = kept.before();
        if (before.isPresent() && (before.get().isBySql() || kept.isPut())) {
            return before.get();
        }
        Making making = new Making(this, segment, intake.shape().columns(), part);
        // An interrupted pack may have put the events into the lake as they are. SQL that came meanwhile is too late.
        boolean isBySql = before.isEmpty()
                && (recipe.isPresent() || !intake.spool().columns().isEmpty());
        try {
            return isBySql
                    ? making.bySql(
                            recipe, types(intake.spool().shape(), intake.spool().columns()))
                    : making.asTheyAre(intake.spool().columns());
        } catch (ConnectorException e) {
            throw Recipes.waiting(
                    new DatasetName(intake.spool().tenant(), intake.spool().dataset()), e);
        }
    }

    /**
     * The types of the columns of a dataset's objects until now.
     *
     * @param shape of the events of all packs; empty before the first one
     * @param columns of the objects, if SQL has made some; otherwise empty
     */
    public static Map<String, String> types(String shape, Map<String, String> columns) {
        return columns.isEmpty() ? Shape.of(shape).columns() : columns;
    }
}
