package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.ConnectorException;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.lake.LakeObject.Slice;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import org.apache.camel.Exchange;
import org.apache.camel.spi.IdempotentRepository;
import org.apache.camel.support.service.ServiceSupport;
import org.jspecify.annotations.Nullable;

/**
 * How far each lane (an export with one of its destinations) is delivered, as Camel's idempotent repository over an
 * embedded SQLite file. Safe for use by several threads of one process; a second process on the same file is refused.
 *
 * <p>One row per delivered object whose LastModified is not older than the watermark less the look-back, so the file is
 * bounded by that window and not by the size of the lake. The watermark never passes an object that is not delivered.
 *
 * <p>A commit of a whole unit is on disk when the call returns. A checkpoint inside a unit survives the death of the
 * process, not of the machine: after a power cut some batches may be sent again.
 */
public final class Cursor extends ServiceSupport implements IdempotentRepository, AutoCloseable {
    private static final String[] SCHEMA = {
        "CREATE TABLE IF NOT EXISTS lane (name TEXT PRIMARY KEY, start_ms INTEGER NOT NULL, watermark_ms INTEGER NOT NULL, listing TEXT)"
                + " WITHOUT ROWID",
        "CREATE TABLE IF NOT EXISTS object (lane TEXT, key TEXT, size INTEGER, last_modified_ms INTEGER, complete INTEGER NOT NULL,"
                + " query TEXT NOT NULL, selected INTEGER, accepted INTEGER, duplicates INTEGER, dead_lettered INTEGER, updated_ms INTEGER,"
                + " PRIMARY KEY (lane, key, size, last_modified_ms)) WITHOUT ROWID"
    };
    private static final String UPSERT =
            "INSERT INTO object (lane, key, size, last_modified_ms, complete, query, selected, accepted, duplicates, dead_lettered, updated_ms)"
                    + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (lane, key, size, last_modified_ms) DO UPDATE SET"
                    + " complete = excluded.complete, query = excluded.query, selected = excluded.selected, accepted = excluded.accepted,"
                    + " duplicates = excluded.duplicates, dead_lettered = excluded.dead_lettered, updated_ms = excluded.updated_ms";
    private static final String FIND = "SELECT complete, query, accepted, duplicates, dead_lettered FROM object"
            + " WHERE lane = ? AND key = ? AND size = ? AND last_modified_ms = ?";

    /** The rows of an object's slices: "#" and "$" are neighbours. */
    private static final String SLICES = "lane = ? AND key > ? AND key < ? AND size = ? AND last_modified_ms = ?";

    /** The variable of an exchange that holds the {@link Delivered} unit. */
    public static final String UNIT = "unit";

    /** A unit that waits for its commit; guarded by the cursor. */
    private static final class Commit {
        private final Delivered unit;
        private boolean done;
        private boolean recorded;

        private Commit(Delivered unit) {
            this.unit = unit;
        }
    }

    private final LinkedBlockingQueue<Commit> commits = new LinkedBlockingQueue<>();
    private final Path file;
    private final FileChannel lockFile;
    private final Duration lookback;
    private final Connection durable;
    private final Connection quick;
    private PreparedStatement commit;
    private PreparedStatement checkpoint;
    private PreparedStatement find;

    /** A unit of work: what is recorded together. */
    public interface Delivered {
        /** The export and its destination: {@code default/webhook}. */
        String lane();

        List<LakeObject> objects();

        /** Identifies the query; a checkpoint holds only for the query it was made with. */
        String query();

        Counts counts();

        /** Says what the whole dataset looked like, when the unit covers all of it. */
        Optional<String> listing();

        /** Whether its commit is on disk. */
        default boolean isRecorded() {
            return false;
        }

        /** Its commit is on disk. */
        default void recorded() {}

        /** The commit did not work: the unit is delivered, but will be delivered again. */
        void notRecorded(ConnectorException why);
    }

    /**
     * Where a run of an export begins.
     *
     * @param start objects before it are not wanted, or delivered and forgotten
     * @param watermark every object up to here is delivered, save late ones
     */
    public record Position(
            Instant start, Instant watermark, @Nullable String listing) {}

    private Cursor(Path file, FileChannel lock, Duration lookback) throws SQLException {
        this.file = file;
        lockFile = lock;
        this.lookback = lookback;
        durable = connect(file, "FULL");
        try (Statement statement = durable.createStatement()) {
            for (String table : SCHEMA) {
                statement.execute(table);
            }
        }
        quick = connect(file, "NORMAL");
        commit = durable.prepareStatement(UPSERT);
        checkpoint = quick.prepareStatement(UPSERT);
        find = durable.prepareStatement(FIND);
    }

