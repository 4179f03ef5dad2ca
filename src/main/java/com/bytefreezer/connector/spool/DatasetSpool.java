package com.bytefreezer.connector.spool;

import com.bytefreezer.connector.disk.PrivateFiles;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.text.PlainText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What has arrived for one dataset: segments, of which the last one grows until it is sealed. Safe for use by several
 * threads; arrivals that come while others are written go to the disk together.
 */
public final class DatasetSpool {
    private static final Logger LOG = LoggerFactory.getLogger(DatasetSpool.class);

    private final Path folder;
    private final Room room;
    private final Clock clock;
    private final RecentIds ids = new RecentIds();
    private final LinkedBlockingQueue<Waiting> waiting = new LinkedBlockingQueue<>();
    /** Those with journals that only their ids keep, with the time of the last. */
    private final Map<Long, Long> packed = new TreeMap<>();

    private final Positions positions = new Positions();
    private final Deque<Segment> segments = new ArrayDeque<>();
    private SpoolState state;
    private boolean closed;
    /** In milliseconds; 0 for none. */
    private long lastArrival;

    private final LastMinute lastMinute = new LastMinute();
    private final LearnedShape learned;

    /** An arrival and what became of it; guarded by the spool of its dataset. */
    private static final class Waiting {
        private final Arrival arrival;
        private Arrival.@Nullable Outcome outcome;
        private @Nullable ConnectorException failure;

        private Waiting(Arrival arrival) {
            this.arrival = arrival;
        }
    }

    private DatasetSpool(Path folder, Room room, Clock clock, SpoolState state) {
        this.folder = folder;
        this.room = room;
        this.clock = clock;
        this.state = state;
        positions.add(state.positions());
        learned = new LearnedShape(folder, this::unpacked);
    }

    static DatasetSpool create(Path folder, Room room, Clock clock, SpoolState state) throws IOException {
        PrivateFiles.createFolders(folder);
        state.create(folder);
        return new DatasetSpool(folder, room, clock, state);
    }

    /** As the last process left it. */
    static DatasetSpool recover(Path folder, Room room, Clock clock) throws IOException {
        DatasetSpool spool = new DatasetSpool(folder, room, clock, SpoolState.read(folder));
        for (long number : Segment.numbers(folder)) {
            spool.recover(number);
        }
        spool.learned.recover(spool.state.packedThrough());
        spool.ids.begin(clock.millis());
        // While no process ran, nobody could repeat anything.
        spool.packed.replaceAll(
                (number, at) -> RecentIds.isRecent(at, spool.lastArrival) ? Long.valueOf(clock.millis()) : at);
        spool.forgetOldIds();
        return spool;
    }

    private void recover(long number) throws IOException {
        Journal journal = Journal.read(Segment.journal(folder, number));
        lastArrival = Math.max(lastArrival, journal.lastArrival());
        lastMinute.add(Journal.Line.START, journal.lines());
        if (number <= state.packedThrough()) {
            Segment.deleteData(folder, number);
            packed.put(number, journal.last().at());
            ids.add(journal);
        } else {
            Segment segment = Segment.recover(folder, number, journal, room.openFiles());
            // The disk may have less than the journal says.
            Journal there = Journal.read(Segment.journal(folder, number));
            ids.add(there);
            positions.add(there);
            segments.add(segment);
            room.take(segment.bytes());
        }
    }

    /** Beside its segments, others may keep what they know of it. */
    public Path folder() {
        return folder;
    }

    public String tenant() {
        return state.tenant();
    }

    public String dataset() {
        return state.dataset();
    }

    /**
     * Stores events, and returns when they are on disk.
     *
     * @throws ConnectorException if they are not: the spool is full, or the disk fails
     */
    public Arrival.Outcome append(Arrival arrival) {
        return append(List.of(arrival)).get(0);
    }

    /**
     * The same for several, which go to the disk together. Those of a failed append may be there or not, so they need ids.
     *
     * @return what became of each, in their order
     */
    public List<Arrival.Outcome> append(List<Arrival> arrivals) {
        try {
            room.require(bytes(arrivals));
        } catch (ConnectorException full) {
            if (areRepeats(arrivals)) {
                return Collections.nCopies(arrivals.size(), Arrival.Outcome.REPEATED);
            }
            throw full;
        }
        return store(arrivals);
    }

