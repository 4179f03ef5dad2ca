package com.bytefreezer.connector.lane;

import com.bytefreezer.connector.config.ExportDefinition;
import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.config.Sync;
import com.bytefreezer.connector.cursor.Counts;
import com.bytefreezer.connector.cursor.Cursor;
import com.bytefreezer.connector.cursor.Position;
import com.bytefreezer.connector.delivery.Batches;
import com.bytefreezer.connector.delivery.ErrorsAsFailures;
import com.bytefreezer.connector.delivery.Unit;
import com.bytefreezer.connector.lake.Credentials;
import com.bytefreezer.connector.lake.Lake;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.lake.Period;
import com.bytefreezer.connector.lake.Skipped;
import com.bytefreezer.connector.lane.Run.Result;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.problem.Problem.Kind;
import com.bytefreezer.connector.problem.StoppedException;
import com.bytefreezer.connector.query.DuckDb;
import com.bytefreezer.connector.query.DuckDbException;
import com.bytefreezer.connector.query.Plan;
import com.bytefreezer.connector.query.Query;
import com.bytefreezer.connector.query.Schema;
import com.bytefreezer.connector.signs.Neighbour;
import io.opentelemetry.api.trace.Span;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One export to one destination: which dataset, which query, to where. Its methods are the steps of {@code routes/export.camel.yaml}, in
 * the order in which they stand here. One run at a time; within a run the methods that take a unit are called by several
 * threads.
 */
public final class Export {
    private static final Logger LOG = LoggerFactory.getLogger(Export.class);
    /** How many objects of a dataset are asked for their columns before the first record of it is delivered. */
    private static final int FIRST_LOOK = 500;
    /** How many objects at a time are asked for their columns later on, before the first of them is delivered. */
    private static final int LOOK = 64;

    /** How many objects at either end of the dataset are asked for a column that none has so far. */
    private static final int SCHEMA_SAMPLE = 500;
    /** How many objects are tried until one can be read to plan with. */
    private static final int PLAN_SAMPLE = 20;

    /** A big object is read as several, since one stream of DuckDB's JDBC driver keeps only one core busy. */
    private static final long SLICE_BYTES = 16L * 1024 * 1024;
    /**
     * Small objects of one partition are read together up to this size: planning a statement takes longer than reading
     * them. Small, too, since all of it is delivered again after a crash.
     */
    private static final long BUNDLE_BYTES = 256 * 1024;

    private static final long LOOK_AT_OTHERS_MS = 500;
    /** So much the clocks of replicas and of the lake may differ. */
    private static final Duration CLOCKS_DIFFER = Duration.ofMinutes(5);

    private final Exports exports;
    private final AtomicReference<@Nullable Run> running = new AtomicReference<>();
    /** What came of the run before {@link #close}. */
    private volatile Result result = Result.NONE;

    private final ExportDefinition definition;
    private final Lane lane;
    private final String name;
    private final String tenant;
    private final String dataset;
    private final Sync sync;
    private final String destination;
    private final Query query;
    private final LaneQuery queries;

    private @Nullable Plan plan;
    private final Window window;
    /** Identities of the objects that DuckDB does not come to an end with, and may still be at work on. */
    private final Set<String> endless = ConcurrentHashMap.newKeySet();

    private boolean saidThatThereIsNone;
    private String toldSkipped = "";
    private volatile boolean ended;

    Export(Exports exports, ExportDefinition definition, Query query) {
        this.exports = exports;
        this.definition = definition;
        this.query = query;
        lane = definition.lane();
        name = definition.name();
        tenant = definition.tenant();
        dataset = definition.dataset();
        sync = definition.sync();
        destination = definition.destination();
        Settings settings = exports.settings();
        queries = new LaneQuery(
                lane.toString(),
                this::subject,
                exports.engine(),
                exports.cursor().queries(),
                query,
                definition.sql(),
                settings.text("records.nulls"));
        window = new Window(
                Duration.ofSeconds(settings.integer("schedule.full-listing-seconds")),
                Duration.ofHours(settings.integer("cursor.lookback-hours")));
    }