    /**
     * Opens the store, or makes it.
     *
     * @param file its name; for the original's {@code cursor.json} the store is {@code cursor.db} beside it, and that
     *     file stays as it is
     * @param lookback how much later than the watermark's an object may appear
     */
    public static Cursor open(Path file, Duration lookback) {
        Path store = besideLegacy(file.toAbsolutePath());
        FileChannel lock = null;
        try {
            Path folder = store.getParent();
            if (folder != null) {
                Files.createDirectories(folder);
            }
            lock = FileChannel.open(
                    store.resolveSibling(store.getFileName() + ".lock"),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE);
            if (!isLocked(lock)) {
                throw new ConnectorException(
                        "cursor %s: another connector is using it. Not started. Stop that one, or give this one its own cursor.file."
                                .formatted(store));
            }
            return new Cursor(store, lock, lookback);
        } catch (IOException | SQLException | ConnectorException e) {
            closeQuietly(lock, e);
            if (e instanceof ConnectorException known) {
                throw known;
            }
            throw new ConnectorException(
                    "cursor %s: cannot be opened (%s). Not started. Check cursor.file, its folder's permissions and the free space."
                            .formatted(store, message(e)),
                    e);
        }
    }

    /** Where {@code lane} stands; at its first run it begins as {@code cursor.start} says. */
    public synchronized Position position(String lane) {
        return guarded("cannot be read", () -> {
            try (PreparedStatement statement =
                    durable.prepareStatement("SELECT start_ms, watermark_ms, listing FROM lane WHERE name = ?")) {
                statement.setString(1, lane);
                try (ResultSet row = statement.executeQuery()) {
                    return row.next()
                            ? new Position(
                                    Instant.ofEpochMilli(row.getLong(1)),
                                    Instant.ofEpochMilli(row.getLong(2)),
                                    row.getString(3))
                            : new Position(Instant.EPOCH, Instant.EPOCH, null);
                }
            }
        });
    }

    /** Whether {@code lane} has ever finished a run. */
    public synchronized boolean knows(String lane) {
        return guarded("cannot be read", () -> {
            try (PreparedStatement statement = durable.prepareStatement("SELECT 1 FROM lane WHERE name = ?")) {
                statement.setString(1, lane);
                try (ResultSet row = statement.executeQuery()) {
                    return row.next();
                }
            }
        });
    }

    /** Whether the object is still to be delivered. */
    public boolean isNew(Position position, String lane, LakeObject object) {
        Instant modified = object.lastModified();
        if (modified.isBefore(position.start()) || modified.isBefore(oldest(position.watermark()))) {
            return false;
        }
        return !isComplete(lane, object) && (object.slice() == null || !isComplete(lane, object.whole()));
    }

    /** What is delivered of an object already, when {@code query} is the one that the checkpoint was made with. */
    public Counts delivered(String lane, LakeObject object, String query) {
        return find(lane, object)
                .filter(found -> !found.complete() && found.query().equals(query))
                .map(Found::counts)
                .orElse(Counts.NONE);
    }

    /** Records how far inside its object {@code unit} is delivered. */
    public synchronized void checkpoint(Delivered unit) {
        guarded("cannot be written", () -> {
            write(checkpoint, unit, unit.counts(), unit.objects().get(0), false);
            return true;
        });
    }

    /** Moves the watermark and forgets what lies behind the look-back. */
    public synchronized void advance(String lane, Position from, Instant watermark) {
        Instant later = latest(watermark, from.watermark());
        // What is forgotten here must not be new again when the look-back becomes longer.
        Instant start = latest(from.start(), oldest(later));
        guarded(
                "cannot be written",
                () -> inTransaction(() -> {
                    try (PreparedStatement statement =
                            durable.prepareStatement("INSERT INTO lane (name, start_ms, watermark_ms) VALUES (?, ?, ?)"
                                    + " ON CONFLICT (name) DO UPDATE SET start_ms = max(start_ms, excluded.start_ms),"
                                    + " watermark_ms = max(watermark_ms, excluded.watermark_ms)")) {
                        statement.setString(1, lane);
                        statement.setLong(2, start.toEpochMilli());
                        statement.setLong(3, later.toEpochMilli());
                        statement.executeUpdate();
                    }
                    try (PreparedStatement statement =
                            durable.prepareStatement("DELETE FROM object WHERE lane = ? AND last_modified_ms < ?")) {
                        statement.setString(1, lane);
                        statement.setLong(2, oldest(later).toEpochMilli());
                        statement.executeUpdate();
                    }
                }));
    }

