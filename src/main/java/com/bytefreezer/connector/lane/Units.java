package com.bytefreezer.connector.lane;

import com.bytefreezer.connector.config.ExportDefinition;
import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.cursor.LaneQueries;
import com.bytefreezer.connector.delivery.Batches;
import com.bytefreezer.connector.delivery.Unit;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.query.Plan.Rows;
import com.bytefreezer.connector.query.Query;
import com.bytefreezer.connector.query.Schema;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns the new objects of a lane's dataset into units, and writes the SQL of each. Used by the thread of the run,
 * except {@link #statement} and {@link #endless}, which several threads call.
 */
final class Units {
    private static final Logger LOG = LoggerFactory.getLogger(Units.class);
    /** The number of objects tried until one can be read for the plan. */
    private static final int PLAN_SAMPLE = 20;
    /**
     * A big object is read in slices of this size, because one stream of DuckDB's JDBC driver keeps only one core busy.
     */
    private static final long SLICE_BYTES = 16L * 1024 * 1024;
    /**
     * Small objects of one partition are read together up to this size, because planning a statement takes longer than
     * reading them. It is small, because a crash repeats all of it.
     */
    static final long BUNDLE_BYTES = 256 * 1024;
    /** The same where records are joined: each statement looks through the whole lookup. */
    private static final long JOINED_BUNDLE_BYTES = 2 * BUNDLE_BYTES;

    /** The pause between two looks at something that others hold: the turn to be alone, or units of another replica. */
    static final long LOOK_AT_OTHERS_MS = 500;

    private final Exports exports;
    private final ExportDefinition definition;
    private final Lane lane;
    private final String tenant;
    private final String dataset;
    private final Query query;
    private final LaneQuery queries;
    private final Predicate<Run> stopping;
    private final LaneDuckDb duckDb;
    private final Cut cut;
    /** Identities of the objects that DuckDB does not finish, and may still work on. */
    private final Set<String> endless = ConcurrentHashMap.newKeySet();

    private boolean saidThatThereIsNone;
    private String saidToBeginAnew = "";

    /** @param stopping whether no further unit of a run may start */
    Units(Exports exports, ExportDefinition definition, Query query, LaneQuery queries, Predicate<Run> stopping) {
        this.exports = exports;
        this.definition = definition;
        lane = definition.lane();
        tenant = definition.tenant();
        dataset = definition.dataset();
        this.query = query;
        this.queries = queries;
        this.stopping = stopping;
        duckDb = new LaneDuckDb(exports, definition);
        cut = new Cut(exports, definition, query, duckDb);
    }

    /** How the dataset is cut. */
    Cut cut() {
        return cut;
    }

    /** Whether each run returns the same records of an object in the same order. */
    boolean areRepeatable() {
        return query.isRepeatable() && cut.isRowWise();
    }

    /** How long DuckDB may be without progress. A query that needs all objects at once may sort them for hours. */
    Duration patience() {
        return cut.isRowWise()
                ? Duration.ofSeconds(exports.settings().integer("duckdb.no-progress-seconds"))
                : Duration.ofDays(365);
    }

    /** Records that DuckDB does not finish the objects of a unit. */
    void endless(Unit unit) {
        unit.objects().forEach(object -> endless.add(object.identity()));
    }

    /** The next units: all there are, found while they are delivered, or those left over from an earlier call. */
    Iterator<Unit> discover(Run run) {
        if (run.leftOver.hasPutOff()) {
            duckDb.of(run).lock(1);
            return run.leftOver.takePutOff();
        }
        if (run.isDiscovered() && !run.leftOver.hasBeside()) {
            return nextAlone(run);
        }
        if (run.isDiscovered()) {
            return run.leftOver.takeBeside().stream()
                    .map(objects -> newOnes(run, objects.iterator()))
                    .filter(objects -> !objects.isEmpty())
                    .map(objects -> unitOf(run, objects))
                    .map(unit -> begin(run, unit))
                    .iterator();
        }
        run.discovered();
        List<LakeObject> some = run.listing.peek(PLAN_SAMPLE);
        if (some.isEmpty()) {
            sayThatThereIsNone(run);
            return Collections.emptyIterator();
        }
        saidThatThereIsNone = false;
        run.firstObjects(some);
        duckDb.learnFirst(run);
        return switch (cut.decide(run, some)) {
            case ROW_WISE -> eachNewObject(run);
            case LIMITED -> allNewObjects(run);
            case WHOLE -> wholeDataset(run);
        };
    }

    /** Waits for this lane's turn to be alone, and returns the next unit that failed beside others. */
    private Iterator<Unit> nextAlone(Run run) {
        Semaphore turn = exports.alone();
        try {
            while (!turn.tryAcquire(LOOK_AT_OTHERS_MS, TimeUnit.MILLISECONDS)) {
                if (stopping.test(run)) {
                    return Collections.emptyIterator();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Collections.emptyIterator();
        }
        Unit next = run.leftOver.nextAlone();
        try {
            if (run.suspects.isSuspect(next)) {
                exports.company().enterAlone(next, () -> stopping.test(run));
                duckDb.learn(run, next.objects());
            }
            return List.of(run.beginAlone(duckDb.openAlone(run), turn::release)).iterator();
        } catch (RuntimeException | Error e) {
            // After any failure, because other lanes wait for the turn.
            exports.company().leave(next);
            turn.release();
            throw e;
        }
    }

    private void sayThatThereIsNone(Run run) {
        if (!saidThatThereIsNone && run.since.equals(Instant.MIN)) {
            LOG.warn(
                    "{}: there are no Parquet objects under {}. Nothing is exported until there are. Check query.tenant-id, query.dataset-id, lake.root and lake.layout.",
                    exports.subject(definition),
                    String.join(" or ", run.lake.folders()));
            saidThatThereIsNone = true;
        }
    }

    private Unit begin(Run run, Unit unit) {
        if (run.tally.hasBegunNothing()) {
            exports.cursor().pulse().begins(lane, run.tally.started());
        }
        return run.tally.begun(exports.company().enter(unit, () -> stopping.test(run)));
    }

    /** Whether a unit may be delivered beside others. A suspect comes later, alone, or is set aside. */
    private static boolean isUnsuspected(Run run, Unit unit) {
        if (run.suspects.isSetAside(unit)) {
            run.done(unit, new UnitOutcome.SetAside());
            return false;
        }
        if (run.suspects.isSuspect(unit)) {
            run.leftOver.alone(unit);
            return false;
        }
        return true;
    }

    /** Objects begun with other lookups do not continue with these, because the order of their records may differ. */
    private void sayWhatBeginsAnew(Run run) {
        String id = id(run);
        if (cut.isJoined() && !id.equals(saidToBeginAnew)) {
            saidToBeginAnew = id;
            LaneQueries.Begun begun = exports.cursor().queries().begunOtherwise(lane, id);
            if (begun.objects() > 0) {
                LOG.warn(
                        "{}: the lookups have changed since {} objects were begun. These objects start again; up to {} records are repeated with the same ids.",
                        exports.subject(definition),
                        begun.objects(),
                        begun.records());
            }
        }
    }

    private Iterator<Unit> eachNewObject(Run run) {
        sayWhatBeginsAnew(run);
        Stream<LakeObject> unsuspected = each(run.tally.found(
                        exports.cursor().lanes().newOnes(run.position, lane, run.listing)))
                .filter(object -> run.suspects.isEmpty() || isUnsuspected(run, unitOf(run, List.of(object))));
        Listing fresh = new Listing(duckDb.learned(run, unsuspected.iterator())
                .flatMap(object -> newSlices(run, object))
                .filter(slice -> slice.slice() == null || isUnsuspected(run, unitOf(run, List.of(slice)))));
        List<LakeObject> first = fresh.peek(exports.settings().integer("export.parallel-objects"));
        if (first.isEmpty()) {
            return Collections.emptyIterator();
        }
        // One thread does nearly all the work of a stream; with only one, its CPU time shows whether DuckDB makes
        // progress.
        duckDb.lock(run, 1, first);
        return new Iterator<>() {
            private boolean offered;

            /** Stays true until {@link #next}, like {@link Batches#hasNext}. */
            @Override
            public boolean hasNext() {
                if (!offered && stopping.test(run)) {
                    // The listing may be complete, but some objects that were read ahead are not delivered.
                    run.tally.stopped();
                    return false;
                }
                if (!offered && exports.turns().isOver(lane)) {
                    run.leftOver.putOff(this);
                    return false;
                }
                offered = offered || fresh.hasNext();
                return offered;
            }

            @Override
            public Unit next() {
                offered = false;
                return begin(run, unitOf(run, nextBundle(fresh)));
            }
        };
    }

    /** The next object, with the small ones after it in the same partition. */
    private List<LakeObject> nextBundle(Listing fresh) {
        List<LakeObject> bundle = new ArrayList<>();
        bundle.add(fresh.next());
        LakeObject first = bundle.get(0);
        if (!query.canBundle() || !query.isRepeatable() || isEndless(first)) {
            return bundle;
        }
        long most = cut.isJoined() ? JOINED_BUNDLE_BYTES : BUNDLE_BYTES;
        long size = first.size();
        while (fresh.hasNext()) {
            LakeObject next = fresh.peek(1).get(0);
            size += next.size();
            if (size > most || !next.partition().equals(first.partition()) || isEndless(next)) {
                break;
            }
            bundle.add(fresh.next());
        }
        return bundle;
    }

    private Unit unitOf(Run run, List<LakeObject> objects) {
        return new Unit(lane, tenant, dataset, objects, id(run), null, null, areRepeatable());
    }

    /** The statements of the query, with the lookups of this run. */
    private String id(Run run) {
        return cut.isJoined() ? Unit.joined(queries.id(), run.lookups().version()) : queries.id();
    }

    /** The undelivered slices of a new object, or the object itself if it is not big. */
    private Stream<LakeObject> newSlices(Run run, LakeObject object) {
        List<LakeObject> slices = duckDb.of(run).slices(object, SLICE_BYTES);
        return slices.size() == 1 ? slices.stream() : newOnes(run, slices.iterator()).stream();
    }

    /** The objects that are not delivered yet. */
    List<LakeObject> newOnes(Run run, Iterator<LakeObject> objects) {
        return each(exports.cursor().lanes().newOnes(run.position, lane, objects))
                .toList();
    }

    static Stream<LakeObject> each(Iterator<LakeObject> objects) {
        return Stream.iterate(objects, Iterator::hasNext, left -> left).map(Iterator::next);
    }

    private Iterator<Unit> allNewObjects(Run run) {
        List<LakeObject> fresh = each(run.tally.found(
                        exports.cursor().lanes().newOnes(run.position, lane, run.listing)))
                .toList();
        return fresh.isEmpty() ? Collections.emptyIterator() : one(run, unitOf(run, fresh));
    }

    private Iterator<Unit> wholeDataset(Run run) {
        List<LakeObject> all = run.listing.rest();
        if (!run.listing.unlisted().isEmpty()) {
            // A query over part of the data would give a wrong answer; the end of the run reports what is missing.
            run.tally.missed(all);
            return Collections.emptyIterator();
        }
        String before = run.position.listing();
        boolean hasLookups = !query.lookups().isEmpty();
        // A lookup that changes changes the result, too.
        String state =
                run.listing.fingerprint() + (hasLookups ? "-" + run.lookups().version() : "");
        boolean isSame = hasLookups ? state.equals(before) : run.listing.isSameAs(before);
        if (exports.isWatch() && isSame) {
            return Collections.emptyIterator();
        }
        return one(run, new Unit(lane, tenant, dataset, all, queries.id(), state, before, false));
    }

    private Iterator<Unit> one(Run run, Unit unit) {
        if (!isUnsuspected(run, unit)) {
            return Collections.emptyIterator();
        }
        duckDb.lock(run, Runtime.getRuntime().availableProcessors(), unit.objects());
        return List.of(begin(run, unit)).iterator();
    }

    private boolean isEndless(LakeObject object) {
        return endless.contains(object.identity());
    }

    /** The SQL that gives the unit's records. */
    String statement(Run run, Unit unit) {
        if (unit.objects().stream().anyMatch(this::isEndless)) {
            throw new ConnectorException(
                    "DuckDB did not finish it in an earlier run; the connector tries it again after a restart");
        }
        LaneQuery.Used begunWith = queries.of(unit.queryOfIds());
        Schema schema = duckDb.schema();
        String statement = unit.isBundle()
                ? run.duckDb()
                        .statements()
                        .ofBundle(begunWith.query(), unit.objects(), schema, begunWith.omitNulls(), unit.isJoined())
                : run.duckDb().statements().stream(
                        begunWith.query(),
                        unit.objects(),
                        schema,
                        begunWith.omitNulls(),
                        // For joined rows, the ids of later records depend on the earlier ones.
                        unit.isJoined() ? 0 : unit.counts().settled(),
                        unit.isJoined() ? Rows.JOINED : cut.isOneEach() ? Rows.ONE_EACH : Rows.SEVERAL,
                        exports.settings().integer("records.max-bytes"));
        duckDb.keepSchema();
        return statement;
    }
}
