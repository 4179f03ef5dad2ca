package com.bytefreezer.connector.delivery;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.cursor.Counts;
import com.bytefreezer.connector.cursor.Delivered;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.problem.ConnectorException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Records that are delivered and recorded together: those of one object, of a bundle of small objects, or of all
 * objects if the query needs them at once. Keeps their balance while batches are in flight. Safe for use by several
 * threads.
 */
public final class Unit implements Delivered {
    private static final long LOOK_AT_STOP_MS = 100;
    /** Is in no id of a query. */
    private static final char JOINED_WITH = '@';

    private final Lane lane;
    private final String tenant;
    private final String dataset;
    private final List<LakeObject> objects;
    private String query;
    private final @Nullable String listing;
    private final @Nullable String listingBefore;
    private final boolean repeatable;
    private final String key;
    private final long begun = System.nanoTime();
    /** Batches that were settled before an earlier one. */
    private final Map<Integer, Counts> ahead = new HashMap<>();

    private Counts settled = Counts.NONE;
    /** What an earlier run delivered. */
    private Counts settledBefore = Counts.NONE;

    private int nextToSettle;
    private long selected;
    private boolean ended;
    private boolean recorded;
    private boolean former;
    private boolean elsewhere;
    private @Nullable Throwable failure;
    private boolean deliveryFailed;
    private @Nullable ConnectorException notRecorded;

    /**
     * A unit; nothing of it is delivered, unless {@link #claimed} says otherwise.
     *
     * @param query identifies the query, and its lookups if it joins, see {@link #joined}
     * @param listing describes the whole dataset, if the unit covers it
     * @param listingBefore what {@code listing} was at the last delivery
     * @param repeatable whether each run gives the same records of an object in the same order
     */
    public Unit(
            Lane lane,
            String tenant,
            String dataset,
            List<LakeObject> objects,
            String query,
            @Nullable String listing,
            @Nullable String listingBefore,
            boolean repeatable) {
        this.lane = lane;
        this.tenant = tenant;
        this.dataset = dataset;
        this.objects = objects;
        this.query = query;
        this.listing = listing;
        this.listingBefore = listingBefore;
        this.repeatable = repeatable;
        // Computed once, because each batch asks for it and there may be many objects.
        this.key = lane.name() + " "
                + (listing != null
                        ? listing
                        : objects.stream().map(LakeObject::identity).collect(Collectors.joining("\n")));
    }

    /** A fresh copy, to be claimed again. */
    public Unit again() {
        return new Unit(lane, tenant, dataset, objects, query, listing, listingBefore, repeatable);
    }

    public String export() {
        return lane.name();
    }

    /** The export's part of record ids: the same for an export of this dataset alone and for a choice. */
    String exportOfIds() {
        return lane.export();
    }

    @Override
    public Lane lane() {
        return lane;
    }

    public String tenant() {
        return tenant;
    }

    public String dataset() {
        return dataset;
    }

    @Override
    public List<LakeObject> objects() {
        return objects;
    }

    /** The name of the object, or how many there are. */
    public String object() {
        return objects.size() == 1 ? objects.get(0).key() : objects.size() + " objects";
    }

    @Override
    public synchronized String query() {
        return query;
    }

    /** Identifies a query that joins lookups of this version; with another version it gives other records. */
    public static String joined(String query, String lookups) {
        return query + JOINED_WITH + lookups;
    }

    /** Whether its query joins lookups: then a row may give several records, and their number depends on the lookups. */
    public synchronized boolean isJoined() {
        return query.indexOf(JOINED_WITH) >= 0;
    }

    /** The query's part in the ids of records, independent of its lookups. */
    public synchronized String queryOfIds() {
        return isJoined() ? query.substring(0, query.indexOf(JOINED_WITH)) : query;
    }

    @Override
    public Optional<String> listing() {
        return Optional.ofNullable(listing);
    }

    @Override
    public Optional<String> listingBefore() {
        return Optional.ofNullable(listingBefore);
    }

    /**
     * Identifies the content of this unit, also among later runs of a query over the whole dataset. The same for every
     * destination.
     */
    public String key() {
        return key;
    }

    /** Whether each run gives the same records of an object in the same order. */
    public boolean isRepeatable() {
        return repeatable;
    }

    /** Whether delivery may continue inside the unit after a restart. */
    public boolean isResumable() {
        return repeatable && objects.size() == 1;
    }

