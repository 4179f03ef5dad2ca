package com.bytefreezer.connector.lane;

import com.bytefreezer.connector.cursor.Counts;
import com.bytefreezer.connector.cursor.Position;
import com.bytefreezer.connector.cursor.Suspects;
import com.bytefreezer.connector.delivery.Unit;
import com.bytefreezer.connector.lake.AwsKeys;
import com.bytefreezer.connector.lake.Credentials;
import com.bytefreezer.connector.lake.Lake;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.query.DuckDb;
import com.bytefreezer.connector.query.LookupTables;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Everything that one run of an export has open, and its state. Safe for use by several threads. A thread that holds
 * the run's lock may take the lock of its {@link LeftOver}, {@link RunTally} or units, not the other way round.
 */
final class Run implements AutoCloseable {
    final Lake lake;
    /** Partitions that ended before are not listed; {@link Instant#MIN}: all are. */
    final Instant since;

    final Listing listing;
    final Position position;
    /** The objects that may have killed earlier processes. */
    final Suspects suspects;

    final LeftOver leftOver = new LeftOver();
    final RunTally tally;
    private final boolean awaitsOthers;
    private final LookupTables lookups;
    private final Progress bar;

    /**
     * Held while new keys are fetched, which may take long. Not the run's own lock, because others read the progress.
     */
    private final Object keys = new Object();

    private @Nullable Credentials credentials;
    private boolean keysRefetched;
    private boolean keysRefused;

    private @Nullable DuckDb duckDb;
    private @Nullable Alone alone;
    private boolean discovered;
    private boolean smallObjects;
    private long typicalBytes;

    /**
     * The result of a run so far.
     *
     * @param objects how many are delivered
     * @param listed whether the lake could be listed
     * @param undelivered how many objects the run has seen and not delivered
     * @param oldestUndelivered the LastModified of the oldest of them, or null
     */
    record Result(
            long objects,
            Counts counts,
            boolean listed,
            long undelivered,
            @Nullable Instant oldestUndelivered) {
        /** The run could not even start. */
        static final Result NONE = new Result(0, Counts.NONE, false, 0, null);
    }

    /**
     * A unit with a DuckDB and all memory to itself.
     *
     * @param end called when it is done
     */
    private record Alone(Unit unit, DuckDb duckDb, Runnable end) {}

    /**
     * A new run.
     *
     * @param subject the first words of its messages
     * @param awaitsOthers whether it waits for units that another replica has claimed
     * @param lookups in the versions that all of it is read with
     */
    Run(
            String subject,
            Lake lake,
            Instant since,
            @Nullable Credentials credentials,
            Position position,
            Suspects suspects,
            boolean awaitsOthers,
            LookupTables lookups,
            Progress bar) {
        this.lake = lake;
        this.since = since;
        this.credentials = credentials;
        this.position = position;
        this.suspects = suspects;
        this.awaitsOthers = awaitsOthers;
        this.lookups = lookups;
        this.bar = bar;
        listing = new Listing(lake.objects(since), lake::unlisted);
        tally = new RunTally(subject, listing, leftOver, bar);
    }

    LookupTables lookups() {
        return lookups;
    }

    synchronized @Nullable Credentials credentials() {
        return credentials;
    }

    /** Fetches new keys once in a run; objects that are read at the same time wait for them. */
    void refetchKeys(Supplier<@Nullable Credentials> source) {
        synchronized (keys) {
            synchronized (this) {
                if (keysRefetched) {
                    return;
                }
                keysRefetched = true;
            }
            Credentials fresh = source.get();
            if (fresh != null) {
                replaceKeys(fresh);
            }
        }
    }

    /** Whether objects wait for new keys. */
    synchronized boolean keysAreRefused() {
        return keysRefused && !keysRefetched;
    }

    /** The lake refuses the keys that the run began with. */
    private void replaceKeys(Credentials fresh) {
        synchronized (this) {
            credentials = fresh;
        }
        duckDb().replaceKeys(fresh, AwsKeys.resolve(fresh));
    }

    synchronized void use(DuckDb opened) {
        duckDb = opened;
    }

    synchronized boolean hasDuckDb() {
        return duckDb != null;
    }

    synchronized DuckDb duckDb() {
        if (alone != null) {
            return alone.duckDb;
        }
        if (duckDb == null) {
            throw new IllegalStateException("DuckDB is not open");
        }
        return duckDb;
    }

    /** Closes DuckDB until the next turn; no unit may be under way. */
    synchronized void closeDuckDb() {
        if (duckDb != null) {
            duckDb.close();
            duckDb = null;
        }
    }

    /** Whether the first objects are small. */
    synchronized boolean hasSmallObjects() {
        return smallObjects;
    }

