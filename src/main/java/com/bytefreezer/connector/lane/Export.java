package com.bytefreezer.connector.lane;

import com.bytefreezer.connector.config.ExportDefinition;
import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.control.LakeCredentials;
import com.bytefreezer.connector.cursor.Counts;
import com.bytefreezer.connector.cursor.Position;
import com.bytefreezer.connector.delivery.Batches;
import com.bytefreezer.connector.delivery.ErrorsAsFailures;
import com.bytefreezer.connector.delivery.Unit;
import com.bytefreezer.connector.lake.Credentials;
import com.bytefreezer.connector.lake.Lake;
import com.bytefreezer.connector.lane.Run.Result;
import com.bytefreezer.connector.log.RecentLines;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.problem.Problem.Kind;
import com.bytefreezer.connector.problem.StoppedException;
import com.bytefreezer.connector.query.DuckDbException;
import com.bytefreezer.connector.query.Query;
import io.opentelemetry.api.trace.Span;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A lane: one export of a dataset to one destination. Its methods are the steps of {@code routes/export.camel.yaml}, in
 * the same order. One run at a time; within a run the methods that take a unit are called by several threads.
 */
public final class Export {
    private static final Logger LOG = LoggerFactory.getLogger(Export.class);

    private final Exports exports;
    private final AtomicReference<@Nullable Run> running = new AtomicReference<>();
    /** The result of the last run, set by {@link #close}. */
    private volatile Result result = Result.NONE;

    private final ExportDefinition definition;
    private final Lane lane;
    private final String name;
    private final String tenant;
    private final String dataset;
    private final String destination;
    private final Joins joins;
    private final LaneQuery queries;

    private final StartingPoint start;
    private final Units units;
    private final Window window;
    private final LeftOut leftOut;

    private volatile List<FailedObject> failed = List.of();
    private volatile boolean ended;
    private volatile @Nullable Run unwanted;

    Export(Exports exports, ExportDefinition definition, Query query) {
        this.exports = exports;
        this.definition = definition;
        joins = new Joins(exports, definition.lane(), query);
        lane = definition.lane();
        name = definition.name();
        tenant = definition.tenant();
        dataset = definition.dataset();
        destination = definition.destination();
        Settings settings = exports.settings();
        queries = new LaneQuery(
                lane,
                this::subject,
                exports.engine(),
                exports.lookups()::mayBe,
                exports.cursor().queries(),
                query,
                definition.sql(),
                settings.text("records.nulls"));
        start = new StartingPoint(exports, definition);
        units = new Units(exports, definition, query, queries, this::isStopping);
        leftOut = new LeftOut(exports, definition);
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

    /** The memory of its DuckDB in bytes; empty while none is open. */
    public Optional<Long> duckDbMemory() {
        Run run = running.get();
        try {
            return run == null || !run.hasDuckDb()
                    ? Optional.empty()
                    : Optional.of(run.duckDb().memory());
        } catch (SQLException e) {
            // The run has just ended.
            return Optional.empty();
        }
    }

    /** The lake of the current run, and a number that changes with each of its steps; empty between two runs. */
    public Optional<Step> step() {
        return Optional.ofNullable(running.get()).map(run -> new Step(run.lake, run.tally.steps()));
    }

    /** The lake does not answer: the current run ends as soon as it can. */
    public void giveUpLake(String why) {
        Optional.ofNullable(running.get()).ifPresent(run -> run.tally.giveUpLake(why));
    }

    /** See {@link #step}. */
    public record Step(Lake lake, long number) {}

    /** The progress of the current run, or of the last one. */
    public RunProgress progress() {
        Run run = running.get();
        return run == null ? new RunProgress(result.objects(), result.counts(), Duration.ZERO) : run.tally.progress();
    }

    /** The objects that the current run could not read, or else the last one; at most a hundred. */
    public List<FailedObject> failed() {
        Run run = running.get();
        return run == null ? failed : run.tally.failed();
    }

    /** The last lines that its runs have logged. */
    public RecentLines lines() {
        return exports.lines(lane);
    }

    /** The first words of its messages. */
    public String subject() {
        return exports.subject(definition);
    }

    /** The pause between two runs in watch mode. */
    public Duration interval() {
        return definition.interval();
    }

    /** Describes the export to the following steps and to the trace. */
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
        Lake lake = joins.chosen(Lake.of(exports.settings(), tenant, dataset, credentials));
        Instant since = window.open(mustListAll());
        Position position = start.position();
        running.set(new Run(
                subject(),
                lake,
                since,
                credentials,
                position,
                exports.cursor().lanes().suspects(lane),
                // A run that is not repeated ends when everything it has listed is delivered, by any replica.
                !exports.isWatch(),
                joins.open(),
                Progress.of(exports, lane, lake, position)));
    }

    private boolean mustListAll() {
        return !exports.isWatch()
                // A full sync reads everything; without a plan it may be one.
                || units.cut().mayNeedAll()
                || start.isBeforeFirstListing();
    }

    /** Whether there is anything to {@link #discover}. Waits a moment if another replica has it. */
    public boolean hasMore() throws InterruptedException {
        Run run = run();
        if (run.isDiscovered() && run.leftOver.isWaitingForOthers() && !isStopping(run)) {
            Thread.sleep(Units.LOOK_AT_OTHERS_MS);
        }
        if (run.leftOver.hasPutOff()) {
            run.closeDuckDb();
        }
        return !run.isDiscovered() || (!isStopping(run) && !run.leftOver.isEmpty());
    }