    /** Whether it consists of all objects, for a query that needs them at once. */
    public boolean isWhole() {
        return objects.size() > 1 && !isBundle();
    }

    /** Whether these are small objects, read together only for speed. */
    public boolean isBundle() {
        return repeatable && objects.size() > 1;
    }

    @Override
    public synchronized Counts counts() {
        return new Counts(selected, settled.accepted(), settled.duplicates(), settled.deadLettered());
    }

    /** This run's part of {@link #counts}. */
    public synchronized Counts ofThisRun() {
        return counts().minus(new Counts(
                settledBefore.settled(),
                settledBefore.accepted(),
                settledBefore.duplicates(),
                settledBefore.deadLettered()));
    }

    public synchronized Optional<Throwable> failure() {
        return Optional.ofNullable(failure);
    }

    /** Whether every record of the query has been read. */
    public synchronized boolean hasEnded() {
        return ended;
    }

    synchronized void selected(int records) {
        selected += records;
    }

    synchronized void ended() {
        ended = true;
    }

    /** Records that a batch could not be delivered. The first failure counts. */
    public synchronized void failDelivery(Throwable reason) {
        deliveryFailed |= failure == null;
        failReading(reason);
    }

    /** Records that its records could not be read to the end. */
    synchronized void failReading(Throwable reason) {
        if (failure == null) {
            failure = reason;
        }
        notifyAll();
    }

    /** Whether the destination has failed. */
    public synchronized boolean hasDeliveryFailed() {
        return deliveryFailed;
    }

    /**
     * A batch is settled.
     *
     * @return whether the settled records without a gap are more than before
     */
    synchronized boolean settle(int batch, Counts counts) {
        ahead.put(batch, counts);
        int before = nextToSettle;
        for (Counts next = ahead.remove(nextToSettle); next != null; next = ahead.remove(nextToSettle)) {
            settled = settled.plus(next);
            nextToSettle++;
        }
        notifyAll();
        return nextToSettle > before;
    }

    /**
     * Waits until at most {@code most} batches up to this one are unsettled. This bounds what a crash repeats.
     *
     * @return whether to continue: false if a batch has failed or the run is {@code stopped}
     */
    boolean awaitSettled(int batch, int most, BooleanSupplier stopped) throws InterruptedException {
        // Called without the unit's lock: its implementation may wait for the unit, to add up the open units.
        while (!stopped.getAsBoolean()) {
            synchronized (this) {
                if (failure != null) {
                    return false;
                }
                if (batch - nextToSettle < most) {
                    return true;
                }
                wait(LOOK_AT_STOP_MS);
            }
        }
        return false;
    }

    /** Whether every batch before this one is settled. */
    synchronized boolean isTurn(int batch) {
        return nextToSettle >= batch;
    }

    /** When the unit was found, by {@link System#nanoTime}. */
    long begun() {
        return begun;
    }

    /** Waits until every batch before this one is settled. Batches start in order, so none waits for a later one. */
    synchronized void awaitTurn(int batch) throws InterruptedException {
        while (nextToSettle < batch) {
            if (failure != null) {
                throw new ConnectorException("an earlier batch of the same object has failed", failure);
            }
            wait();
        }
    }

    /** Identifies one of its objects in the ids of records and batches: the same wherever the dataset is stored. */
    synchronized String identity(int object) {
        LakeObject meant = objects.get(object);
        return former ? meant.formerIdentity() : "%s/%s/%s".formatted(tenant, dataset, meant.identity());
    }

    @Override
    public synchronized void claimed(Counts delivered, boolean former, String begunWith) {
        this.former = former;
        query = begunWith;
        if (isResumable()) {
            settled = delivered;
            settledBefore = delivered;
            selected = delivered.settled();
        }
    }

    @Override
    public synchronized void elsewhere() {
        elsewhere = true;
    }

    /** Whether another replica has it. */
    public synchronized boolean isElsewhere() {
        return elsewhere;
    }

    public synchronized boolean isRecorded() {
        return recorded;
    }

    @Override
    public synchronized void recorded() {
        recorded = true;
    }

    @Override
    public synchronized void notRecorded(ConnectorException why) {
        notRecorded = why;
    }

    public synchronized Optional<ConnectorException> notRecorded() {
        return Optional.ofNullable(notRecorded);
    }

    /** Its name in messages. */
    @Override
    public String toString() {
        return object();
    }
}
