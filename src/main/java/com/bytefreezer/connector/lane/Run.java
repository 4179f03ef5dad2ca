package com.bytefreezer.connector.lane;

import com.bytefreezer.connector.cursor.Counts;
import com.bytefreezer.connector.cursor.Cursor.Position;
import com.bytefreezer.connector.cursor.NewObjects;
import com.bytefreezer.connector.cursor.Suspects;
import com.bytefreezer.connector.delivery.Unit;
import com.bytefreezer.connector.lake.AwsKeys;
import com.bytefreezer.connector.lake.Credentials;
import com.bytefreezer.connector.lake.Lake;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.problem.StoppedException;
import com.bytefreezer.connector.query.DuckDb;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What one run of an export has open, has seen and has done. Safe for use by several threads. */
final class Run implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Run.class);
    private static final String SET_ASIDE =
            "the process ended three times while it was being delivered, the last time while nothing else was";
    static final String REST_UNDELIVERED = "The rest stays undelivered and the cursor before it.";
    private static final int MOST_UNLISTED = 5;

    /** After so many units in a row that the lake did not give, it is not asked for others. */
    private static final int MOST_UNREACHABLE = 3;

    private final String export;

    private final String destination;
    /** So do its messages begin. */
    private final String subject;

    final Lake lake;
    /** Partitions that ended before are not listed; {@link Instant#MIN}: all are. */
    final Instant since;

    final Listing listing;
    final Position position;
    /** What may be what earlier processes died of. */
    final Suspects suspects;

    private @Nullable Credentials credentials;
    private final boolean awaitsOthers;
    private final Instant started = Instant.now();
    private final Progress bar;

    /** Held while the keys are fetched anew, which may take long; not the run, since others ask how far it is. */
    final Object keys = new Object();

    private @Nullable DuckDb duckDb;
    /** Units that did not get through beside others, see {@link #beginAlone}. */
    private final Deque<Unit> toReadAlone = new ArrayDeque<>();

    private @Nullable Alone alone;
    private @Nullable Iterator<Unit> rest;
    private boolean keysRefetched;
    private boolean keysRefused;

    private boolean discovered;
    private @Nullable NewObjects found;
    private boolean smallObjects;
    private final List<List<LakeObject>> leftOver = new ArrayList<>();
    private Counts counts = Counts.NONE;
    private long delivered;
    /** Begun ones. */
    private long units;

    private int vanished;
    private int elsewhere;
    private boolean waitingForOthers;
    private final Unread unread = new Unread();
    private long undelivered;
    private @Nullable Throwable deliveryFailure;
    private @Nullable String lakeFailure;
    private int unreachableInARow;
    private @Nullable ConnectorException notRecorded;
    private boolean stopped;
    private @Nullable Instant oldestUndelivered;
    private @Nullable Instant oldestFolder;
    /** Begun and not done. */
    private final Set<Unit> open = new HashSet<>();

    /**
     * What came of a run, as far as it has come.
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
        /** The run could not even begin. */
        static final Result NONE = new Result(0, Counts.NONE, false, 0, null);
    }

    /**
     * A unit that has a DuckDB and all memory for itself.
     *
     * @param end given back when it is done
     */
    private record Alone(Unit unit, DuckDb duckDb, Runnable end) {}

    Run(
            String export,
            String destination,
            String subject,
            Lake lake,
            Instant since,
            @Nullable Credentials credentials,
            Position position,
            Suspects suspects,
            boolean awaitsOthers,
            Progress bar) {
        this.export = export;
        this.destination = destination;
        this.subject = subject;
        this.lake = lake;
        this.since = since;
        this.credentials = credentials;
        this.position = position;
        this.suspects = suspects;
        this.awaitsOthers = awaitsOthers;
        this.bar = bar;
        listing = new Listing(lake.objects(since), lake::unlisted);
    }

    synchronized @Nullable Credentials credentials() {
        return credentials;
    }

    /** The lake refuses the keys that the run began with. */
    void replaceKeys(Credentials anew) {
        synchronized (this) {
            credentials = anew;
        }
        duckDb().replaceKeys(anew, AwsKeys.resolve(anew));
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

    /** Until the next turn; no unit is being worked on. */
    synchronized void closeDuckDb() {
        if (duckDb != null) {
            duckDb.close();
            duckDb = null;
        }
    }

    synchronized boolean isAlone() {
        return alone != null;
    }

    /** The units that are not found yet wait for the next turn. */
    synchronized void putOff(Iterator<Unit> units) {
        rest = units;
    }

    synchronized boolean hasRest() {
        return rest != null;
    }

    /** What was put off. */
    synchronized Iterator<Unit> takeRest() {
        Iterator<Unit> units = Objects.requireNonNull(rest);
        rest = null;
        return units;
    }

    synchronized boolean hasToReadAlone() {
        return !toReadAlone.isEmpty();
    }

    /** A unit is to be worked on when all others are done. */
    synchronized void readAlone(Unit unit) {
        toReadAlone.add(unit);
    }

    /** A unit that earlier processes died of is not worked on any more. */
    synchronized void setAside(Unit unit) {
        unread.add(unit, SET_ASIDE);
        LOG.error(
                "{}, object {}: it is set aside, since {}. It stays undelivered; the other objects go on. Look for what ended the process; then --mode replay lets the next run try it again, and so does a change of the object or of the query.",
                subject,
                unit,
                SET_ASIDE);
        unit.objects().forEach(this::undelivered);
    }

    /** The next unit that did not get through beside others. */
    synchronized Unit nextAlone() {
        return toReadAlone.element();
    }

    /**
     * The same, to be worked on while no other one is.
     *
     * @param end run when it is done
     */
    synchronized Unit beginAlone(DuckDb itsOwn, Runnable end) {
        Unit unit = begun(toReadAlone.remove());
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

    /** The first and the last {@code count} objects of the dataset; lists it. */
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

    /** Whether the keys may be fetched anew: once in a run. */
    synchronized boolean mayRefetchKeys() {
        boolean first = !keysRefetched;
        keysRefetched = true;
        return first;
    }

    /** Whether objects wait for new keys. */
    synchronized boolean keysAreRefused() {
        return keysRefused && !keysRefetched;
    }

    /** Whether going on is in vain, because the destination, the cursor or the lake has failed. */
    synchronized boolean isAborted() {
        return deliveryFailure != null || notRecorded != null || lakeFailure != null;
    }

    /** The lake does not answer: nothing more is begun. */
    synchronized void giveUpLake(String why) {
        lakeFailure = lakeFailure == null ? why : lakeFailure;
    }

    /** Whether the objects seen first are small ones. */
    synchronized boolean hasSmallObjects() {
        return smallObjects;
    }

    synchronized void smallObjects(boolean small) {
        smallObjects = small;
    }

    /** The run ends before everything it has listed is worked on. */
    synchronized void stopped() {
        stopped = true;
    }

    /** What the run looks for new objects with. */
    synchronized NewObjects found(NewObjects looking) {
        found = looking;
        return looking;
    }

    /** Whether every unit has been found, save what is {@link #leftOver}. */
    synchronized boolean isDiscovered() {
        return discovered;
    }

    synchronized void discovered() {
        discovered = true;
    }

    synchronized boolean hasLeftOver() {
        return rest != null || !leftOver.isEmpty() || !toReadAlone.isEmpty();
    }

    /** Whether there is something left over that need not be read alone. */
    synchronized boolean hasMoreTogether() {
        return !leftOver.isEmpty();
    }

    /** What the bundles that could not be read are to be cut into, and what other replicas had claimed; once. */
    synchronized List<List<LakeObject>> leftOver() {
        List<List<LakeObject>> taken = List.copyOf(leftOver);
        leftOver.clear();
        waitingForOthers = false;
        return taken;
    }

    /** Whether some of what is left over was claimed by another replica a moment ago. */
    synchronized boolean isWaitingForOthers() {
        return waitingForOthers;
    }

    synchronized boolean hasBegunNothing() {
        return units == 0;
    }

    Instant started() {
        return started;
    }

    /** A unit is about to be worked on. */
    synchronized Unit begun(Unit unit) {
        open.add(unit);
        units++;
        return unit;
    }

    /** What is done, also of the units that are not done yet. */
    synchronized RunProgress progress() {
        Counts all = open.stream().map(Unit::ofThisRun).reduce(counts, Counts::plus);
        return new RunProgress(delivered, all);
    }

    /** A unit is done, well or not. */
    synchronized void done(Unit unit, @Nullable Throwable failure) {
        open.remove(unit);
        boolean wasAlone = alone != null && alone.unit.equals(unit);
        if (wasAlone) {
            endAlone();
        }
        if (unit.isElsewhere()) {
            elsewhere(unit);
            return;
        }
        if (failure != null
                && unit.isBundle()
                && unit.counts().settled() == 0
                && !unit.hasDeliveryFailed()
                && unit.notRecorded().isEmpty()) {
            unit.objects().forEach(object -> leftOver.add(List.of(object)));
            return;
        }
        if (failure != null && !keysRefetched && isRefusedAtItsBegin(unit, failure)) {
            keysRefused = true;
            leftOver.add(unit.objects());
            return;
        }
        if (failure != null && !wasAlone && mayBeReadAgain(unit, failure)) {
            // It goes on after these.
            counts = counts.plus(unit.ofThisRun().onlySettled());
            toReadAlone.add(unit.again());
            return;
        }
        counts = counts.plus(unit.ofThisRun());
        bar.unitDone(unit);
        if (unit.notRecorded().isPresent()) {
            notRecorded = unit.notRecorded().get();
            unit.objects().forEach(this::undelivered);
            return;
        }
        if (failure == null) {
            unreachableInARow = 0;
            // Else another replica has delivered it.
            if (unit.isRecorded()) {
                delivered +=
                        unit.objects().stream().filter(LakeObject::isCounted).count();
            }
            return;
        }
        if (failure instanceof StoppedException) {
            stopped = true;
        } else if (unit.hasDeliveryFailed()) {
            deliveryFailure = deliveryFailure == null ? failure : deliveryFailure;
        } else if (Trouble.of(failure) == Trouble.GONE) {
            vanished += unit.objects().size();
            LOG.info(
                    "{}, object {}: it was listed and is gone, probably by the bucket's lifecycle. Skipped.",
                    subject,
                    unit);
            return;
        } else {
            unread(unit, Trouble.of(failure), failure);
        }
        unit.objects().forEach(this::undelivered);
    }

    private void unread(Unit unit, Trouble trouble, Throwable failure) {
        String reason = trouble.reason(failure);
        unread.add(unit, reason);
        if (trouble == Trouble.UNREACHABLE) {
            if (++unreachableInARow >= MOST_UNREACHABLE) {
                giveUpLake(reason);
            }
            // It says nothing of the object.
            LOG.debug("{}, object {}: {}", subject, unit, reason);
            return;
        }
        unreachableInARow = 0;
        if (unread.isFew()) {
            LOG.warn(
                    "{}, {}: {} It stays undelivered and is tried again at the next run{}.",
                    subject,
                    unit.isWhole() ? unit : "object " + unit,
                    sentence(reason),
                    unit.isWhole() ? "" : "; the other objects go on");
        }
    }

    /** Footers are read ahead, so keys may be good for them and refused for the records. */
    private static boolean isRefusedAtItsBegin(Unit unit, Throwable failure) {
        return Trouble.of(failure) == Trouble.FORBIDDEN
                && unit.listing().isEmpty()
                && unit.counts().selected() == 0
                && unit.notRecorded().isEmpty();
    }

    /** Whether nothing of it would be delivered twice. */
    private static boolean mayBeReadAgain(Unit unit, Throwable failure) {
        return Trouble.of(failure).isWorthReadingAlone(unit.counts().selected() > 0)
                && !unit.hasDeliveryFailed()
                && unit.notRecorded().isEmpty()
                && (unit.isResumable() || unit.counts().selected() == 0);
    }

    /**
     * A unit is another replica's. A full sync is that one's alone; of other units a batch run waits for the outcome, or
     * takes them over, while in watch mode the next run looks again.
     */
    private void elsewhere(Unit unit) {
        counts = counts.plus(unit.ofThisRun());
        if (awaitsOthers && unit.listing().isEmpty()) {
            leftOver.add(unit.objects());
            waitingForOthers = true;
            return;
        }
        elsewhere += unit.objects().size();
        unit.objects().forEach(this::undelivered);
    }

    /** Another one after each step that the run has made. */
    synchronized long steps() {
        long begun = open.stream()
                .map(Unit::counts)
                .mapToLong(unit -> unit.selected() + unit.settled())
                .sum();
        return listing.count() + begun + counts.selected() + counts.settled() + delivered + units;
    }

    /** How far the watermark may move now; null when the run did not see the whole dataset. */
    @Nullable
    Instant watermark() {
        return since.equals(Instant.MIN) ? deliveredUntil() : null;
    }

    /** Every object up to here that the run was to list is delivered; null when it did not come to all of them. */
    synchronized @Nullable Instant deliveredUntil() {
        if (stopped || isAborted() || !listing.isComplete() || hasLeftOver()) {
            return null;
        }
        // A clock that is ahead, and is put right, must not leave what comes later behind the look-back.
        Instant newest = listing.newest().isAfter(started) ? started : listing.newest();
        return oldestUndelivered != null && oldestUndelivered.isBefore(newest) ? oldestUndelivered : newest;
    }

    /** Where the oldest partition begins that has an object which is not delivered; null when there is none. */
    synchronized @Nullable Instant oldestFolder() {
        return oldestFolder;
    }

    /** Objects that are new, but that the run will not come to. */
    synchronized void missed(List<LakeObject> objects) {
        objects.forEach(this::undelivered);
    }

    synchronized Result result() {
        Instant oldest = Stream.concat(
                        open.stream().flatMap(unit -> unit.objects().stream()).map(LakeObject::lastModified),
                        Stream.ofNullable(oldestUndelivered))
                .min(Instant::compareTo)
                .orElse(null);
        long begun = open.stream().mapToLong(unit -> unit.objects().size()).sum();
        return new Result(delivered, counts, !listing.isBroken(), begun + undelivered, oldest);
    }

    /**
     * Says what the run did.
     *
     * @throws ConnectorException when not everything is delivered
     */
    synchronized void report(String how) throws StoppedException {
        String summary = String.format(
                Locale.ROOT,
                "export %s: %,d objects, %,d records selected, %,d accepted by %s, %,d duplicates, %,d dead-lettered in %.1f s (%s)",
                export,
                delivered,
                counts.selected(),
                counts.accepted(),
                destination,
                counts.duplicates(),
                counts.deadLettered(),
                Duration.between(started, Instant.now()).toMillis() / 1000.0,
                how);
        if (vanished > 0) {
            summary += ", %d objects gone".formatted(vanished);
        }
        if (elsewhere > 0) {
            summary += ", %d objects are another replica's".formatted(elsewhere);
        }
        boolean idle = delivered == 0 && counts.equals(Counts.NONE) && vanished == 0 && elsewhere == 0;
        if (idle && !awaitsOthers) {
            // In watch mode that is nearly always so.
            LOG.debug("{}.", summary);
        } else {
            LOG.info("{}.", summary);
        }
        if (found != null) {
            report(found);
        }
        if (notRecorded != null) {
            throw notRecorded;
        }
        if (deliveryFailure != null) {
            throw Failures.known(deliveryFailure).of(subject, REST_UNDELIVERED);
        }
        if (lakeFailure != null) {
            throw new ConnectorException(
                            "%s does not answer (%s).".formatted(lake.place(), withoutStop(lakeFailure)),
                            REST_UNDELIVERED,
                            "Check the lake and the network.",
                            null)
                    .of(subject, REST_UNDELIVERED);
        }
        if (stopped || hasLeftOver()) {
            throw new StoppedException();
        }
        if (!unread.isEmpty()) {
            throw of("%s.%s".formatted(unread, unlisted()));
        }
        if (!listing.unlisted().isEmpty()) {
            throw of(unlisted().strip());
        }
    }

    private ConnectorException of(String what) {
        return new ConnectorException(what).of(subject, "");
    }

    private String unlisted() {
        List<String> all = listing.unlisted();
        return all.isEmpty()
                ? ""
                : " %d folders or files could not be looked into: %s%s. What is there stays undelivered and the cursor before it; the rest is delivered. Mend or remove them."
                        .formatted(
                                all.size(),
                                String.join(", ", all.subList(0, Math.min(MOST_UNLISTED, all.size()))),
                                all.size() > MOST_UNLISTED ? " and more" : "");
    }

    private void report(NewObjects found) {
        if (found.beforeStart() > 0) {
            LOG.info(
                    "{}: {} objects were there before this export began and are not delivered. --mode replay --from --to delivers some of them.",
                    subject,
                    found.beforeStart());
        }
        found.replacedExample()
                .ifPresent(example -> LOG.warn(
                        "{}: {} objects were delivered before and have other bytes now, such as {}; they are delivered as new ones.",
                        subject,
                        found.replaced(),
                        example.key()));
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

    private void undelivered(LakeObject object) {
        undelivered++;
        Instant lastModified = object.lastModified();
        Instant folder = object.folderTime().orElse(null);
        if (folder != null && (oldestFolder == null || folder.isBefore(oldestFolder))) {
            oldestFolder = folder;
        }
        if (oldestUndelivered == null || lastModified.isBefore(oldestUndelivered)) {
            oldestUndelivered = lastModified;
        }
    }

    private static String withoutStop(String text) {
        return text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
    }

    private static String sentence(String text) {
        return text.endsWith(".") ? text : text + ".";
    }
}
