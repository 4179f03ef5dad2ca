package com.bytefreezer.connector.source;

import com.bytefreezer.connector.cursor.DatasetMemory;
import com.bytefreezer.connector.cursor.PackedSources;
import com.bytefreezer.connector.cursor.PackedSources.Outcome;
import com.bytefreezer.connector.cursor.PackedSources.Plan;
import com.bytefreezer.connector.disk.PrivateFiles;
import com.bytefreezer.connector.disk.ScratchFolder;
import com.bytefreezer.connector.lake.Shelf;
import com.bytefreezer.connector.lake.SourceBucket;
import com.bytefreezer.connector.lake.SourceBucket.Source;
import com.bytefreezer.connector.pack.PackHistory;
import com.bytefreezer.connector.pack.Packer;
import com.bytefreezer.connector.pack.PutLog;
import com.bytefreezer.connector.pack.Recipe;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.query.PackDuckDb;
import com.bytefreezer.connector.receive.Intake;
import com.bytefreezer.connector.signs.Periodic;
import com.bytefreezer.connector.spool.SealedSegment;
import com.bytefreezer.connector.spool.Spool;
import com.bytefreezer.connector.text.PlainText;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the objects of a plan: copies its source objects to this disk, one after the other, cuts them into events, and
 * packs these. The objects are in the lake, then the plan is recorded; whoever repeats it makes the same objects. Used
 * once, by one thread.
 */
final class PlannedPack {
    private static final Logger LOG = LoggerFactory.getLogger(PlannedPack.class);
    /** If several source objects have so many times the bytes that their sizes promised, they are packed one by one. */
    private static final int MOST_PARTS = 2;
    /** Bytes of a part as events and dead letters. */
    private static final long MOST_SPOOLED = 2_000_000_000;

    private final Tools tools;
    private final Plan plan;
    private final BooleanSupplier stopped;
    private final List<Source> sources = new ArrayList<>();
    private final List<String> keys = new ArrayList<>();
    /** Of the dataset's events, before and after it. */
    private String before = "";

    private String after = "";
    private long unpacked;
    private int part = 1;
    private boolean partial;
    private long events;
    private long dropped;
    private long deadLetters;
    private final Set<String> missing = new TreeSet<>();
    private long bytes;
    private long spooled;

    /**
     * What all packs use.
     *
     * @param scratch a folder for one pack at a time
     * @param mostBytes that a pack may have there
     * @param longestLine in bytes
     */
    record Tools(
            SourceBucket bucket, PackedSources packed, Packer packer, Path scratch, long mostBytes, int longestLine) {}

    /** The source objects have many more bytes than their sizes promised. */
    static final class TooLargeException extends IOException {
        private static final long serialVersionUID = 1;
    }

    PlannedPack(Tools tools, Plan plan, BooleanSupplier stopped) {
        this.tools = tools;
        this.plan = plan;
        this.stopped = stopped;
    }

    /**
     * Makes it.
     *
     * @param recipe the SQL; empty if events stay as they are
     * @return false if another replica has the plan
     * @throws TooLargeException if it must be planned otherwise; nothing is in the lake
     * @throws IOException if it cannot
     */
    boolean make(Shelf shelf, Optional<Recipe> recipe) throws IOException {
        ScheduledExecutorService keeper = Periodic.thread("plans");
        ScratchFolder.remove(tools.scratch);
        PrivateFiles.createFolders(tools.scratch);
        Packing packing = new Packing(new Guarded(shelf), recipe);
        try (Spool spool = Spool.open(tools.scratch.resolve("spool"), tools.mostBytes)) {
            var unused = Periodic.each(
                    tools.packed.lease().dividedBy(3), keeper, "the renewal of a plan", () -> tools.packed.hold(plan));
            DatasetMemory memory = tools.packed.memory(plan.dataset());
            before = memory.shape();
            Intake intake = Intake.open(
                    spool.dataset(plan.dataset().tenant(), plan.dataset().dataset(), memory.shape(), memory.columns()),
                    Clock.systemUTC());
            for (Source each : plan.sources()) {
                if (!read(each, intake, packing)) {
                    return false;
                }
            }
            pack(intake, packing);
            after = intake.shape().stored();
            return tools.packed.commit(
                    plan, former -> wider(former, intake), new Outcome(events, dropped, deadLetters));
        } finally {
            keeper.shutdownNow();
            ScratchFolder.remove(tools.scratch);
        }
    }

    /** Where the objects go, and how they are made. */
    private record Packing(Shelf shelf, Optional<Recipe> recipe) {}

    /** Puts only what still belongs to this process: whoever has taken it over may have deleted its sources. */
    private final class Guarded implements Shelf {
        private final Shelf shelf;

        private Guarded(Shelf shelf) {
            this.shelf = shelf;
        }

        @Override
        public void put(String key, Path file) throws IOException {
            require(tools.packed.hold(plan));
            shelf.put(key, file);
        }

        @Override
        public OptionalLong size(String key) throws IOException {
            return shelf.size(key);
        }
    }

    private static void require(boolean isMine) throws IOException {
        if (!isMine) {
            throw new IOException("another replica has taken it over");
        }
    }