    /** The median size of the first objects. */
    synchronized long typicalBytes() {
        return typicalBytes;
    }

    synchronized void firstObjects(List<LakeObject> first) {
        smallObjects = first.stream().allMatch(object -> object.size() < Units.BUNDLE_BYTES);
        typicalBytes = first.stream()
                .mapToLong(LakeObject::size)
                .sorted()
                .skip(first.size() / 2)
                .findFirst()
                .orElse(0);
    }

    /** Whether every unit has been found, except those in {@link #leftOver}. */
    synchronized boolean isDiscovered() {
        return discovered;
    }

    synchronized void discovered() {
        discovered = true;
    }

    synchronized boolean isAlone() {
        return alone != null;
    }

    /**
     * Takes the next unit that must be alone. No other unit may be under way.
     *
     * @param end called when the unit is done
     */
    synchronized Unit beginAlone(DuckDb itsOwn, Runnable end) {
        Unit unit = tally.begun(leftOver.takeAlone());
        alone = new Alone(unit, itsOwn, end);
        return unit;
    }

    private void endAlone() {
        if (alone != null) {
            Alone ended = alone;
            alone = null;
            ended.duckDb.close();
            ended.end.run();
        }
    }

    /** The first and the last {@code count} objects of the dataset; lists all of it. */
    List<LakeObject> sample(int count) {
        Deque<LakeObject> last = new ArrayDeque<>();
        List<LakeObject> first = new ArrayList<>();
        try (Stream<LakeObject> objects = lake.objects()) {
            objects.forEach(object -> {
                if (first.size() < count) {
                    first.add(object);
                    return;
                }
                last.add(object);
                if (last.size() > count) {
                    last.remove();
                }
            });
        }
        return Stream.concat(first.stream(), last.stream()).toList();
    }

    /**
     * Ends a unit of the run, successful or not.
     *
     * @param failure what ended it early; null if nothing
     */
    synchronized void done(Unit unit, @Nullable Throwable failure) {
        boolean wasAlone = alone != null && alone.unit.equals(unit);
        if (wasAlone) {
            endAlone();
        }
        done(unit, UnitOutcome.of(unit, failure, wasAlone, keysRefetched));
    }

    /** Acts on the outcome of a unit; the only place that distinguishes the outcomes. */
    synchronized void done(Unit unit, UnitOutcome outcome) {
        tally.ended(unit);
        if (outcome instanceof UnitOutcome.ReadOneByOne) {
            leftOver.oneByOne(unit);
        } else if (outcome instanceof UnitOutcome.ReadWithNewKeys) {
            keysRefused = true;
            leftOver.again(unit);
        } else if (outcome instanceof UnitOutcome.ReadAlone) {
            tally.interrupted(unit);
            leftOver.alone(unit.again());
        } else if (outcome instanceof UnitOutcome.Elsewhere) {
            tally.counted(unit);
            elsewhere(unit);
        } else if (outcome instanceof UnitOutcome.Delivered delivered) {
            tally.finished(unit);
            tally.delivered(unit, delivered.here());
        } else if (outcome instanceof UnitOutcome.NotRecorded failed) {
            tally.finished(unit);
            tally.notRecorded(unit, failed.why());
        } else if (outcome instanceof UnitOutcome.NotAccepted failed) {
            tally.finished(unit);
            tally.notAccepted(unit, failed.why());
        } else if (outcome instanceof UnitOutcome.Stopped) {
            tally.finished(unit);
            tally.stopped(unit);
        } else if (outcome instanceof UnitOutcome.Gone) {
            tally.finished(unit);
            tally.gone(unit);
        } else if (outcome instanceof UnitOutcome.Unread failed) {
            tally.finished(unit);
            tally.unread(unit, failed.trouble());
        } else if (outcome instanceof UnitOutcome.SetAside) {
            tally.setAside(unit);
        } else {
            throw new IllegalStateException("nothing is done about " + outcome);
        }
    }

    /**
     * Another replica has the unit. A full sync is left to that replica. For other units, a batch run waits for the
     * outcome or takes them over; in watch mode the next run looks again.
     */
    private void elsewhere(Unit unit) {
        if (awaitsOthers && unit.listing().isEmpty()) {
            leftOver.afterOthers(unit);
        } else {
            tally.elsewhere(unit);
        }
    }

    /** How far the watermark may move now; null if the run did not see the whole dataset. */
    @Nullable
    Instant watermark() {
        return since.equals(Instant.MIN) ? tally.deliveredUntil() : null;
    }

    @Override
    public void close() {
        synchronized (this) {
            endAlone();
        }
        bar.close();
        listing.close();
        lake.close();
        if (hasDuckDb()) {
            duckDb().close();
        }
    }
}
