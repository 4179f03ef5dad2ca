package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.cursor.DeliveredObjects.Checkpoint;
import com.bytefreezer.connector.cursor.KnownObjects.Match;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.problem.ConnectorException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.apache.camel.Exchange;
import org.apache.camel.spi.IdempotentRepository;
import org.apache.camel.support.service.ServiceSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far each lane (an export with one of its destinations) is delivered, as Camel's idempotent repository over a
 * {@link Store}. Safe for use by several threads.
 *
 * <p>A unit is claimed ({@link #add}) before it is worked on, and then recorded as delivered ({@link #confirm}) or
 * released ({@link #remove}). Only the holder of the claim can write.
 *
 * <p>What a lane has delivered it knows for good ({@link KnownObjects}); how many records an object gave is forgotten
 * when its LastModified is older than the watermark less the look-back. The watermark never passes an object that is not
 * delivered.
 *
 * <p>A commit of a whole unit is on disk when the call returns. A checkpoint inside a unit survives the death of the
 * process, not of the machine: after a power cut some batches may be sent again.
 */
public final class Cursor extends ServiceSupport implements IdempotentRepository, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Cursor.class);

    /** The variable of an exchange that holds the {@link Delivered} unit. */
    public static final String UNIT = "unit";

    private final Store store;
    private final Duration lookback;
    /** Of the partitions that runs list; empty: all. */
    private final String range;

    private final DeliveredObjects delivered;
    private final GroupCommit commits;
    private final Pulse pulse;
    private final LaneQueries queries;
    /** What this process works on, each with the name of its claim. */
    private final Map<Delivered, String> claims = new ConcurrentHashMap<>();
    /** What of each is in the row of its run. */
    private final Map<Delivered, Counts> counted = new ConcurrentHashMap<>();

    /** Those of them that have got further since they were begun. */
    private final Set<String> further = ConcurrentHashMap.newKeySet();

    /** A unit of work: what is recorded together. */
    public interface Delivered {
        /** Whose it is. */
        Lane lane();

        List<LakeObject> objects();

        /** Identifies the query; a checkpoint holds only for the query it was made with. */
        String query();

        Counts counts();

        /** Says what the whole dataset looked like, when the unit covers all of it. */
        Optional<String> listing();

        /** What {@link #listing} was at the last delivery before this run. */
        Optional<String> listingBefore();

        /**
         * It is this process's now.
         *
         * @param delivered what is delivered of it already
         * @param former whether that was when cursors knew no ETags: it is finished with the ids it was begun with
         * @param begunWith identifies the query with which it is finished
         */
        void claimed(Counts delivered, boolean former, String begunWith);

        /** Another replica has claimed or delivered part of it; this process must leave it alone. */
        void elsewhere();

        /** Its commit is on disk. */
        default void recorded() {}

        /** The store failed: the unit may be delivered, but will be delivered again. */
        void notRecorded(ConnectorException why);
    }

    /**
     * Where a run of an export begins.
     *
     * @param start until the dataset is listed once, objects before it are left out
     * @param watermark every object up to here is delivered, save late ones
     * @param listing what the dataset looked like when all of it was delivered last
     * @param listed which range of partitions was listed to the end last; null: none yet
     */
    public record Position(
            Instant start,
            Instant watermark,
            @Nullable String listing,
            @Nullable String listed) {
        /** Where a lane starts that leaves out all that its first listing shows. */
        public static final Instant AFTER_FIRST_LISTING = Instant.ofEpochMilli(Long.MAX_VALUE);

        static final Position BEGINNING = at(Instant.EPOCH);

        /** Where a lane begins that leaves out what was last modified before {@code from}. */
        public static Position at(Instant from) {
            return new Position(from, from.equals(AFTER_FIRST_LISTING) ? Instant.EPOCH : from, null, null);
        }

        /** Whether it lies after {@code now}, where no object can be. */
        public boolean isAhead(Instant now) {
            return watermark.isAfter(now) || (start.isAfter(now) && !start.equals(AFTER_FIRST_LISTING));
        }

        /** A run that lists {@code range} leaves out what was last modified before. */
        Instant leftOutBefore(String range, Duration lookback) {
            return range.equals(listed) ? Instant.MIN : latest(start, Cursor.oldest(watermark, lookback));
        }
    }

    private enum Claim {
        MINE,
        DELIVERED,
        ELSEWHERE
    }

    /**
     * A cursor over a store, which it closes.
     *
     * @param lookback how much later than the watermark's an object may appear before it is looked for less often
     * @param range of the partitions that runs list
     */
    Cursor(Store store, Duration lookback, String range) {
        this.store = store;
        this.lookback = lookback;
        this.range = range;
        delivered = new DeliveredObjects(store);
        pulse = new Pulse(store);
        queries = new LaneQueries(store, pulse.name());
        commits = new GroupCommit(store, delivered, this::count);
        store.renew(claims::values);
    }

    /** Opens the store that the settings name, or makes it. */
    public static Cursor open(Settings settings) {
        Store store = settings.optional("cursor.url")
                .map(url -> PostgresStore.at(
                        url,
                        settings.optional("cursor.username"),
                        settings.optional("cursor.password"),
                        settings.integer("cursor.claim-seconds")))
                .orElseGet(() -> SqliteStore.at(Path.of(settings.text("cursor.file"))));
        return new Cursor(store, Duration.ofHours(settings.integer("cursor.lookback-hours")), range(settings));
    }

    /**
     * Opens the embedded store, or makes it. A second process on the same file is refused.
     *
     * @param file its name; for the original's {@code cursor.json} the store is {@code cursor.db} beside it, and that
     *     file stays as it is
     * @param lookback how much later than the watermark's an object may appear before it is looked for less often
     */
    public static Cursor open(Path file, Duration lookback) {
        return new Cursor(SqliteStore.at(file), lookback, "");
    }

    /** Names the range of partitions that runs list. */
    static String range(Settings settings) {
        return settings.optional("query.from").orElse("")
                + settings.optional("query.to").map(to -> "/" + to).orElse("");
    }

    /**
     * How many records an embedded store says are delivered, whichever process writes to it; 0 when there is none yet.
     *
     * @param file its name
     */
    public static long delivered(Path file) {
        return SqliteStore.deliveredIn(file);
    }

    /** Why the store does not answer at the moment; empty when it does, or that is not known yet. */
    public Optional<String> trouble() {
        return store.trouble();
    }

    /** The signs of life of this process and others. */
    public Pulse pulse() {
        return pulse;
    }

    /** The queries that lanes have and had. */
    public LaneQueries queries() {
        return queries;
    }

    // -- the columns of a dataset

    /** What {@link #keepColumns} kept last. */
    public Optional<String> columns(String dataset) {
        return store.reading(connection -> DatasetTable.columns(connection, dataset));
    }

    /** Keeps what {@code change} makes of what is kept. */
    public void keepColumns(String dataset, Function<Optional<String>, String> change) {
        store.writing(connection -> {
            store.awaitOthers(connection, "columns " + dataset);
            DatasetTable.keep(connection, dataset, change.apply(DatasetTable.columns(connection, dataset)));
            return true;
        });
    }

    // -- the position of a lane

    /** Where {@code lane} stands; before its first run, at the beginning of everything. */
    public Position position(String lane) {
        return store.reading(connection -> LaneTable.find(connection, lane)).orElse(Position.BEGINNING);
    }

    /** Whether {@code lane} has begun. */
    public boolean knows(String lane) {
        return store.reading(connection -> LaneTable.find(connection, lane)).isPresent();
    }

    /**
     * Lets a new lane begin; of several replicas the first one decides.
     *
     * @param from what was last modified before is left out; {@link Position#AFTER_FIRST_LISTING}
     */
    public Position begin(String lane, Instant from) {
        return store.writing(connection -> {
            LaneTable.begin(store, connection, lane, from);
            return LaneTable.find(connection, lane).orElseThrow();
        });
    }

    /** Whether the lane has ever listed to the end what its runs list now. */
    public boolean hasListed(Position position) {
        return range.equals(position.listed());
    }

    /**
     * The dataset is listed to its end: moves the watermark and forgets what lies behind the look-back.
     *
     * @param empty whether nothing was listed; then the lane still waits for what lies before its start
     */
    public void advance(String lane, Instant watermark, boolean empty) {
        store.writing(connection -> {
            LaneTable.number(store, connection, lane);
            LaneTable.advance(connection, lane, watermark);
            Position now = LaneTable.find(connection, lane).orElseThrow();
            if (!empty || now.start().equals(Position.AFTER_FIRST_LISTING)) {
                LaneTable.listed(connection, lane, range);
            }
            DeliveredObjects.forgetBefore(connection, lane, oldest(now.watermark(), lookback));
            store.forgetClaims(connection, lane);
            return true;
        });
    }

    /**
     * Notes what a whole listing leaves out, for people.
     *
     * @param text empty when that is nothing
     */
    public void leavesOut(String lane, String text) {
        if (!text.equals(store.reading(connection -> LaneTable.leftOut(connection, lane)))) {
            store.writing(connection -> {
                LaneTable.leavesOut(connection, lane, text);
                return true;
            });
        }
    }

    /**
     * Where a clock was ahead, and is put right: nothing of the lane lies after {@code now} any more.
     *
     * @return where it stands now
     */
    public Position notAfter(String lane, Instant now) {
        return store.writing(connection -> {
            LaneTable.notAfter(connection, lane, now);
            return LaneTable.find(connection, lane).orElseThrow();
        });
    }

    /** Forgets everything: all exports begin anew. */
    public void reset() {
        store.writing(connection -> {
            try (Statement statement = connection.createStatement()) {
                for (String table : new String[] {"object", "known", "lane_query", "lane"}) {
                    statement.executeUpdate("DELETE FROM " + table);
                }
            }
            store.forgetClaims(connection, null);
            return true;
        });
    }

    /** Forgets what one lane has delivered: it begins anew. */
    public void reset(String lane) {
        store.writing(connection -> {
            Optional<Integer> number = LaneTable.findNumber(connection, lane);
            if (number.isPresent()) {
                KnownObjects.forget(connection, number.get());
            }
            DeliveredObjects.forget(connection, lane);
            ClaimTable.forget(connection, lane);
            LaneTable.forget(connection, lane);
            return true;
        });
    }

    // -- what is to be delivered

    /**
     * Does nothing when what is delivered now can be recorded, so that nothing is repeated at each try.
     *
     * @throws ConnectorException when there is no room for it
     */
    public void requireRoom() {
        store.explained("cannot be written", () -> {
            store.requireRoom();
            return true;
        });
    }

    /** Those that are still to be delivered, in their order; found while they are asked for, some at a time. */
    public NewObjects newOnes(Position position, String lane, Iterator<LakeObject> objects) {
        return new NewObjects(lane, lookup(lane), position.leftOutBefore(range, lookback), objects);
    }

    private NewObjects.Lookup lookup(String lane) {
        return new NewObjects.Lookup() {
            @Override
            public Optional<Integer> lane(Connection connection) throws SQLException {
                return LaneTable.findNumber(connection, lane);
            }

            @Override
            public <T> T read(Store.Work<T> work) {
                return store.reading(work);
            }

            @Override
            public void learn(List<LakeObject> objects) {
                store.noting(connection -> {
                    KnownObjects.add(connection, LaneTable.number(store, connection, lane), objects);
                    return true;
                });
            }
        };
    }

    private Claim stillToDeliver(Connection connection, Delivered unit) throws SQLException {
        if (unit.listing().isPresent()) {
            String before = LaneTable.find(connection, unit.lane().toString())
                    .map(Position::listing)
                    .orElse(null);
            return Objects.equals(before, unit.listingBefore().orElse(null)) ? Claim.MINE : Claim.DELIVERED;
        }
        int left = undelivered(connection, unit);
        if (left == 0) {
            return Claim.DELIVERED;
        }
        return left == unit.objects().size() ? Claim.MINE : Claim.ELSEWHERE;
    }

    private static int undelivered(Connection connection, Delivered unit) throws SQLException {
        Optional<Integer> number = LaneTable.findNumber(connection, unit.lane().toString());
        List<LakeObject> objects = unit.objects();
        int left = 0;
        for (int from = 0; from < objects.size(); from += NewObjects.MANY) {
            List<LakeObject> some = objects.subList(from, Math.min(objects.size(), from + NewObjects.MANY));
            left += number.isEmpty()
                    ? some.size()
                    : (int)
                            NewObjects.match(connection, unit.lane().toString(), number.get(), some, new ArrayList<>())
                                    .values()
                                    .stream()
                                    .filter(match -> match != Match.KNOWN)
                                    .count();
        }
        return left;
    }

    /** What of a lane was begun by processes that died. To be asked while the lane delivers nothing here. */
    public Suspects suspects(String lane) {
        return store.reading(connection -> ClaimTable.suspects(connection, lane, store.left()));
    }

    /** What of a lane is set aside is tried again at its next run. How many objects are. */
    public int retrySetAside(String lane) {
        return store.writing(connection -> ClaimTable.retry(connection, lane));
    }

    /** What is being delivered now may be cut off, on purpose: that speaks against no object. */
    public void stopping() {
        List<String> held = List.copyOf(claims.values());
        if (held.isEmpty()) {
            return;
        }
        try {
            store.noting(connection -> {
                for (String claim : held) {
                    ClaimTable.forgive(connection, claim);
                }
                return true;
            });
        } catch (ConnectorException e) {
            LOG.warn("{}", e.getMessage());
        }
    }

    // -- IdempotentRepository: the key names a unit, the exchange carries it

    /** Whether the unit is delivered. */
    @Override
    public boolean contains(Exchange exchange, String key) {
        Delivered unit = unit(exchange);
        return unit.listing().isEmpty() && store.reading(connection -> undelivered(connection, unit) == 0);
    }

    /** Claims the unit for this process. Not when it is delivered by now, or is another replica's. */
    @Override
    public boolean add(Exchange exchange, String key) {
        Delivered unit = unit(exchange);
        String claim = UUID.randomUUID().toString();
        Claim outcome;
        try {
            outcome = store.claiming(connection -> claim(connection, unit, claim));
        } catch (ConnectorException e) {
            unit.notRecorded(e);
            throw e;
        }
        if (outcome == Claim.MINE) {
            claims.put(unit, claim);
            counted.put(unit, unit.counts());
        }
        if (outcome == Claim.ELSEWHERE) {
            unit.elsewhere();
        }
        return outcome == Claim.MINE;
    }

    private Claim claim(Connection connection, Delivered unit, String claim) throws SQLException {
        if (!store.take(connection, unit, claim)) {
            return Claim.ELSEWHERE;
        }
        // The run has looked them up a while ago.
        Claim outcome = stillToDeliver(connection, unit);
        if (outcome == Claim.MINE) {
            Checkpoint checkpoint = delivered.checkpoint(connection, unit);
            unit.claimed(checkpoint.counts(), checkpoint.former(), checkpoint.query(unit));
        } else {
            ClaimTable.release(connection, claim);
        }
        return outcome;
    }

    /**
     * Records how far inside its object {@code unit} is delivered.
     *
     * @throws ConnectorException when the store fails, or the unit is another replica's by now
     */
    public void checkpoint(Delivered unit) {
        String claim = claims.get(unit);
        boolean furtherBefore = claim == null || !further.add(claim);
        Counts counts = unit.counts();
        boolean held = claim != null
                && store.noting(connection -> {
                    if (!store.isHeld(connection, unit, claim)) {
                        return false;
                    }
                    delivered.put(
                            connection, unit, counts, List.of(unit.objects().get(0)), false);
                    count(connection, unit, counts, 0);
                    if (!furtherBefore) {
                        ClaimTable.forgive(connection, claim);
                    }
                    return true;
                });
        if (!held) {
            throw lost(unit);
        }
        counted.put(unit, counts);
    }

    /**
     * The destination has accepted the unit: it is delivered, on disk, before this returns. Does nothing when it is
     * recorded already, or the claim is another replica's by now.
     */
    @Override
    public boolean confirm(Exchange exchange, String key) {
        Delivered unit = unit(exchange);
        String claim = claims.get(unit);
        if (claim == null) {
            // The route has done it; the consumer comes after.
            return true;
        }
        GroupCommit.Outcome outcome = commits.record(unit, claim);
        if (outcome == GroupCommit.Outcome.LOST) {
            lost(unit);
        } else {
            claims.remove(unit);
            counted.remove(unit);
        }
        further.remove(claim);
        if (outcome == GroupCommit.Outcome.RECORDED) {
            unit.recorded();
            return true;
        }
        return false;
    }

    private void count(Connection connection, Delivered unit, Counts counts, long objects) throws SQLException {
        pulse.count(connection, unit.lane().toString(), objects, counts.minus(counted.getOrDefault(unit, Counts.NONE)));
    }

    private ConnectorException lost(Delivered unit) {
        ConnectorException reason = new ConnectorException(
                "cursor %s, lane %s: the claim on %s is lost, since it was not renewed in time or the cursor was reset. Another replica or a later run delivers it again from its last checkpoint."
                        .formatted(store.subject(), unit.lane(), unit));
        unit.elsewhere();
        if (claims.remove(unit) != null) {
            LOG.warn("{}", reason.getMessage());
        }
        return reason;
    }

    /** The unit has failed: another replica may have it. Does nothing when it is recorded already. */
    @Override
    public boolean remove(Exchange exchange, String key) {
        counted.remove(unit(exchange));
        String claim = claims.remove(unit(exchange));
        if (claim == null) {
            return true;
        }
        further.remove(claim);
        try {
            return store.noting(connection -> {
                ClaimTable.release(connection, claim);
                return true;
            });
        } catch (ConnectorException e) {
            // It is not renewed any more and expires.
            return false;
        }
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
    public void close() {
        store.explained("cannot be closed", () -> {
            store.close();
            return true;
        });
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
}