    /** Other replicas may have packed the dataset meanwhile. */
    private static DatasetMemory wider(DatasetMemory former, Intake intake) {
        Map<String, String> columns = intake.spool().columns();
        boolean isBySql = !columns.isEmpty() || !former.columns().isEmpty();
        Map<String, String> all = isBySql
                ? PackDuckDb.widened(
                        Packer.types(former.shape(), former.columns()),
                        Packer.types(intake.shape().stored(), columns))
                : Map.of();
        return new DatasetMemory(intake.shape().widen(former.shape()).stored(), all);
    }

    /** Returns whether the plan still belongs to this process. */
    private boolean read(Source source, Intake intake, Packing packing) throws IOException {
        if (stopped.getAsBoolean()) {
            throw new IOException("the connector is stopping");
        }
        SourceFile file = new SourceFile(tools.scratch.resolve("source"));
        if (!tools.bucket.copy(source, file.path(), source.size())) {
            LOG.info(
                    "source {}: it was replaced or removed before it was read. What is there now is packed later.",
                    name(source));
            return tools.packed.leaveOut(plan, source, "");
        }
        try {
            file.check();
        } catch (IOException e) {
            String why = PlainText.line(Failures.describe(e));
            LOG.warn(
                    "source {}: it cannot be unpacked ({}). It stays there and is not read again; the others are packed. Replace it or remove it.",
                    name(source),
                    why);
            partial = true;
            return tools.packed.leaveOut(plan, source, why);
        }
        sources.add(source);
        try (InputStream lines = file.open()) {
            new SourceEvents(intake, tools.longestLine, source.modified(), size -> stored(size, intake, packing))
                    .read(lines);
        }
        return true;
    }

    private void stored(long size, Intake intake, Packing packing) throws IOException {
        if (stopped.getAsBoolean()) {
            throw new IOException("the connector is stopping");
        }
        unpacked += size;
        long inSpool = intake.spool().growingBytes();
        if (plan.sources().size() == 1 && (unpacked >= plan.partBytes() || inSpool >= MOST_SPOOLED)) {
            pack(intake, packing);
            unpacked = 0;
        } else if (unpacked > MOST_PARTS * plan.partBytes() || inSpool > MOST_PARTS * MOST_SPOOLED) {
            throw new TooLargeException();
        }
    }

    private void pack(Intake intake, Packing packing) {
        intake.spool().seal();
        intake.spool().next().ifPresent(segment -> {
            Packer.Packed packed = tools.packer.pack(
                    ofPlan(segment), intake, packing.shelf, packing.recipe, new OfPart(tools, plan, part));
            packed.key().ifPresent(keys::add);
            events += packed.events();
            dropped += packed.dropped();
            missing.addAll(packed.missing());
            deadLetters += packed.deadLetters();
            bytes += packed.bytes();
            spooled += packed.spooled();
            part++;
        });
    }

    /** In the record of the plan. */
    private record OfPart(Tools tools, Plan plan, int part) implements PutLog {
        @Override
        public Optional<String> read() {
            return tools.packed.put(plan, part);
        }

        @Override
        public void write(String made) throws IOException {
            require(tools.packed.putting(plan, part, made));
        }
    }

    /** With a time and a name that do not depend on who makes it. */
    private SealedSegment ofPlan(SealedSegment segment) {
        return new SealedSegment(
                segment.number(),
                plan.made(),
                part == 1 ? plan.id() : plan.id() + "/" + part,
                segment.data(),
                segment.events(),
                segment.deadLetters(),
                segment.deadLetterCount());
    }

    /** Whether some source objects cannot be read. */
    boolean isPartial() {
        return partial;
    }

    /** Columns that the SQL names but no event has had yet. */
    Set<String> missing() {
        return missing;
    }

    /** The source objects that it has. */
    List<Source> sources() {
        return sources;
    }

    /** Bytes of Parquet for one that was spooled; 0 if there are none. */
    double ratio() {
        return spooled == 0 ? 0 : (double) bytes / spooled;
    }

    /** Remembers it for people, in {@code folder}. */
    void remember(Path folder, Instant started, Instant now) throws IOException {
        PrivateFiles.createFolders(folder);
        PackHistory.ofSources(
                folder, started, now, keys, sources.size(), events, dropped, deadLetters, bytes, before, after);
    }

    String summary() {
        return "%d source objects, %d events%s, %d dead letters, %d bytes%s"
                .formatted(
                        sources.size(),
                        events,
                        dropped == 0 ? "" : ", %d dropped".formatted(dropped),
                        deadLetters,
                        bytes,
                        keys.isEmpty() ? "" : ", " + String.join(", ", keys));
    }

    private String name(Source source) {
        return tools.bucket.place().replaceFirst(" at .*", "") + source.path();
    }

    /** As a failure of this pack. */
    ConnectorException failure(IOException e) {
        return new ConnectorException(
                "pack of dataset %s/%s: %d source objects are not in the lake (%s)."
                        .formatted(
                                plan.dataset().tenant(),
                                plan.dataset().dataset(),
                                plan.sources().size(),
                                Failures.describe(e)),
                "They stay in their bucket; the next pack takes them.",
                "",
                e);
    }
}