    /** They are on disk already, and need no room. */
    private synchronized boolean areRepeats(List<Arrival> arrivals) {
        long now = clock.millis();
        return arrivals.stream()
                .allMatch(each ->
                        each.id().filter(id -> ids.has(Journal.hash(id), now)).isPresent());
    }

    /** The same for the last events of senders that will not repeat them: a spool that is full takes them, too. */
    public Arrival.Outcome appendLast(Arrival arrival) {
        room.take(arrival.bytes());
        return store(List.of(arrival)).get(0);
    }

    private static long bytes(List<Arrival> arrivals) {
        return arrivals.stream().mapToLong(Arrival::bytes).sum();
    }

    private List<Arrival.Outcome> store(List<Arrival> arrivals) {
        List<Waiting> mine = arrivals.stream().map(Waiting::new).toList();
        waiting.addAll(mine);
        synchronized (this) {
            if (mine.stream().anyMatch(each -> each.outcome == null && each.failure == null)) {
                storeAll();
            }
            mine.stream()
                    .filter(each -> each.outcome != Arrival.Outcome.STORED)
                    .forEach(each -> room.give(each.arrival.bytes()));
            List<Arrival.Outcome> outcomes = new ArrayList<>();
            for (Waiting each : mine) {
                if (each.outcome == null) {
                    throw each.failure == null ? stopped() : each.failure;
                }
                outcomes.add(each.outcome);
            }
            return outcomes;
        }
    }

    private void storeAll() {
        List<Waiting> together = new ArrayList<>();
        waiting.drainTo(together);
        long now = clock.millis();
        Set<String> among = new HashSet<>();
        List<Waiting> repeated = new ArrayList<>();
        List<Waiting> fresh = new ArrayList<>();
        for (Waiting each : together) {
            Optional<String> id = each.arrival.id().map(Journal::hash);
            boolean known = id.isPresent() && (ids.has(id.get(), now) || !among.add(id.get()));
            (known ? repeated : fresh).add(each);
        }
        try {
            if (closed) {
                throw stopped();
            }
            if (!fresh.isEmpty()) {
                List<Arrival> arrivals =
                        fresh.stream().map(each -> each.arrival).toList();
                growing().append(arrivals, now);
                lastArrival = now;
                arrivals.forEach(each -> lastMinute.add(now, each.eventCount() + each.deadLetterCount()));
                among.forEach(id -> ids.add(id, now));
                arrivals.forEach(each -> positions.add(each.positions()));
            }
            fresh.forEach(each -> each.outcome = Arrival.Outcome.STORED);
            repeated.forEach(each -> each.outcome = Arrival.Outcome.REPEATED);
        } catch (IOException e) {
            ConnectorException failure = failed(e);
            together.forEach(each -> each.failure = failure);
        } catch (RuntimeException e) {
            ConnectorException failure = Failures.known(e);
            together.forEach(each -> each.failure = failure);
        }
    }

    private Segment growing() throws IOException {
        Segment last = segments.peekLast();
        if (last != null && !last.isSealed()) {
            return last;
        }
        long number = 1 + (last == null ? state.packedThrough() : last.number());
        Segment created = Segment.create(folder, number, room.openFiles());
        segments.add(created);
        return created;
    }

    /** How far the sources are read, of which arrivals have told it; by their names. Stored with the events. */
    public synchronized Map<String, Long> positions() {
        return positions.all();
    }

    /** When the oldest event of the growing segment arrived; empty if it has none. */
    public synchronized Optional<Instant> growingSince() {
        return growingSegment().map(segment -> Instant.ofEpochMilli(segment.since()));
    }

    public synchronized long growingBytes() {
        return growingSegment().map(Segment::bytes).orElse(0L);
    }

    private Optional<Segment> growingSegment() {
        return Optional.ofNullable(segments.peekLast()).filter(last -> !last.isSealed() && !last.isEmpty());
    }

