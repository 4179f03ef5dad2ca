package com.bytefreezer.connector.lane;

import com.bytefreezer.connector.cursor.Counts;
import com.bytefreezer.connector.cursor.NewObjects;
import com.bytefreezer.connector.delivery.Unit;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.problem.Problem.Kind;
import com.bytefreezer.connector.problem.StoppedException;
import com.bytefreezer.connector.signs.Moment;
import com.bytefreezer.connector.text.PlainText;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a run has done and has not done, and its report at the end. Safe for use by several threads. */
final class RunTally {
    private static final Logger LOG = LoggerFactory.getLogger(RunTally.class);
    static final String REST_UNDELIVERED = "The rest stays undelivered; the cursor stays before it.";
    private static final String SET_ASIDE =
            "the process ended three times while it was being delivered, the last time while nothing else was";
    private static final int MOST_UNLISTED = 5;

    /** The run gives the lake up after this many units in a row that the lake did not provide. */
    private static final int MOST_UNREACHABLE = 3;

    /** The first words of its messages. */
    private final String subject;

    private final Listing listing;
    private final LeftOver leftOver;
    private final Progress bar;
    private final Moment started = Moment.now();

    /** Units that have started and not ended. */
    private final Set<Unit> open = new HashSet<>();

    private Counts counts = Counts.NONE;
    private long delivered;
    /** The number of started units. */
    private long units;

    private int vanished;
    private int elsewhere;
    private final Unread unread = new Unread();
    private long undelivered;
    private int unreachableInARow;
    private boolean stopped;
    private @Nullable Throwable notAccepted;
    private @Nullable String lakeFailure;
    private @Nullable ConnectorException notRecorded;
    private @Nullable NewObjects found;
    private @Nullable Instant oldestUndelivered;
    private @Nullable Instant oldestFolder;

    RunTally(String subject, Listing listing, LeftOver leftOver, Progress bar) {
        this.subject = subject;
        this.listing = listing;
        this.leftOver = leftOver;
        this.bar = bar;
    }

    Instant started() {
        return started.time();
    }

    synchronized boolean hasBegunNothing() {
        return units == 0;
    }

    /** A unit starts. */
    synchronized Unit begun(Unit unit) {
        open.add(unit);
        units++;
        return unit;
    }

    /** A unit has ended. */
    synchronized void ended(Unit unit) {
        open.remove(unit);
    }

    /** Counts the settled records of a unit that will continue after them. */
    synchronized void interrupted(Unit unit) {
        counts = counts.plus(unit.ofThisRun().onlySettled());
    }

    /** Counts the records of a unit that the run does not return to. */
    synchronized void finished(Unit unit) {
        counted(unit);
        bar.unitDone(unit);
    }

    /** Counts the records of a unit. */
    synchronized void counted(Unit unit) {
        counts = counts.plus(unit.ofThisRun());
    }

    /** @param here whether this process has recorded it */
    synchronized void delivered(Unit unit, boolean here) {
        unreachableInARow = 0;
        if (here) {
            delivered += unit.objects().stream().filter(LakeObject::isCounted).count();
        }
    }

    /** The run leaves a unit to another replica. */
    synchronized void elsewhere(Unit unit) {
        elsewhere += unit.objects().size();
        missed(unit.objects());
    }

    /** The cursor could not record a unit. */
    synchronized void notRecorded(Unit unit, ConnectorException why) {
        notRecorded = why;
        missed(unit.objects());
    }

    /** The destination did not accept a unit. The first reason counts. */
    synchronized void notAccepted(Unit unit, Throwable why) {
        notAccepted = notAccepted == null ? why : notAccepted;
        missed(unit.objects());
    }

    /** A stop interrupted a unit. */
    synchronized void stopped(Unit unit) {
        stopped = true;
        missed(unit.objects());
    }

    /** A stop ends the run before all listed objects are delivered. */
    synchronized void stopped() {
        stopped = true;
    }

    /** The objects of a unit are no longer there. */
    synchronized void gone(Unit unit) {
        vanished += unit.objects().size();
        LOG.info(
                "{}, object {}: it was listed and is gone now, probably deleted by the bucket's lifecycle rules. Skipped.",
                subject,
                unit);
    }

    /** A unit that killed earlier processes is not delivered any more. */
    synchronized void setAside(Unit unit) {
        unread.add(unit, SET_ASIDE);
        LOG.error(
                "{}, object {}: it is set aside because {}. It stays undelivered; the other objects go on. Find out why the process ended; then --mode replay, or a change of the object or the query, lets the next run try it again.",
                subject,
                unit,
                SET_ASIDE);
        missed(unit.objects());
    }

    /** A unit could not be read. */
    synchronized void unread(Unit unit, Trouble trouble) {
        String reason = trouble.reason();
        unread.add(unit, reason);
        missed(unit.objects());
        if (trouble.is(Kind.UNREACHABLE)) {
            if (++unreachableInARow >= MOST_UNREACHABLE) {
                giveUpLake(reason);
            }
            // The failure does not concern the object.
            LOG.debug("{}, object {}: {}", subject, unit, reason);
            return;
        }
        unreachableInARow = 0;
        if (unread.isFew()) {
            LOG.warn(
                    "{}, {}: {} It stays undelivered, and the next run tries it again{}.",
                    subject,
                    unit.isWhole() ? unit : "object " + unit,
                    PlainText.sentence(reason),
                    unit.isWhole() ? "" : "; the other objects go on");
        }
    }

