package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.ConnectorException;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.lake.LakeObject.Slice;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Stream;
import org.apache.camel.Exchange;
import org.apache.camel.spi.IdempotentRepository;
import org.apache.camel.support.service.ServiceSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far each lane (an export with one of its destinations) is delivered, as Camel's idempotent repository over a
 * database. Safe for use by several threads.
 *
 * <p>A unit is claimed ({@link #add}) before it is worked on, and then recorded as delivered ({@link #confirm}) or
 * released ({@link #remove}). Only the holder of the claim can write.
 *
 * <p>One row per delivered object whose LastModified is not older than the watermark less the look-back, so the store is
 * bounded by that window and not by the size of the lake. The watermark never passes an object that is not delivered.
 *
 * <p>A commit of a whole unit is on disk when the call returns. A checkpoint inside a unit survives the death of the
 * process, not of the machine: after a power cut some batches may be sent again.
 */
public abstract class Cursor extends ServiceSupport implements IdempotentRepository, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Cursor.class);
    private static final int VERSION = 1;
    /** Of both stores: %1$s is a text whose order is that of its bytes, %2$s ends a table. */
    private static final String[] SCHEMA = {
        "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)",
        "CREATE TABLE IF NOT EXISTS lane (name TEXT PRIMARY KEY, start_ms BIGINT NOT NULL, watermark_ms BIGINT NOT NULL, listing TEXT)%2$s",
        "CREATE TABLE IF NOT EXISTS object (lane TEXT, key %1$s, size BIGINT, last_modified_ms BIGINT, complete BOOLEAN NOT NULL,"
                + " query TEXT NOT NULL, selected BIGINT, accepted BIGINT, duplicates BIGINT, dead_lettered BIGINT, updated_ms BIGINT,"
                + " PRIMARY KEY (lane, key, size, last_modified_ms))%2$s"
    };
    /** %s is the time in milliseconds, by the store's clock. */
    private static final String UPSERT =
            "INSERT INTO object (lane, key, size, last_modified_ms, complete, query, selected, accepted, duplicates, dead_lettered, updated_ms)"
                    + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, %s) ON CONFLICT (lane, key, size, last_modified_ms) DO UPDATE SET"
                    + " complete = excluded.complete, query = excluded.query, selected = excluded.selected, accepted = excluded.accepted,"
                    + " duplicates = excluded.duplicates, dead_lettered = excluded.dead_lettered, updated_ms = excluded.updated_ms";

    private static final String CHECKPOINT = "SELECT query, accepted, duplicates, dead_lettered FROM object"
            + " WHERE lane = ? AND key = ? AND size = ? AND last_modified_ms = ? AND NOT complete";
    private static final String COMPLETE =
            "SELECT key, size, last_modified_ms FROM object WHERE lane = ? AND complete AND key IN (%s)";
    /** How many objects are looked up at once. */
    private static final int MANY = 256;

    /** The rows of an object's slices: "#" and "$" are neighbours. */
    private static final String SLICES = "lane = ? AND key > ? AND key < ? AND size = ? AND last_modified_ms = ?";

    /** The variable of an exchange that holds the {@link Delivered} unit. */
    public static final String UNIT = "unit";

    /** A unit that waits for its commit; guarded by {@link #commits}. */
    private static final class Commit {
        private final Delivered unit;
        private final String claim;
        private boolean done;
        private boolean recorded;

        private Commit(Delivered unit, String claim) {
            this.unit = unit;
            this.claim = claim;
        }
    }

    private final String subject;
    private final String upsertSql;
    private final Duration lookback;
    private final LinkedBlockingQueue<Commit> commits = new LinkedBlockingQueue<>();
    /** What this process works on, each with the name of its claim. */
    private final Map<Delivered, String> claims = new ConcurrentHashMap<>();

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

        /** What {@link #listing} was at the last delivery before this run. */
        Optional<String> listingBefore();

        /** It is this process's now; {@code delivered} of it is delivered already. */
        void claimed(Counts delivered);

        /** Another replica works on some of it, or has done so in the meantime: it is not this process's. */
        void elsewhere();

        /** Its commit is on disk. */
        default void recorded() {}

        /** The store failed: the unit may be delivered, but will be delivered again. */
        void notRecorded(ConnectorException why);
    }

    /**
     * Where a run of an export begins.
     *
     * @param start objects before it are not wanted, or delivered and forgotten
     * @param watermark every object up to here is delivered, save late ones
     */
    public record Position(
            Instant start, Instant watermark, @Nullable String listing) {
        /** Objects from then on may still be new. */
        public Instant oldest(Duration lookback) {
            return latest(start, Cursor.oldest(watermark, lookback));
        }
    }

    private enum Claim {
        MINE,
        DELIVERED,
        ELSEWHERE
    }

    /**
     * A cursor over a store.
     *
     * @param subject names the store in messages
     * @param clock SQL for the time in milliseconds
     */
    Cursor(String subject, String clock, Duration lookback) {
        this.subject = subject;
        upsertSql = UPSERT.formatted(clock);
        this.lookback = lookback;
    }

    /** Opens the store that the settings name, or makes it. */
    public static Cursor open(Settings settings) {
        Duration lookback = Duration.ofHours(settings.integer("cursor.lookback-hours"));
        return settings.optional("cursor.url")
                .map(url -> PostgresCursor.at(
                        url,
                        settings.optional("cursor.username"),
                        settings.optional("cursor.password"),
                        settings.integer("cursor.claim-seconds"),
                        lookback))
                .orElseGet(() -> open(Path.of(settings.text("cursor.file")), lookback));
    }

    /**
     * Opens the embedded store, or makes it. A second process on the same file is refused.
     *
     * @param file its name; for the original's {@code cursor.json} the store is {@code cursor.db} beside it, and that
     *     file stays as it is
     * @param lookback how much later than the watermark's an object may appear
     */
    public static Cursor open(Path file, Duration lookback) {
        return SqliteCursor.at(file, lookback);
    }

    /**
     * How many records an embedded store says are delivered, whichever process writes to it; 0 when there is none yet.
     *
     * @param file its name
     */
    public static long delivered(Path file) {
        return SqliteCursor.deliveredIn(file);
    }

    // -- what a store does

    /** Work with the store. Where its connection breaks it may be done once more. */
    interface Work<T> {
        T with(Connection connection) throws SQLException;
    }

    /** Looks something up. */
    abstract <T> T read(Work<T> work) throws SQLException;

    /** Does some work in one transaction, which is on disk when this returns. */
    abstract <T> T write(Work<T> work) throws SQLException;

    /** As {@link #write}, but what was written last may be lost when the machine dies. */
    abstract <T> T note(Work<T> work) throws SQLException;

    /** Claims the unit under the name {@code claim}, all of it or nothing. Whether it could. */
    abstract boolean take(Connection connection, Delivered unit, String claim) throws SQLException;

    /** Whether the claim still holds; if so it holds until the end of the transaction. */
    abstract boolean isHeld(Connection connection, Delivered unit, String claim) throws SQLException;

    /** Waits until no other replica is in a transaction on {@code name}. */
    abstract void awaitOthers(Connection connection, String name) throws SQLException;

    /** Gives up a claim. */
    abstract void release(Connection connection, String claim) throws SQLException;

    /** Deletes what is left of the claims of processes that died long ago; of all claims when {@code lane} is null. */
    abstract void forgetClaims(Connection connection, @Nullable String lane) throws SQLException;

    /** Gives back what the store has open. */
    abstract void closeStore() throws SQLException;

    /**
     * Makes the tables that are missing.
     *
     * @param text the type of a text whose order is that of its bytes
     * @param end ends a table
     */
    final void makeTables(Connection connection, String text, String end) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String table : SCHEMA) {
                statement.execute(table.formatted(text, end));
            }
            try (ResultSet row = statement.executeQuery("SELECT max(version) FROM schema_version")) {
                row.next();
                int version = row.getInt(1);
                if (version > VERSION) {
                    throw new ConnectorException(
                            "cursor %s: it was written by a newer connector (schema %d, this one knows %d). Not started. Use that one."
                                    .formatted(subject, version, VERSION));
                }
                if (version == VERSION) {
                    return;
                }
            }
            statement.executeUpdate("INSERT INTO schema_version (version) VALUES (" + VERSION + ")");
        }
    }

    /** The claims that this process holds. */
    final Collection<String> claims() {
        return claims.values();
    }

    // -- the position of a lane

    /** Where {@code lane} stands; before its first run, at the beginning of everything. */
    public final Position position(String lane) {
        return guarded("cannot be read", () -> read(connection -> lane(connection, lane)))
                .orElse(new Position(Instant.EPOCH, Instant.EPOCH, null));
    }

    /** Whether {@code lane} has ever finished a run. */
    public final boolean knows(String lane) {
        return guarded("cannot be read", () -> read(connection -> lane(connection, lane)))
                .isPresent();
    }

    /** Lets a new lane begin at {@code from}; of several replicas the first one decides. */
    public final Position begin(String lane, Instant from) {
        return guarded(
                "cannot be written",
                () -> write(connection -> {
                    try (PreparedStatement statement = connection.prepareStatement(
                            "INSERT INTO lane (name, start_ms, watermark_ms) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING")) {
                        statement.setString(1, lane);
                        statement.setLong(2, from.toEpochMilli());
                        statement.setLong(3, from.toEpochMilli());
                        statement.executeUpdate();
                    }
                    return lane(connection, lane).orElseThrow();
                }));
    }

    /** Where a lane stands, when it has begun. */
    static Optional<Position> lane(Connection connection, String lane) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT start_ms, watermark_ms, listing FROM lane WHERE name = ?")) {
            statement.setString(1, lane);
            try (ResultSet row = statement.executeQuery()) {
                return row.next()
                        ? Optional.of(new Position(
                                Instant.ofEpochMilli(row.getLong(1)),
                                Instant.ofEpochMilli(row.getLong(2)),
                                row.getString(3)))
                        : Optional.empty();
            }
        }
    }

    /** Moves the watermark and forgets what lies behind the look-back. */
    public final void advance(String lane, Position from, Instant watermark) {
        Instant later = latest(watermark, from.watermark());
        // What is forgotten here must not be new again when the look-back becomes longer.
        Instant start = latest(from.start(), oldest(later, lookback));
        guarded(
                "cannot be written",
                () -> write(connection -> {
                    try (PreparedStatement statement = connection.prepareStatement(
                            "INSERT INTO lane (name, start_ms, watermark_ms) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET"
                                    + " start_ms = CASE WHEN excluded.start_ms > lane.start_ms THEN excluded.start_ms ELSE lane.start_ms END,"
                                    + " watermark_ms = CASE WHEN excluded.watermark_ms > lane.watermark_ms THEN excluded.watermark_ms"
                                    + " ELSE lane.watermark_ms END")) {
                        statement.setString(1, lane);
                        statement.setLong(2, start.toEpochMilli());
                        statement.setLong(3, later.toEpochMilli());
                        statement.executeUpdate();
                    }
                    try (PreparedStatement statement =
                            connection.prepareStatement("DELETE FROM object WHERE lane = ? AND last_modified_ms < ?")) {
                        statement.setString(1, lane);
                        statement.setLong(2, oldest(later, lookback).toEpochMilli());
                        statement.executeUpdate();
                    }
                    forgetClaims(connection, lane);
                    return true;
                }));
    }

    /** Forgets everything: all exports begin anew. */
    public final void reset() {
        guarded(
                "cannot be written",
                () -> write(connection -> {
                    try (Statement statement = connection.createStatement()) {
                        statement.executeUpdate("DELETE FROM object");
                        statement.executeUpdate("DELETE FROM lane");
                    }
                    forgetClaims(connection, null);
                    return true;
                }));
    }

    /** Forgets what one lane has delivered: it begins anew. */
    public final void reset(String lane) {
        guarded(
                "cannot be written",
                () -> write(connection -> {
                    for (String table : new String[] {"object WHERE lane", "lane WHERE name"}) {
                        try (PreparedStatement statement =
                                connection.prepareStatement("DELETE FROM %s = ?".formatted(table))) {
                            statement.setString(1, lane);
                            statement.executeUpdate();
                        }
                    }
                    return true;
                }));
    }

    // -- what is to be delivered

    /** Whether the object is still to be delivered. */
    public final boolean isNew(Position position, String lane, LakeObject object) {
        return !newOnes(position, lane, List.of(object)).isEmpty();
    }

    /** Those that are still to be delivered, in their order; found while they are asked for, some at a time. */
    public final Iterator<LakeObject> newOnes(Position position, String lane, Iterator<LakeObject> objects) {
        return new Iterator<>() {
            private final Deque<LakeObject> found = new ArrayDeque<>();

            @Override
            public boolean hasNext() {
                while (found.isEmpty() && objects.hasNext()) {
                    List<LakeObject> some = new ArrayList<>();
                    while (some.size() < MANY && objects.hasNext()) {
                        some.add(objects.next());
                    }
                    found.addAll(newOnes(position, lane, some));
                }
                return !found.isEmpty();
            }

            @Override
            public LakeObject next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                return found.remove();
            }
        };
    }

    private List<LakeObject> newOnes(Position position, String lane, List<LakeObject> objects) {
        List<LakeObject> recent = since(position.oldest(lookback), objects);
        return recent.isEmpty()
                ? recent
                : guarded("cannot be read", () -> read(connection -> undelivered(connection, lane, recent)));
    }

    private static List<LakeObject> since(Instant start, List<LakeObject> objects) {
        return objects.stream()
                .filter(object -> !object.lastModified().isBefore(start))
                .toList();
    }

    /** What a row says of an object that is delivered. */
    private record Row(String key, long size, long lastModified) {
        private Row(LakeObject object) {
            this(object.key(), object.size(), object.lastModified().toEpochMilli());
        }
    }

    private static List<LakeObject> undelivered(Connection connection, String lane, List<LakeObject> objects)
            throws SQLException {
        List<String> keys = objects.stream()
                .flatMap(object -> Stream.of(object.key(), object.whole().key()))
                .distinct()
                .toList();
        Set<Row> complete = new HashSet<>();
        for (int from = 0; from < keys.size(); from += MANY) {
            List<String> some = keys.subList(from, Math.min(keys.size(), from + MANY));
            try (PreparedStatement statement =
                    connection.prepareStatement(COMPLETE.formatted("?, ".repeat(some.size() - 1) + "?"))) {
                statement.setString(1, lane);
                for (int i = 0; i < some.size(); i++) {
                    statement.setString(2 + i, some.get(i));
                }
                try (ResultSet rows = statement.executeQuery()) {
                    while (rows.next()) {
                        complete.add(new Row(rows.getString(1), rows.getLong(2), rows.getLong(3)));
                    }
                }
            }
        }
        return objects.stream()
                .filter(object -> !complete.contains(new Row(object)) && !complete.contains(new Row(object.whole())))
                .toList();
    }

    // -- IdempotentRepository: the key names a unit, the exchange carries it

    /** Whether the unit is delivered. */
    @Override
    public final boolean contains(Exchange exchange, String key) {
        Delivered unit = unit(exchange);
        return unit.listing().isEmpty()
                && guarded(
                        "cannot be read",
                        () -> read(connection -> undelivered(connection, unit.lane(), unit.objects())
                                .isEmpty()));
    }

    /** Claims the unit for this process. Not when it is delivered by now, or is another replica's. */
    @Override
    public final boolean add(Exchange exchange, String key) {
        Delivered unit = unit(exchange);
        String claim = UUID.randomUUID().toString();
        Claim outcome;
        try {
            outcome = guarded("cannot be written", () -> claim(unit, claim));
        } catch (ConnectorException e) {
            unit.notRecorded(e);
            throw e;
        }
        if (outcome == Claim.MINE) {
            claims.put(unit, claim);
        }
        if (outcome == Claim.ELSEWHERE) {
            unit.elsewhere();
        }
        return outcome == Claim.MINE;
    }

    private Claim claim(Delivered unit, String claim) throws SQLException {
        return write(connection -> {
            if (!take(connection, unit, claim)) {
                return Claim.ELSEWHERE;
            }
            // The run has looked them up a while ago.
            Claim outcome = stillToDeliver(connection, unit);
            if (outcome == Claim.MINE) {
                unit.claimed(checkpoint(connection, unit));
            } else {
                release(connection, claim);
            }
            return outcome;
        });
    }

    private static Claim stillToDeliver(Connection connection, Delivered unit) throws SQLException {
        Optional<Position> position = lane(connection, unit.lane());
        if (unit.listing().isPresent()) {
            String delivered = position.map(Position::listing).orElse(null);
            return Objects.equals(delivered, unit.listingBefore().orElse(null)) ? Claim.MINE : Claim.DELIVERED;
        }
        // What lies before it may be forgotten.
        Instant start = position.map(Position::start).orElse(Instant.EPOCH);
        int left = undelivered(connection, unit.lane(), since(start, unit.objects()))
                .size();
        if (left == 0) {
            return Claim.DELIVERED;
        }
        return left == unit.objects().size() ? Claim.MINE : Claim.ELSEWHERE;
    }

    /** What is delivered of the unit already, when the checkpoint was made with its query. */
    private static Counts checkpoint(Connection connection, Delivered unit) throws SQLException {
        if (unit.objects().size() > 1 || unit.listing().isPresent()) {
            return Counts.NONE;
        }
        LakeObject object = unit.objects().get(0);
        try (PreparedStatement statement = connection.prepareStatement(CHECKPOINT)) {
            statement.setString(1, unit.lane());
            statement.setString(2, object.key());
            statement.setLong(3, object.size());
            statement.setLong(4, object.lastModified().toEpochMilli());
            try (ResultSet row = statement.executeQuery()) {
                return row.next() && row.getString(1).equals(unit.query())
                        ? new Counts(0, row.getLong(2), row.getLong(3), row.getLong(4))
                        : Counts.NONE;
            }
        }
    }

    /**
     * Records how far inside its object {@code unit} is delivered.
     *
     * @throws ConnectorException when the store fails, or the unit is another replica's by now
     */
    public final void checkpoint(Delivered unit) {
        String claim = claims.get(unit);
        boolean held = claim != null
                && guarded(
                        "cannot be written",
                        () -> note(connection -> {
                            if (!isHeld(connection, unit, claim)) {
                                return false;
                            }
                            put(
                                    connection,
                                    unit,
                                    unit.counts(),
                                    List.of(unit.objects().get(0)),
                                    false);
                            return true;
                        }));
        if (!held) {
            throw lost(unit);
        }
    }

    /**
     * The destination has accepted the unit: it is delivered, on disk, before this returns. Units that are done at the
     * same time share a commit. Does nothing when it is recorded already, or the claim is another replica's by now.
     */
    @Override
    public final boolean confirm(Exchange exchange, String key) {
        Delivered unit = unit(exchange);
        String claim = claims.get(unit);
        if (claim == null) {
            // The route has done it; the consumer comes after.
            return true;
        }
        Commit mine = new Commit(unit, claim);
        commits.add(mine);
        synchronized (commits) {
            if (!mine.done) {
                commitAll();
            }
            return mine.recorded;
        }
    }

    private void commitAll() {
        List<Commit> together = new ArrayList<>();
        commits.drainTo(together);
        // In one order in all replicas, so that none waits for another that waits for it.
        together.sort(Comparator.comparing((Commit commit) -> commit.unit.lane())
                .thenComparing(commit -> commit.unit.objects().get(0).key()));
        try {
            List<Commit> held = guarded(
                    "cannot be written",
                    () -> write(connection -> {
                        List<Commit> recorded = new ArrayList<>();
                        for (Commit each : together) {
                            if (isHeld(connection, each.unit, each.claim)) {
                                record(connection, each.unit);
                                release(connection, each.claim);
                                recorded.add(each);
                            }
                        }
                        return recorded;
                    }));
            for (Commit each : together) {
                each.recorded = held.contains(each);
                if (each.recorded) {
                    claims.remove(each.unit);
                    each.unit.recorded();
                } else {
                    lost(each.unit);
                }
            }
        } catch (ConnectorException e) {
            // The consumer would swallow the exception. The claim is not renewed any more and expires.
            for (Commit each : together) {
                claims.remove(each.unit);
                each.unit.notRecorded(e);
            }
        } finally {
            together.forEach(each -> each.done = true);
        }
    }

    private ConnectorException lost(Delivered unit) {
        ConnectorException reason = new ConnectorException(
                "cursor %s, lane %s: the claim on %s is lost, since it was not renewed in time or the cursor was reset. Another replica or a later run delivers it again from its last checkpoint."
                        .formatted(subject, unit.lane(), unit));
        unit.elsewhere();
        if (claims.remove(unit) != null) {
            LOG.warn("{}", reason.getMessage());
        }
        return reason;
    }

    private void record(Connection connection, Delivered unit) throws SQLException {
        // With several objects the first one stands for all, so that the counts of all rows add up.
        put(connection, unit, unit.counts(), unit.objects(), true);
        for (LakeObject object : unit.objects()) {
            Slice slice = object.slice();
            if (slice != null) {
                Complete slices = completeSlices(connection, unit.lane(), object, slice);
                if (slices.number() == slice.count()) {
                    put(connection, unit, slices.counts(), List.of(object.whole()), true);
                    forgetSlices(connection, unit.lane(), object, slice);
                }
            }
        }
        if (unit.listing().isPresent()) {
            try (PreparedStatement statement = connection.prepareStatement(
                    "INSERT INTO lane (name, start_ms, watermark_ms, listing) VALUES (?, 0, 0, ?)"
                            + " ON CONFLICT (name) DO UPDATE SET listing = excluded.listing")) {
                statement.setString(1, unit.lane());
                statement.setString(2, unit.listing().get());
                statement.executeUpdate();
            }
        }
    }

    private record Complete(int number, Counts counts) {}

    private Complete completeSlices(Connection connection, String lane, LakeObject object, Slice slice)
            throws SQLException {
        awaitOthers(connection, lane + "/" + slice.of());
        try (PreparedStatement statement = connection.prepareStatement(
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

    private static void forgetSlices(Connection connection, String lane, LakeObject object, Slice slice)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("DELETE FROM object WHERE " + SLICES)) {
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

    /** The unit has failed: another replica may have it. Does nothing when it is recorded already. */
    @Override
    public final boolean remove(Exchange exchange, String key) {
        String claim = claims.remove(unit(exchange));
        if (claim == null) {
            return true;
        }
        try {
            return guarded(
                    "cannot be written",
                    () -> note(connection -> {
                        release(connection, claim);
                        return true;
                    }));
        } catch (ConnectorException e) {
            // It is not renewed any more and expires.
            return false;
        }
    }

    @Override
    public final boolean add(String key) {
        throw new UnsupportedOperationException("a unit is recorded from its exchange");
    }

    @Override
    public final boolean contains(String key) {
        throw new UnsupportedOperationException("a unit is recorded from its exchange");
    }

    @Override
    public final boolean remove(String key) {
        throw new UnsupportedOperationException("a unit is recorded from its exchange");
    }

    @Override
    public final boolean confirm(String key) {
        throw new UnsupportedOperationException("a unit is recorded from its exchange");
    }

    @Override
    public final void clear() {
        reset();
    }

    @Override
    public final void close() {
        guarded("cannot be closed", () -> {
            closeStore();
            return true;
        });
    }

    /** Writes a row for each object; the first has the counts. */
    private void put(Connection connection, Delivered unit, Counts counts, List<LakeObject> objects, boolean complete)
            throws SQLException {
        Counts ofObject = counts;
        try (PreparedStatement statement = connection.prepareStatement(upsertSql)) {
            for (LakeObject object : objects) {
                statement.setString(1, unit.lane());
                statement.setString(2, object.key());
                statement.setLong(3, object.size());
                statement.setLong(4, object.lastModified().toEpochMilli());
                statement.setBoolean(5, complete);
                statement.setString(6, unit.query());
                statement.setLong(7, ofObject.selected());
                statement.setLong(8, ofObject.accepted());
                statement.setLong(9, ofObject.duplicates());
                statement.setLong(10, ofObject.deadLettered());
                statement.addBatch();
                ofObject = Counts.NONE;
            }
            statement.executeBatch();
        }
    }

    private static Instant oldest(Instant watermark, Duration lookback) {
        return watermark.equals(Instant.EPOCH) ? watermark : watermark.minus(lookback);
    }

    private static Instant latest(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
    }

    private static Delivered unit(Exchange exchange) {
        return exchange.getVariable(UNIT, Delivered.class);
    }

    /** What a person can do about a failure of the store. */
    abstract String advice(SQLException failure);

    private interface Guarded<T> {
        T run() throws SQLException;
    }

    private <T> T guarded(String what, Guarded<T> work) {
        try {
            return work.run();
        } catch (SQLException e) {
            throw new ConnectorException(
                    "cursor %s: %s (%s). What was delivered since its last change will be delivered again. %s"
                            .formatted(subject, what, message(e), advice(e)),
                    e);
        }
    }

    /** In one line. */
    static String message(Exception e) {
        String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
        return e.getMessage() == null
                ? e.getClass().getSimpleName()
                : e.getClass().getSimpleName() + ": " + message;
    }
}