    ExportDefinition definition() {
        return definition;
    }

    public Lane lane() {
        return lane;
    }

    /** What its DuckDB holds in memory now, in bytes; 0 while it does not run. */
    public long duckDbMemory() {
        Run run = running.get();
        try {
            return run == null || !run.hasDuckDb() ? 0 : run.duckDb().memory();
        } catch (SQLException e) {
            // The run has just ended.
            return 0;
        }
    }

    /** What the current run reads from, and a number that changes with each of its steps; empty between two runs. */
    public Optional<Step> step() {
        return Optional.ofNullable(running.get()).map(run -> new Step(run.lake, run.tally.steps()));
    }

    /** The lake does not answer: the current run ends as soon as it can. */
    public void giveUpLake(String why) {
        Optional.ofNullable(running.get()).ifPresent(run -> run.tally.giveUpLake(why));
    }

    /** See {@link #step}. */
    public record Step(Lake lake, long number) {}

    /** How far the current run is, or how far the last one came. */
    public RunProgress progress() {
        Run run = running.get();
        return run == null ? new RunProgress(result.objects(), result.counts()) : run.tally.progress();
    }

    /** So do its messages begin. */
    public String subject() {
        return exports.subject(definition);
    }

    /** The pause between two runs in watch mode. */
    public Duration interval() {
        return definition.interval();
    }

    /** Gives the steps that follow, and the trace, what they may want to know of the export. */
    public void describe(Exchange exchange) {
        Span.current().setAttribute("export", name).setAttribute("destination", destination);
        exchange.setVariable("tenant", tenant);
        exchange.setVariable("dataset", dataset);
        exchange.setVariable("destination", destination);
        exchange.setVariable("batchSize", definition.batchSize());
    }

    /** Begins a run: lists the dataset. */
    public void open(@Nullable Object access) {
        queries.agree();
        Credentials credentials = access instanceof Credentials given ? given : null;
        Lake lake = Lake.of(exports.settings(), tenant, dataset, credentials);
        Instant since = window.open(mustListAll());
        Position position = position();
        running.set(new Run(
                subject(),
                lake,
                since,
                credentials,
                position,
                exports.cursor().lanes().suspects(lane.toString()),
                // A run that is not repeated ends when all it has listed is delivered, by whomever.
                !exports.isWatch(),
                bar(lake, position)));
    }

    private boolean mustListAll() {
        return !exports.isWatch()
                // A full sync reads all that is listed, and without a plan it is not known to be none.
                || plan == null
                || plan.kind(sync) == Plan.Kind.WHOLE
                // Also when the cursor was reset.
                || !exports.cursor().lanes().hasListed(exports.cursor().lanes().position(lane.toString()));
    }

    /** Whether there is anything to {@link #discover}. Takes a while when it is another replica's. */
    public boolean hasMore() throws InterruptedException {
        Run run = run();
        if (run.isDiscovered() && run.leftOver.isWaitingForOthers() && !isStopping(run)) {
            Thread.sleep(LOOK_AT_OTHERS_MS);
        }
        if (run.leftOver.hasPutOff()) {
            run.closeDuckDb();
        }
        return !run.isDiscovered() || (!isStopping(run) && !run.leftOver.isEmpty());
    }

    /**
     * The units of this run, found while they are worked on; after that, what is left over: bundles that could not be
     * read, cut smaller, and what another replica had claimed.
     */
    public Iterator<Unit> discover() {
        return ErrorsAsFailures.in(discover(run()));
    }