    /**
     * Ends the growing segment, if it has events. Further ones go to a new segment.
     *
     * @throws ConnectorException if the disk fails; nothing has changed then
     */
    public synchronized void seal() {
        try {
            Optional<Segment> growing = growingSegment();
            if (growing.isPresent()) {
                growing.get().seal(clock.millis());
            }
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** The oldest sealed segment, which is the next to be packed. */
    public synchronized Optional<SealedSegment> next() {
        return Optional.ofNullable(segments.peekFirst())
                .filter(Segment::isSealed)
                .map(segment -> segment.sealed(state.identity() + "/" + segment.number()));
    }

    /** The shape of the events of all packs; empty before the first one. */
    public synchronized String shape() {
        return state.shape();
    }

    /** The columns of the objects with their types in DuckDB, if SQL has made some; otherwise empty. */
    public synchronized Map<String, String> columns() {
        return state.columns();
    }

    /** What is known of the shape of events that are not packed yet. */
    public LearnedShape learned() {
        return learned;
    }

    private synchronized List<LearnedShape.Events> unpacked() {
        return segments.stream().map(Segment::all).toList();
    }

    /**
     * Records the {@link #next} segment as packed, and removes it.
     *
     * @param dropped how many events the pack left out
     * @param deadLettered how many of them became dead letters in the pack
     * @param shape of the events from now on
     * @param columns of the objects from now on, with their types in DuckDB, if SQL has made some
     * @throws ConnectorException if the disk fails: then it is not recorded
     */
    public synchronized void commit(
            SealedSegment segment, long dropped, long deadLettered, String shape, Map<String, String> columns) {
        Segment oldest = segments.peekFirst();
        if (oldest == null || oldest.number() != segment.number() || !oldest.isSealed()) {
            throw new IllegalStateException("segment %d is not the next".formatted(segment.number()));
        }
        Counts now = new Counts(
                segment.events() - dropped - deadLettered, dropped, segment.deadLetterCount() + deadLettered, 0);
        try {
            Positions then = new Positions();
            then.add(state.positions());
            then.add(Journal.read(Segment.journal(folder, segment.number())));
            SpoolState after = new SpoolState(
                    state.tenant(),
                    state.dataset(),
                    state.identity(),
                    segment.number(),
                    state.counts().plus(now),
                    shape,
                    then.all(),
                    columns);
            after.replace(folder);
            state = after;
        } catch (IOException e) {
            throw failed(e);
        }
        segments.removeFirst();
        packed.put(segment.number(), segment.sealed().toEpochMilli());
        room.give(oldest.bytes());
        try {
            oldest.deleteData();
            forgetOldIds();
        } catch (IOException e) {
            LOG.warn(
                    "spool {}: a packed segment cannot be removed ({}). The next start tries again.",
                    folder,
                    Failures.describe(e));
        }
    }

    private void forgetOldIds() throws IOException {
        for (var each = packed.entrySet().iterator(); each.hasNext(); ) {
            var journal = each.next();
            if (!RecentIds.isRecent(journal.getValue(), clock.millis())) {
                Files.deleteIfExists(Segment.journal(folder, journal.getKey()));
                each.remove();
            }
        }
    }

    /** What has become of all events until now. */
    public synchronized DatasetState look() {
        long oldest = segments.stream()
                .mapToLong(Segment::since)
                .filter(since -> since > 0)
                .findFirst()
                .orElse(0);
        long bytes = segments.stream().mapToLong(Segment::bytes).sum();
        return DatasetState.of(
                tenant(), dataset(), counts(), bytes, oldest, lastArrival, lastMinute.perSecond(clock.millis()));
    }

    /** What became of all events. */
    public synchronized Counts counts() {
        return segments.stream().map(Segment::counts).reduce(state.counts(), Counts::plus);
    }

    synchronized void close() throws IOException {
        closed = true;
        for (Segment each : segments) {
            each.release();
        }
    }

    private static ConnectorException stopped() {
        String what = "the connector is stopping and takes no more events.";
        return new ConnectorException(new Problem(Problem.Kind.INTERRUPTED, what), null);
    }

    private ConnectorException failed(IOException e) {
        return new ConnectorException(
                new Problem(
                        Problem.Kind.UNREACHABLE,
                        "spool %s".formatted(folder),
                        PlainText.sentence(Failures.describe(e)),
                        "Events are refused, so that their senders keep them.",
                        "Check the disk."),
                e);
    }
}