    /** Forgets everything: all exports begin anew. */
    public synchronized void reset() {
        guarded(
                "cannot be written",
                () -> inTransaction(() -> {
                    try (Statement statement = durable.createStatement()) {
                        statement.executeUpdate("DELETE FROM object");
                        statement.executeUpdate("DELETE FROM lane");
                    }
                }));
    }

    // -- IdempotentRepository: the key names a unit, the exchange carries it

    @Override
    public boolean contains(Exchange exchange, String key) {
        Delivered unit = unit(exchange);
        return unit.listing().isEmpty() && unit.objects().stream().allMatch(object -> isComplete(unit.lane(), object));
    }

    /**
     * The destination has accepted the unit: it is delivered, on disk, before this returns. Units that are done at the
     * same time share a commit.
     */
    @Override
    public boolean add(Exchange exchange, String key) {
        Delivered unit = unit(exchange);
        if (unit.isRecorded()) {
            // The route has done it; the consumer comes after.
            return true;
        }
        Commit mine = new Commit(unit);
        commits.add(mine);
        return commitAll(mine);
    }

    private synchronized boolean commitAll(Commit mine) {
        if (mine.done) {
            return mine.recorded;
        }
        List<Commit> together = new ArrayList<>();
        commits.drainTo(together);
        try {
            guarded(
                    "cannot be written",
                    () -> inTransaction(() -> {
                        for (Commit each : together) {
                            record(each.unit);
                        }
                    }));
            together.forEach(each -> {
                each.recorded = true;
                each.unit.recorded();
            });
        } catch (ConnectorException e) {
            // The consumer would swallow the exception.
            together.forEach(each -> each.unit.notRecorded(e));
        }
        together.forEach(each -> each.done = true);
        return mine.recorded;
    }

    private void record(Delivered unit) throws SQLException {
        // With several objects the first one stands for all, so that the counts of all rows add up.
        Counts counts = unit.counts();
        for (LakeObject object : unit.objects()) {
            write(commit, unit, counts, object, true);
            counts = Counts.NONE;
            Slice slice = object.slice();
            if (slice != null) {
                Complete slices = completeSlices(unit.lane(), object, slice);
                if (slices.number() == slice.count()) {
                    write(commit, unit, slices.counts(), object.whole(), true);
                    forgetSlices(unit.lane(), object, slice);
                }
            }
        }
        if (unit.listing().isPresent()) {
            try (PreparedStatement statement = durable.prepareStatement(
                    "INSERT INTO lane (name, start_ms, watermark_ms, listing) VALUES (?, 0, 0, ?)"
                            + " ON CONFLICT (name) DO UPDATE SET listing = excluded.listing")) {
                statement.setString(1, unit.lane());
                statement.setString(2, unit.listing().get());
                statement.executeUpdate();
            }
        }
    }

    private record Complete(int number, Counts counts) {}