    private Iterator<Unit> discover(Run run) {
        if (run.leftOver.hasPutOff()) {
            duckDb(run).lock(1);
            return run.leftOver.takePutOff();
        }
        if (run.isDiscovered() && !run.leftOver.hasBeside()) {
            return nextAlone(run);
        }
        if (run.isDiscovered()) {
            return run.leftOver.takeBeside().stream()
                    .map(objects -> newOnes(run, objects.iterator()))
                    .filter(objects -> !objects.isEmpty())
                    .map(this::unitOf)
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
        run.smallObjects(some.stream().allMatch(object -> object.size() < BUNDLE_BYTES));
        learnFirst(run);
        return switch (cut(run, some)) {
            case ROW_WISE -> eachNewObject(run);
            case LIMITED -> allNewObjects(run);
            case WHOLE -> wholeDataset(run);
        };
    }

    /** The next unit that did not get through beside others, when this lane's turn has come. */
    private Iterator<Unit> nextAlone(Run run) {
        Semaphore turn = exports.alone();
        try {
            while (!turn.tryAcquire(LOOK_AT_OTHERS_MS, TimeUnit.MILLISECONDS)) {
                if (isStopping(run)) {
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
                exports.company().enterAlone(next, () -> isStopping(run));
                learn(run, next.objects());
            }
            DuckDb duckDb = open(run, exports.memoryAlone());
            duckDb.lock(1);
            return List.of(run.beginAlone(duckDb, turn::release)).iterator();
        } catch (RuntimeException | Error e) {
            // Whatever it was: other lanes wait for the turn.
            exports.company().leave(next);
            turn.release();
            throw e;
        }
    }

    /** How long DuckDB may be without progress. What needs all objects at once may sort them for hours. */
    private Duration patience() {
        return isRowWise()
                ? Duration.ofSeconds(exports.settings().integer("duckdb.no-progress-seconds"))
                : Duration.ofDays(365);
    }

    private DuckDb open(Run run, long memory) {
        return DuckDb.open(
                exports.engine(),
                exports.settings(),
                run.lake.folders(),
                run.credentials(),
                run.hasSmallObjects(),
                memory);
    }

    private void sayThatThereIsNone(Run run) {
        if (!saidThatThereIsNone && run.since.equals(Instant.MIN)) {
            LOG.warn(
                    "{}: there are no Parquet objects under {}. Nothing is exported until there are. Check query.tenant-id, query.dataset-id, lake.root and lake.layout.",
                    subject(),
                    String.join(" or ", run.lake.folders()));
            saidThatThereIsNone = true;
        }
    }

    /** The SQL that gives the unit's records. */
    public String statement(Unit unit, CamelContext routes) throws IOException {
        Run run = run();
        if (run.keysAreRefused()) {
            fetchKeys(run, routes);
        }
        boolean together = query.isRepeatable() && isRowWise() && !run.isAlone();
        exports.dataSource()
                .use(run.duckDb(), together ? exports.sharedReading(definition) : Optional.empty(), patience());
        try {
            return statement(run, unit);
        } catch (ConnectorException e) {
            if (Failures.kind(e) != Kind.FORBIDDEN) {
                throw e;
            }
            fetchKeys(run, routes);
            return statement(run, unit);
        }
    }

    /** Once in a run; objects that are read at the same time wait for the same keys. */
    private void fetchKeys(Run run, CamelContext routes) throws IOException {
        synchronized (run.keys) {
            if (!run.mayRefetchKeys()) {
                return;
            }
            LOG.info("{}: the lake refuses the keys; the connector fetches new ones.", subject());
            try (ProducerTemplate template = routes.createProducerTemplate()) {
                Credentials credentials = template.request("direct:credentials", exchange -> {
                            exchange.setVariable("tenant", tenant);
                            exchange.setVariable("dataset", dataset);
                        })
                        .getMessage()
                        .getBody(Credentials.class);
                if (credentials != null) {
                    run.replaceKeys(credentials);
                }
            }
        }
    }

    /** The unit's records, cut into batches while they are read. */
    public Batches batches(Iterator<?> rows, Unit unit, int batchSize) {
        Run run = run();
        return new Batches(
                unit,
                rows,
                batchSize,
                exports.settings().integer("delivery.max-batch-bytes"),
                Math.max(2, exports.settings().integer("delivery.max-in-flight")),
                // A bundle is short, and all of it would be delivered again.
                () -> unit.isBundle() ? run.tally.isAborted() : isStopping(run));
    }

    /**
     * Records the unit as delivered. Fails unless every record of it was read and is settled: selected = accepted +
     * duplicates + dead-lettered.
     *
     * <p>Here and not in the idempotent consumer's completion, which takes a unit whose refused batch was handled on the
     * way for a failed one.
     */
    public void commit(Exchange exchange, Unit unit, String statement) throws Exception {
        Optional<Throwable> failure = unit.failure();
        if (failure.isPresent()) {
            throw new ConnectorException(Failures.describe(failure.get()), failure.get());
        }
        if (!unit.hasEnded()) {
            if (isStopping(run())) {
                throw new StoppedException();
            }
            if (unit.isBundle()) {
                throw new ConnectorException("one of the objects cannot be read");
            }
            DuckDbException why = run().duckDb().whyItEnded(statement);
            throw new ConnectorException(String.valueOf(why.getMessage()), why);
        }
        Counts counts = unit.counts();
        if (!counts.balances() && isStopping(run())) {
            // Of a bundle all is read before anything is sent.
            throw new StoppedException();
        }
        if (!counts.balances()) {
            throw new IllegalStateException("it does not balance: " + counts);
        }
        exports.cursor().confirm(exchange, unit.key());
    }

    /**
     * Ends a run: moves the watermark and says what was done.
     *
     * @throws ConnectorException when not everything is delivered
     */
    public void finish() throws StoppedException {
        Run run = run();
        Instant watermark = run.watermark();
        if (watermark != null) {
            exports.cursor().lanes().advance(lane.toString(), watermark, run.listing.count() == 0);
        }
        window.ended(run);
        if (run.since.equals(Instant.MIN)) {
            tellSkipped(run.lake.skipped());
        }
        run.tally.say(
                name,
                destination,
                plan == null ? "nothing to do" : "%s: %s".formatted(plan.covers(sync), plan.reason()),
                // In watch mode there is nearly always nothing to do.
                !exports.isWatch());
        run.tally.requireAllDelivered(run.lake.place());
    }

    /** Once, and again when it has changed. */
    private void tellSkipped(Skipped skipped) {
        String text = skipped.toString();
        exports.cursor().lanes().leavesOut(lane.toString(), text);
        if (text.equals(toldSkipped)) {
            return;
        }
        toldSkipped = text;
        if (skipped.hasLookAlikes()) {
            LOG.warn("{}: {}", subject(), text);
        } else if (!text.isEmpty()) {
            LOG.info("{}: {}", subject(), text);
        }
    }

    /** Gives back what the run has open. */
    public void close() {
        Run run = running.get();
        result = Result.NONE;
        if (run != null) {
            try (run) {
                run.tally.missed(newOnes(run, run.listing.ahead().iterator()));
                result = run.tally.result();
            } finally {
                running.set(null);
            }
        }
    }

    /** The same, where a run is open. */
    void closeIfRunning() {
        if (running.get() != null) {
            close();
        }
    }

    /** What came of the last run. */
    Result result() {
        return result;
    }

    /** What the run that is under way has done; empty between two runs. Another thread may ask. */
    Optional<Result> soFar() {
        return Optional.ofNullable(running.get()).map(run -> run.tally.result());
    }

    /** A unit of the current run is done, well or not. */
    void done(Unit unit, @Nullable Throwable failure) {
        Trouble trouble = failure == null || unit.hasDeliveryFailed() ? null : Trouble.of(failure);
        if (trouble != null) {
            if (trouble.is(Kind.NO_ROOM)) {
                exports.signs().failed(lane, Neighbour.DISK, trouble.reason());
            } else if (trouble.is(Kind.UNREACHABLE) && unit.notRecorded().isEmpty()) {
                exports.signs().failed(lane, Neighbour.LAKE, trouble.reason());
            }
        }
        exports.company().leave(unit);
        if (trouble != null && !unit.isBundle() && trouble.is(Kind.NO_PROGRESS)) {
            unit.objects().forEach(object -> endless.add(object.identity()));
        }
        Run run = run();
        if (failure != null && exports.isStopping()) {
            // What a stop interrupts has not failed.
            run.done(unit, new StoppedException());
        } else if (trouble != null && trouble.is(Kind.GONE)) {
            run.done(unit, lookedAfter(run, unit, trouble.failure()));
        } else {
            run.done(unit, failure);
        }
    }

    /** That DuckDB does not find a file may have other reasons: it is gone only where a look of our own says so. */
    private static Throwable lookedAfter(Run run, Unit unit, Throwable failure) {
        try {
            long gone = unit.objects().stream().filter(run.lake::isGone).count();
            if (gone == unit.objects().size()) {
                return failure;
            }
            String what = gone == 0
                    ? "it was not found when it was read, and is there"
                    : "%d of its objects are gone since they were listed".formatted(gone);
            return new ConnectorException(new Problem(Kind.OTHER, what), failure);
        } catch (ConnectorException e) {
            return e;
        }
    }

    private Run run() {
        Run run = running.get();
        if (run == null) {
            throw new IllegalStateException(subject() + " is not running");
        }
        return run;
    }

    /** From now on no batch is begun: its file has changed, or is gone. */
    void end() {
        ended = true;
    }

    private boolean isStopping(Run run) {
        return ended || exports.isStopping() || run.tally.isAborted();
    }

    /** Where the cursor stands, which is never later than now. */
    private Position position() {
        Position position = begun();
        Instant now = Instant.now();
        if (!position.isAhead(now.plus(CLOCKS_DIFFER))) {
            return position;
        }
        LOG.warn(
                "{}: the cursor stands at {}, which is still to come: a clock was ahead, or cursor.start lies in the future. It is set to now. What is delivered is known by name and is not repeated.",
                subject(),
                position.watermark());
        return exports.cursor().lanes().notAfter(lane.toString(), now);
    }

    /** Where the cursor stands; at the very first run, where {@code cursor.start} puts it. */
    private Position begun() {
        Cursor cursor = exports.cursor();
        String start = exports.settings().text("cursor.start");
        if (cursor.lanes().knows(lane.toString()) || start.equals("earliest")) {
            return cursor.lanes().position(lane.toString());
        }
        return cursor.lanes()
                .begin(lane.toString(), start.equals("latest") ? Position.AFTER_FIRST_LISTING : Instant.parse(start));
    }

    private Progress bar(Lake lake, Position position) {
        if (exports.isQuiet() || exports.isWatch() || destination.equals("stdout") || !Progress.isTerminal()) {
            return Progress.none();
        }
        try (Stream<LakeObject> objects = lake.objects()) {
            Iterator<LakeObject> fresh =
                    exports.cursor().lanes().newOnes(position, lane.toString(), objects.iterator());
            return Progress.onTerminal(lane.toString(), each(fresh).count());
        }
    }

    /** How the dataset is cut into units, by {@code query.sync} and the query's plan, which is made once. */
    private Plan.Kind cut(Run run, List<LakeObject> some) {
        if (plan == null) {
            plan = plan(run, some);
            LOG.info("{}: {} sync, since {}: {}.", subject(), plan.covers(sync), sync, plan.reason());
            if (plan.kind(sync) == Plan.Kind.LIMITED && plan.kind() == Plan.Kind.LIMITED) {
                LOG.warn(
                        "{}: the query has a LIMIT: of the new records each run delivers so many, and the others never. Remove the LIMIT from query.sql to export every record.",
                        subject());
            }
        }
        return plan.kind(sync);
    }

    private Plan plan(Run run, List<LakeObject> some) {
        DuckDb duckDb = duckDb(run);
        try {
            return duckDb.planWithFirst(query, some, schema());
        } catch (ConnectorException e) {
            long known = schema().version();
            learn(run, run.sample(SCHEMA_SAMPLE));
            if (schema().version() == known) {
                throw nothingExported(e);
            }
        }
        try {
            return duckDb.planWithFirst(query, some, schema());
        } catch (ConnectorException e) {
            throw nothingExported(e);
        }
    }

    private static ConnectorException nothingExported(ConnectorException e) {
        return new ConnectorException(e.saying(""), Problem.NOTHING_EXPORTED, "", e);
    }

    private Unit begin(Run run, Unit unit) {
        if (run.tally.hasBegunNothing()) {
            exports.cursor().pulse().begins(lane.toString(), run.tally.started());
        }
        return run.tally.begun(exports.company().enter(unit, () -> isStopping(run)));
    }

    /** Whether a unit may be worked on beside others. One that earlier processes died of comes when they are done, or not. */
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

    private Iterator<Unit> eachNewObject(Run run) {
        Stream<LakeObject> unsuspected = each(run.tally.found(
                        exports.cursor().lanes().newOnes(run.position, lane.toString(), run.listing)))
                .filter(object -> run.suspects.isEmpty() || isUnsuspected(run, unitOf(List.of(object))));
        Listing fresh = new Listing(learned(run, unsuspected.iterator())
                .flatMap(object -> newSlices(run, object))
                .filter(slice -> slice.slice() == null || isUnsuspected(run, unitOf(List.of(slice)))));
        List<LakeObject> first = fresh.peek(exports.settings().integer("export.parallel-objects"));
        if (first.isEmpty()) {
            return Collections.emptyIterator();
        }
        // Of a stream one thread does nearly all; and only then its own time tells whether DuckDB gets further.
        lock(run, 1, first);
        return new Iterator<>() {
            private boolean offered;

            /** As in {@link Batches#hasNext}, it stays with a yes. */
            @Override
            public boolean hasNext() {
                if (!offered && isStopping(run)) {
                    // The listing may be complete, but not everything that it has read ahead is worked on.
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
                return begin(run, unitOf(nextBundle(fresh)));
            }
        };
    }

    /** The next object, with those after it that are as small and in the same partition. */
    private List<LakeObject> nextBundle(Listing fresh) {
        List<LakeObject> bundle = new ArrayList<>();
        bundle.add(fresh.next());
        LakeObject first = bundle.get(0);
        if (!query.canBundle() || !query.isRepeatable() || isEndless(first)) {
            return bundle;
        }
        long size = first.size();
        while (fresh.hasNext()) {
            LakeObject next = fresh.peek(1).get(0);
            size += next.size();
            if (size > BUNDLE_BYTES || !next.partition().equals(first.partition()) || isEndless(next)) {
                break;
            }
            bundle.add(fresh.next());
        }
        return bundle;
    }

    private Unit unitOf(List<LakeObject> objects) {
        boolean repeatable = query.isRepeatable() && isRowWise();
        return new Unit(lane, tenant, dataset, objects, queries.id(), null, null, repeatable);
    }

    private boolean isRowWise() {
        return plan != null && plan.kind(sync) == Plan.Kind.ROW_WISE;
    }

    /** The slices of a new object that are not delivered yet, or the object itself when it is not a big one. */
    private Stream<LakeObject> newSlices(Run run, LakeObject object) {
        List<LakeObject> slices = duckDb(run).slices(object, SLICE_BYTES);
        return slices.size() == 1 ? slices.stream() : newOnes(run, slices.iterator()).stream();
    }

    private List<LakeObject> newOnes(Run run, Iterator<LakeObject> objects) {
        return each(exports.cursor().lanes().newOnes(run.position, lane.toString(), objects))
                .toList();
    }

    private static Stream<LakeObject> each(Iterator<LakeObject> objects) {
        return Stream.iterate(objects, Iterator::hasNext, left -> left).map(Iterator::next);
    }

    private Iterator<Unit> allNewObjects(Run run) {
        List<LakeObject> fresh = each(run.tally.found(
                        exports.cursor().lanes().newOnes(run.position, lane.toString(), run.listing)))
                .toList();
        return fresh.isEmpty() ? Collections.emptyIterator() : one(run, unitOf(fresh));
    }

    private Iterator<Unit> wholeDataset(Run run) {
        List<LakeObject> all = run.listing.rest();
        if (!run.listing.unlisted().isEmpty()) {
            // Part of the data would give another answer; the end of the run says what is missing.
            run.tally.missed(all);
            return Collections.emptyIterator();
        }
        String fingerprint = run.listing.fingerprint();
        if (exports.isWatch() && run.listing.isSameAs(run.position.listing())) {
            return Collections.emptyIterator();
        }
        return one(run, new Unit(lane, tenant, dataset, all, queries.id(), fingerprint, run.position.listing(), false));
    }

    private Iterator<Unit> one(Run run, Unit unit) {
        if (!isUnsuspected(run, unit)) {
            return Collections.emptyIterator();
        }
        lock(run, Runtime.getRuntime().availableProcessors(), unit.objects());
        return List.of(begin(run, unit)).iterator();
    }

    private boolean isEndless(LakeObject object) {
        return endless.contains(object.identity());
    }

    private String statement(Run run, Unit unit) {
        if (unit.objects().stream().anyMatch(this::isEndless)) {
            throw new ConnectorException(
                    "DuckDB did not come to an end with it in an earlier run; it is tried again after a restart");
        }
        LaneQuery.Used begunWith = queries.of(unit.query());
        Schema schema = schema();
        String statement = unit.isBundle()
                ? run.duckDb().recordsOfBundle(begunWith.query(), unit.objects(), schema, begunWith.omitNulls())
                : run.duckDb().stream(
                        begunWith.query(),
                        unit.objects(),
                        schema,
                        begunWith.omitNulls(),
                        unit.counts().settled(),
                        isRowWise() && plan != null && plan.isOneEach(),
                        exports.settings().integer("records.max-bytes"));
        exports.schemas().keep(tenant, dataset);
        return statement;
    }

    private Schema schema() {
        return exports.schemas().of(tenant, dataset);
    }

    /** So that a column has one type from the first record on: of a dataset that is new here, at both of its ends. */
    private void learnFirst(Run run) {
        Schema schema = schema();
        if (schema.isEmpty()) {
            List<LakeObject> objects = new ArrayList<>(run.listing.peek(FIRST_LOOK));
            if (objects.size() == FIRST_LOOK) {
                run.lake.newest().map(Period::from).ifPresent(newest -> {
                    try (Stream<LakeObject> last = run.lake.objects(newest)) {
                        last.limit(FIRST_LOOK).forEach(objects::add);
                    }
                });
            }
            learn(run, objects);
        }
    }

    private void learn(Run run, List<LakeObject> objects) {
        duckDb(run).learn(schema(), objects);
        exports.schemas().keep(tenant, dataset);
    }

    /** The same objects, whose columns are learned some at a time, before the first of them is given. */
    private Stream<LakeObject> learned(Run run, Iterator<LakeObject> objects) {
        Deque<LakeObject> ahead = new ArrayDeque<>();
        return each(new Iterator<>() {
            @Override
            public boolean hasNext() {
                return !ahead.isEmpty() || objects.hasNext();
            }

            @Override
            public LakeObject next() {
                if (ahead.isEmpty()) {
                    while (ahead.size() < LOOK && objects.hasNext()) {
                        ahead.add(objects.next());
                    }
                    learn(run, List.copyOf(ahead));
                }
                return ahead.remove();
            }
        });
    }

    private DuckDb duckDb(Run run) {
        if (!run.hasDuckDb()) {
            DuckDb duckDb = open(run, exports.memoryOfLane());
            run.use(duckDb);
        }
        return run.duckDb();
    }

    /** Before the first unit, which begins with {@code first}. */
    private void lock(Run run, int threads, List<LakeObject> first) {
        try {
            exports.cursor().requireRoom();
        } catch (ConnectorException e) {
            run.tally.missed(first);
            throw e;
        }
        duckDb(run).lock(threads);
    }
}