    /**
     * The units of this run, found while they are delivered; after that, what is left over: the objects of bundles that
     * could not be read, and units that another replica had claimed.
     */
    public Iterator<Unit> discover() {
        return ErrorsAsFailures.in(units.discover(run()));
    }

    /** The SQL that gives the unit's records. */
    public String statement(Unit unit, CamelContext routes) {
        Run run = run();
        if (run.keysAreRefused()) {
            fetchKeys(run, routes);
        }
        boolean together = units.areRepeatable() && !run.isAlone();
        exports.dataSource()
                .use(run.duckDb(), together ? exports.sharedReading(definition) : Optional.empty(), units.patience());
        try {
            return units.statement(run, unit);
        } catch (ConnectorException e) {
            if (Failures.kind(e) != Kind.FORBIDDEN) {
                throw e;
            }
            fetchKeys(run, routes);
            return units.statement(run, unit);
        }
    }

    private void fetchKeys(Run run, CamelContext routes) {
        run.refetchKeys(() -> {
            LOG.info("{}: the lake refuses the keys; the connector fetches new ones.", subject());
            return LakeCredentials.ask(routes, tenant, dataset);
        });
    }

    /** The unit's records, cut into batches while they are read. */
    public Batches batches(Iterator<Object[][]> rows, Unit unit, int batchSize) {
        Run run = run();
        return new Batches(
                unit,
                rows,
                batchSize,
                exports.settings().integer("delivery.max-batch-bytes"),
                Math.max(2, exports.settings().integer("delivery.max-in-flight")),
                // A bundle is short, and a stop would repeat all of it.
                () -> unit.isBundle() ? run.tally.isAborted() : isStopping(run));
    }

    /**
     * Records the unit as delivered. Fails unless every record of it was read and is settled: selected = accepted +
     * duplicates + dead-lettered.
     *
     * <p>Not done by the idempotent consumer's completion, because Camel counts a unit with a handled refusal as
     * failed.
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
            DuckDbException why = run().duckDb().statements().whyItEnded(statement);
            throw new ConnectorException(String.valueOf(why.getMessage()), why);
        }
        Counts counts = unit.counts();
        if (!counts.balances() && isStopping(run())) {
            // A bundle is read to its end before anything is sent.
            throw new StoppedException();
        }
        if (!counts.balances()) {
            throw new IllegalStateException("its counts do not balance: " + counts);
        }
        exports.cursor().confirm(exchange, unit.key());
    }

    /**
     * Ends a run: moves the watermark and logs the result.
     *
     * @throws ConnectorException if not everything is delivered
     */
    public void finish() throws StoppedException {
        Run run = run();
        Instant watermark = run.watermark();
        if (watermark != null) {
            exports.cursor().lanes().advance(lane, watermark, run.listing.count() == 0);
        }
        window.ended(run);
        if (run.since.equals(Instant.MIN)) {
            leftOut.tell(run.lake.skipped());
        }
        run.tally.say(
                name,
                destination,
                units.cut().describe(),
                // In watch mode there is nearly always nothing to do.
                !exports.isWatch());
        run.tally.requireAllDelivered(run.lake.place());
    }

    /** Closes everything that the run has open. */
    public void close() {
        Run run = running.get();
        result = Result.NONE;
        if (run != null) {
            try (run) {
                run.tally.missed(units.newOnes(run, run.listing.ahead().iterator()));
                result = run.tally.result();
                failed = run.tally.failed();
            } finally {
                running.set(null);
            }
        }
    }

    /** The same, if a run is open. */
    void closeIfRunning() {
        if (running.get() != null) {
            close();
        }
    }

    /** The versions of the lookups that the last run has joined, by name. */
    Map<String, String> lookupsOfLastRun() {
        return joins.versions();
    }

    /** The result of the last run. */
    Result result() {
        return result;
    }

    /** The result so far of the run under way; empty between two runs. Other threads may call it. */
    Optional<Result> soFar() {
        return Optional.ofNullable(running.get()).map(run -> run.tally.result());
    }

    /** Ends a unit of the current run, successful or not. */
    void done(Unit unit, @Nullable Throwable failure) {
        Trouble trouble = failure == null || unit.hasDeliveryFailed() ? null : Trouble.of(failure);
        if (trouble != null) {
            trouble.blame(unit).ifPresent(neighbour -> exports.signs().failed(lane, neighbour, trouble.reason()));
        }
        exports.company().leave(unit);
        if (trouble != null && !unit.isBundle() && trouble.is(Kind.NO_PROGRESS)) {
            units.endless(unit);
        }
        Run run = run();
        if (failure != null && exports.isStopping()) {
            // A stopped unit has not failed.
            run.done(unit, new StoppedException());
        } else if (trouble != null && trouble.is(Kind.GONE)) {
            run.done(unit, trouble.confirmedBy(run.lake, unit));
        } else {
            run.done(unit, failure);
        }
    }

    private Run run() {
        Run run = running.get();
        if (run == null) {
            throw new IllegalStateException(subject() + " is not running");
        }
        return run;
    }

    /** Lets no further batch start: the export's file has changed or is gone. */
    void end() {
        ended = true;
    }

    /** Lets the current run begin no other batch. Returns whether there is a run. */
    public boolean stopRun() {
        Run run = running.get();
        unwanted = run;
        return run != null;
    }

    private boolean isStopping(Run run) {
        return ended || unwanted == run || exports.isStopping() || run.tally.isAborted();
    }
}