    private Complete completeSlices(String lane, LakeObject object, Slice slice) throws SQLException {
        try (PreparedStatement statement = durable.prepareStatement(
                "SELECT count(*), sum(selected), sum(accepted), sum(duplicates), sum(dead_lettered) FROM object WHERE complete AND "
                        + SLICES)) {
            bindSlices(statement, lane, object, slice);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return new Complete(
                        row.getInt(1), new Counts(row.getLong(2), row.getLong(3), row.getLong(4), row.getLong(5)));
            }
        }
    }

    private void forgetSlices(String lane, LakeObject object, Slice slice) throws SQLException {
        try (PreparedStatement statement = durable.prepareStatement("DELETE FROM object WHERE " + SLICES)) {
            bindSlices(statement, lane, object, slice);
            statement.executeUpdate();
        }
    }

    private static void bindSlices(PreparedStatement statement, String lane, LakeObject object, Slice slice)
            throws SQLException {
        statement.setString(1, lane);
        statement.setString(2, slice.of() + "#");
        statement.setString(3, slice.of() + "$");
        statement.setLong(4, object.size());
        statement.setLong(5, object.lastModified().toEpochMilli());
    }

    @Override
    public boolean remove(Exchange exchange, String key) {
        // Nothing was added before delivery.
        return true;
    }

    @Override
    public boolean confirm(Exchange exchange, String key) {
        return true;
    }

    @Override
    public boolean add(String key) {
        throw new UnsupportedOperationException("a unit is recorded from its exchange");
    }

    @Override
    public boolean contains(String key) {
        throw new UnsupportedOperationException("a unit is recorded from its exchange");
    }

    @Override
    public boolean remove(String key) {
        throw new UnsupportedOperationException("a unit is recorded from its exchange");
    }

    @Override
    public boolean confirm(String key) {
        throw new UnsupportedOperationException("a unit is recorded from its exchange");
    }

    @Override
    public void clear() {
        reset();
    }

    @Override
    public synchronized void close() {
        try {
            guarded("cannot be closed", () -> {
                quick.close();
                durable.close();
                return true;
            });
        } finally {
            closeQuietly(lockFile, null);
        }
    }

    private record Found(boolean complete, String query, Counts counts) {}

    private boolean isComplete(String lane, LakeObject object) {
        return find(lane, object).map(Found::complete).orElse(false);
    }

    private synchronized Optional<Found> find(String lane, LakeObject object) {
        return guarded("cannot be read", () -> {
            find.setString(1, lane);
            find.setString(2, object.key());
            find.setLong(3, object.size());
            find.setLong(4, object.lastModified().toEpochMilli());
            try (ResultSet row = find.executeQuery()) {
                if (!row.next()) {
                    return Optional.empty();
                }
                Counts counts = new Counts(0, row.getLong(3), row.getLong(4), row.getLong(5));
                return Optional.of(new Found(row.getBoolean(1), row.getString(2), counts));
            }
        });
    }

    private static void write(
            PreparedStatement statement, Delivered unit, Counts counts, LakeObject object, boolean complete)
            throws SQLException {
        statement.setString(1, unit.lane());
        statement.setString(2, object.key());
        statement.setLong(3, object.size());
        statement.setLong(4, object.lastModified().toEpochMilli());
        statement.setBoolean(5, complete);
        statement.setString(6, unit.query());
        statement.setLong(7, counts.selected());
        statement.setLong(8, counts.accepted());
        statement.setLong(9, counts.duplicates());
        statement.setLong(10, counts.deadLettered());
        statement.setLong(11, System.currentTimeMillis());
        statement.executeUpdate();
    }

    private Instant oldest(Instant watermark) {
        return watermark.equals(Instant.EPOCH) ? watermark : watermark.minus(lookback);
    }

    private static Instant latest(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
    }

    private static Delivered unit(Exchange exchange) {
        return exchange.getVariable(UNIT, Delivered.class);
    }

    private interface Work<T> {
        T run() throws SQLException;
    }

    private interface Writing {
        void run() throws SQLException;
    }

    private boolean inTransaction(Writing writing) throws SQLException {
        try (Statement statement = durable.createStatement()) {
            statement.execute("BEGIN IMMEDIATE");
            try {
                writing.run();
                statement.execute("COMMIT");
                return true;
            } catch (SQLException | RuntimeException e) {
                rollBack(statement, e);
                throw e;
            }
        }
    }

    private static void rollBack(Statement statement, Exception reason) {
        try {
            statement.execute("ROLLBACK");
        } catch (SQLException e) {
            // SQLite has done so by itself, for example when the disk is full.
            reason.addSuppressed(e);
        }
    }

    private <T> T guarded(String what, Work<T> work) {
        try {
            return work.run();
        } catch (SQLException e) {
            prepareAnew(e);
            throw new ConnectorException(
                    "cursor %s: %s (%s). What was delivered since its last change will be delivered again. Check the free space and the permissions."
                            .formatted(file, what, message(e)),
                    e);
        }
    }

    /** The driver closes a statement that a full disk or the like has hit, but the disk will have room again. */
    private void prepareAnew(SQLException reason) {
        try {
            commit.close();
            checkpoint.close();
            find.close();
            commit = durable.prepareStatement(UPSERT);
            checkpoint = quick.prepareStatement(UPSERT);
            find = durable.prepareStatement(FIND);
        } catch (SQLException e) {
            reason.addSuppressed(e);
        }
    }

    private static Connection connect(Path file, String synchronous) throws SQLException {
        Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA journal_mode=WAL");
            statement.execute("PRAGMA synchronous=" + synchronous);
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
        return connection;
    }

    private static boolean isLocked(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    private static Path besideLegacy(Path file) {
        String name = String.valueOf(file.getFileName());
        return name.endsWith(".json") ? file.resolveSibling(name.replaceAll("\\.json$", ".db")) : file;
    }

    private static void closeQuietly(@Nullable FileChannel channel, @Nullable Exception during) {
        if (channel == null) {
            return;
        }
        try {
            channel.close();
        } catch (IOException e) {
            if (during != null) {
                during.addSuppressed(e);
            }
        }
    }

    private static String message(Exception e) {
        String message = e.getMessage();
        return message == null ? e.getClass().getSimpleName() : e.getClass().getSimpleName() + ": " + message;
    }
}