    /** The lake does not answer: no further unit starts. */
    synchronized void giveUpLake(String why) {
        lakeFailure = lakeFailure == null ? why : lakeFailure;
    }

    /** Whether continuing is pointless, because the destination, the cursor or the lake has failed. */
    synchronized boolean isAborted() {
        return notAccepted != null || notRecorded != null || lakeFailure != null;
    }

    /** Keeps the run's search for new objects, for the report. */
    synchronized NewObjects found(NewObjects looking) {
        found = looking;
        return looking;
    }

    /** New objects that the run will not deliver. */
    synchronized void missed(List<LakeObject> objects) {
        undelivered += objects.size();
        for (LakeObject object : objects) {
            oldestUndelivered = earlier(oldestUndelivered, object.lastModified());
            oldestFolder = earlier(oldestFolder, object.folderTime().orElse(null));
        }
    }

    private static @Nullable Instant earlier(@Nullable Instant one, @Nullable Instant other) {
        return one == null || (other != null && other.isBefore(one)) ? other : one;
    }

    /** All listed objects up to this time are delivered; null if the run did not reach all of them. */
    synchronized @Nullable Instant deliveredUntil() {
        if (stopped || isAborted() || !listing.isComplete() || !leftOver.isEmpty()) {
            return null;
        }
        // A clock that was ahead for a while must not move later objects behind the look-back.
        Instant newest = listing.newest().isAfter(started()) ? started() : listing.newest();
        return earlier(newest, oldestUndelivered);
    }

    /** Where the oldest partition begins that has an object which is not delivered; null if there is none. */
    synchronized @Nullable Instant oldestFolder() {
        return oldestFolder;
    }

    /** The first objects that could not be read. */
    synchronized List<FailedObject> failed() {
        return unread.listed();
    }

    /** The progress, including units under way. */
    synchronized RunProgress progress() {
        Counts all = open.stream().map(Unit::ofThisRun).reduce(counts, Counts::plus);
        return new RunProgress(delivered, all, started.past());
    }

    /** A number that grows with each step of the run. */
    synchronized long steps() {
        long begun = open.stream()
                .map(Unit::counts)
                .mapToLong(unit -> unit.selected() + unit.settled())
                .sum();
        return listing.count() + begun + counts.selected() + counts.settled() + delivered + units;
    }

    synchronized Run.Result result() {
        Instant oldest = Stream.concat(
                        open.stream().flatMap(unit -> unit.objects().stream()).map(LakeObject::lastModified),
                        Stream.ofNullable(oldestUndelivered))
                .min(Instant::compareTo)
                .orElse(null);
        long begun = open.stream().mapToLong(unit -> unit.objects().size()).sum();
        return new Run.Result(delivered, counts, !listing.isBroken(), begun + undelivered, oldest);
    }

    /**
     * Logs what the run has done.
     *
     * @param how how the dataset was read
     * @param always also if there was nothing to do
     */
    synchronized void say(String export, String destination, String how, boolean always) {
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
                started.past().toMillis() / 1000.0,
                how);
        if (vanished > 0) {
            summary += ", %d objects gone".formatted(vanished);
        }
        if (elsewhere > 0) {
            summary += ", %d objects left to another replica".formatted(elsewhere);
        }
        boolean idle = delivered == 0 && counts.equals(Counts.NONE) && vanished == 0 && elsewhere == 0;
        if (idle && !always) {
            LOG.debug("{}.", summary);
        } else {
            LOG.info("{}.", summary);
        }
        if (found != null) {
            say(found);
        }
    }

    private void say(NewObjects all) {
        if (all.beforeStart() > 0) {
            LOG.info(
                    "{}: {} objects are older than the start of this export and are not delivered. --mode replay --from --to delivers a range of them.",
                    subject,
                    all.beforeStart());
        }
        all.replacedExample()
                .ifPresent(example -> LOG.warn(
                        "{}: {} objects have changed since they were delivered, such as {}; the connector delivers them as new ones.",
                        subject,
                        all.replaced(),
                        example.key()));
    }

    /**
     * Fails unless everything is delivered.
     *
     * @param lake where the objects are, for a person
     */
    synchronized void requireAllDelivered(String lake) throws StoppedException {
        if (notRecorded != null) {
            throw notRecorded;
        }
        if (notAccepted != null) {
            throw Failures.known(notAccepted).of(subject, REST_UNDELIVERED);
        }
        if (lakeFailure != null) {
            throw new ConnectorException(
                            "%s does not answer (%s).".formatted(lake, PlainText.withoutStop(lakeFailure)),
                            REST_UNDELIVERED,
                            "Check the lake and the network.",
                            null)
                    .of(subject, REST_UNDELIVERED);
        }
        if (stopped || !leftOver.isEmpty()) {
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
                : " %d folders or files could not be read: %s%s. Their objects stay undelivered, and the cursor stays before them; the rest is delivered. Repair or remove them."
                        .formatted(
                                all.size(),
                                String.join(", ", all.subList(0, Math.min(MOST_UNLISTED, all.size()))),
                                all.size() > MOST_UNLISTED ? " and more" : "");
    }
}
