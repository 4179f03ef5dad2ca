package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.cursor.DeliveredObjects.Checkpoint;
import com.bytefreezer.connector.cursor.KnownObjects.Match;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.problem.ConnectorException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.Exchange;
import org.apache.camel.spi.IdempotentRepository;
import org.apache.camel.support.service.ServiceSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Knows what is delivered: Camel's idempotent repository over a {@link Store}. Gives access to everything else in the
 * store. Safe for use by several threads.
 *
 * <p>A unit is claimed ({@link #add}) before it is worked on, and then recorded as delivered ({@link #confirm}) or
 * released ({@link #remove}). Only the holder of the claim can write.
 *
 * <p>A commit of a whole unit is on disk when the call returns. A checkpoint inside a unit survives the death of the
 * process, not of the machine: after a power cut some batches may be sent again.
 */
public final class Cursor extends ServiceSupport implements IdempotentRepository, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Cursor.class);

    /** The exchange variable with the {@link Delivered} unit. */
    public static final String UNIT = "unit";

    private final Store store;
    private final Lanes lanes;
    private final KnownColumns columns;
    private final GroupCommit commits;
    private final Pulse pulse;
    private final LaneQueries queries;
    private final @Nullable Renewal renewal;
    /** The units in work in this process, each with the name of its claim. */
    private final Map<Delivered, String> claims = new ConcurrentHashMap<>();
    /** The counts of each unit that are in its run's row already. */
    private final Map<Delivered, Counts> counted = new ConcurrentHashMap<>();

    /** Those that have made progress since their start. */
    private final Set<String> further = ConcurrentHashMap.newKeySet();

    private enum Claim {
        MINE,
        DELIVERED,
        ELSEWHERE
    }

    /** A cursor over a store; closes the store. */
    Cursor(Store store, Scope scope) {
        this.store = store;
        lanes = new Lanes(store, scope);
        columns = new KnownColumns(store);
        pulse = new Pulse(store);
        queries = new LaneQueries(store, pulse.name());
        commits = new GroupCommit(store, this::count);
        renewal = store.claims()
                .lease()
                .map(lease -> new Renewal(store, lease, claims::values))
                .orElse(null);
    }

    /** Opens the store that the settings name, or creates it. */
    public static Cursor open(Settings settings) {
        return open(StoreAddress.of(settings), Scope.of(settings));
    }

    /**
     * Opens the embedded store, or creates it. Refuses a second process on the same file.
     *
     * @param file its name; for the original's {@code cursor.json}, the store is {@code cursor.db} beside it, and that
     *     file is left unchanged
     * @param lookback how long after the watermark an object may still appear in a partition before the connector lists
     *     that partition less often
     */
    public static Cursor open(Path file, Duration lookback) {
        return open(SqliteAddress.of(file), new Scope("", lookback));
    }

    private static Cursor open(StoreAddress address, Scope scope) {
        boolean isNew = !address.mayExist();
        Cursor cursor = new Cursor(address.open(), scope);
        if (isNew) {
            LOG.info(
                    "cursor {}: it is new. The connector delivers everything from cursor.start on.", address.subject());
        }
        return cursor;
    }

    /** The progress of each lane. */
    public Lanes lanes() {
        return lanes;
    }

    /** The known columns of each dataset. */
    public KnownColumns columns() {
        return columns;
    }

    /** The heartbeats of this process and others. */
    public Pulse pulse() {
        return pulse;
    }

    /** The present and former queries of the lanes. */
    public LaneQueries queries() {
        return queries;
    }

    /** The runs of each lane; uses connections of its own. */
    public History history() {
        return new History(new Visit(store.address()));
    }

    /** What people have been told of lanes; opens its own connections. */
    public Alerts alerts() {
        return new Alerts(new Visit(store.address()));
    }

    /** The versions of lookups that each lane uses; opens its own connections. */
    public LaneLookups lookups() {
        return new LaneLookups(new Visit(store.address()));
    }

    /** Why the store does not answer at the moment; empty if it does, or if this is not known yet. */
    public Optional<String> trouble() {
        return store.trouble();
    }

    /**
     * Checks that deliveries can be recorded now; otherwise each try would repeat them.
     *
     * @throws ConnectorException if there is no room
     */
    public void requireRoom() {
        store.explained("cannot be written", () -> {
            if (store.room().isPresent()) {
                store.room().get().require();
            }
            return true;
        });
    }

    /** Announces a stop. A stop may cut off deliveries, and this must not make their objects suspects. */
    public void stopping() {
        List<String> held = List.copyOf(claims.values());
        if (held.isEmpty()) {
            return;
        }
        try {
            store.noting(sql -> {
                for (String claim : held) {
                    ClaimTable.forgive(sql, claim);
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
        return unit.listing().isEmpty() && store.reading(sql -> undelivered(sql, unit) == 0);
    }

    /** Claims the unit for this process, unless it is delivered by now or belongs to another replica. */
    @Override
    public boolean add(Exchange exchange, String key) {
        Delivered unit = unit(exchange);
        String claim = UUID.randomUUID().toString();
        Claim outcome;
        try {
            outcome = store.claiming(sql -> claim(sql, unit, claim));
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

    private Claim claim(Sql sql, Delivered unit, String claim) throws SQLException {
        if (!store.claims().take(sql, unit, claim)) {
            return Claim.ELSEWHERE;
        }
        // The run looked them up a while ago.
        Claim outcome = stillToDeliver(sql, unit);
        if (outcome == Claim.MINE) {
            Checkpoint checkpoint = DeliveredObjects.checkpoint(sql, unit);
            unit.claimed(checkpoint.counts(), checkpoint.former(), checkpoint.query(unit));
        } else {
            ClaimTable.release(sql, claim);
        }
        return outcome;
    }

    private Claim stillToDeliver(Sql sql, Delivered unit) throws SQLException {
        if (unit.listing().isPresent()) {
            String before =
                    LaneTable.find(sql, unit.lane()).map(Position::listing).orElse(null);
            return Objects.equals(before, unit.listingBefore().orElse(null)) ? Claim.MINE : Claim.DELIVERED;
        }
        int left = undelivered(sql, unit);
        if (left == 0) {
            return Claim.DELIVERED;
        }
        return left == unit.objects().size() ? Claim.MINE : Claim.ELSEWHERE;
    }

    private static int undelivered(Sql sql, Delivered unit) throws SQLException {
        Optional<Integer> number = LaneTable.findNumber(sql, unit.lane());
        List<LakeObject> objects = unit.objects();
        int left = 0;
        for (int from = 0; from < objects.size(); from += NewObjects.MANY) {
            List<LakeObject> some = objects.subList(from, Math.min(objects.size(), from + NewObjects.MANY));
            left += number.isEmpty()
                    ? some.size()
                    : (int) NewObjects.match(sql, unit.lane(), number.get(), some, new ArrayList<>()).values().stream()
                            .filter(match -> match != Match.KNOWN)
                            .count();
        }
        return left;
    }

    /**
     * Records how much of its object {@code unit} has delivered.
     *
     * @throws ConnectorException if the store fails, or the unit belongs to another replica by now
     */
    public void checkpoint(Delivered unit) {
        String claim = claims.get(unit);
        boolean furtherBefore = claim == null || !further.add(claim);
        Counts counts = unit.counts();
        boolean held = claim != null
                && store.noting(sql -> {
                    if (!store.claims().isHeld(sql, unit, claim)) {
                        return false;
                    }
                    DeliveredObjects.put(
                            sql, unit, counts, List.of(unit.objects().get(0)), false);
                    count(sql, unit, counts, 0);
                    if (!furtherBefore) {
                        ClaimTable.forgive(sql, claim);
                    }
                    return true;
                });
        if (!held) {
            throw lost(unit);
        }
        counted.put(unit, counts);
    }

    /**
     * Records that the destination has accepted the unit; it is on disk when this returns. Does nothing if it is
     * recorded already, or if another replica has the claim by now.
     */
    @Override
    public boolean confirm(Exchange exchange, String key) {
        Delivered unit = unit(exchange);
        String claim = claims.get(unit);
        if (claim == null) {
            // The route's last step has done it; Camel's consumer calls this after that step.
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

    private void count(Sql sql, Delivered unit, Counts counts, long objects) throws SQLException {
        pulse.count(sql, unit.lane(), objects, counts.minus(counted.getOrDefault(unit, Counts.NONE)));
    }

    private ConnectorException lost(Delivered unit) {
        ConnectorException reason = new ConnectorException(
                "cursor %s, lane %s: the claim on %s is lost: it was not renewed in time, or the cursor was reset. Another replica or a later run delivers it again from its last checkpoint."
                        .formatted(store.address().subject(), unit.lane(), unit));
        unit.elsewhere();
        if (claims.remove(unit) != null) {
            LOG.warn("{}", reason.getMessage());
        }
        return reason;
    }

    /** Releases a unit that has failed, for another replica or a later run. Does nothing if it is recorded already. */
    @Override
    public boolean remove(Exchange exchange, String key) {
        counted.remove(unit(exchange));
        String claim = claims.remove(unit(exchange));
        if (claim == null) {
            return true;
        }
        further.remove(claim);
        try {
            return store.noting(sql -> {
                ClaimTable.release(sql, claim);
                return true;
            });
        } catch (ConnectorException e) {
            // No one renews it now, and it expires.
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
        lanes.reset();
    }

    @Override
    public void close() {
        if (renewal != null) {
            renewal.close();
        }
        store.explained("cannot be closed", () -> {
            store.close();
            return true;
        });
    }

    private static Delivered unit(Exchange exchange) {
        return exchange.getVariable(UNIT, Delivered.class);
    }
}
