package com.bytefreezer.connector.lane;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.cursor.Counts;
import com.bytefreezer.connector.cursor.History;
import com.bytefreezer.connector.cursor.History.State;
import com.bytefreezer.connector.delivery.Retries;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.problem.StoppedException;
import com.bytefreezer.connector.signs.Neighbour;
import com.bytefreezer.connector.text.Secrets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Variable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * When each lane runs next, and how its last runs ended. After each further failure the pause doubles, with jitter.
 * Safe for use by several threads.
 */
public final class Schedule {
    private static final Logger LOG = LoggerFactory.getLogger(Schedule.class);

    private final Duration firstPause;
    private final Duration longestPause;
    /** By {@link System#nanoTime}, because the machine's clock may be set back. */
    private final Map<Lane, Long> next = new ConcurrentHashMap<>();

    private final Map<Lane, Integer> failures = new ConcurrentHashMap<>();
    private final Set<Lane> running = ConcurrentHashMap.newKeySet();
    private final Set<Lane> finished = ConcurrentHashMap.newKeySet();
    private final CountDownLatch unfinished;
    private final Predicate<Lane> triggered;
    private final Exports exports;
    private final Retries retries;
    private final History history;
    private final Secrets secrets;
    private final Map<Lane, History.Run> unrecorded = new ConcurrentHashMap<>();
    private volatile boolean missing;
    private volatile @Nullable Exception failure;

    /** @param triggered the lanes that run */
    public Schedule(
            Settings settings,
            Predicate<Lane> triggered,
            Exports exports,
            Retries retries,
            History history,
            Secrets secrets) {
        this.triggered = triggered.and(lane ->
                exports.find(lane).filter(one -> one.definition().enabled()).isPresent());
        this.exports = exports;
        this.retries = retries;
        this.history = history;
        this.secrets = secrets;
        firstPause = Duration.ofSeconds(settings.integer("schedule.retry-delay-seconds"));
        longestPause = Duration.ofSeconds(settings.integer("schedule.max-retry-delay-seconds"));
        unfinished = new CountDownLatch((int)
                exports.all().stream().map(Export::lane).filter(this.triggered).count());
    }

    /** The lanes to run now, each only once until it has run: in watch mode after each interval, otherwise once. */
    public List<Lane> due() {
        return exports.all().stream()
                .map(Export::lane)
                .filter(triggered)
                .filter(this::isDue)
                .toList();
    }

    private boolean isDue(Lane lane) {
        Long due = next.get(lane);
        boolean comes = exports.isWatch() ? due == null || due - System.nanoTime() <= 0 : !finished.contains(lane);
        return comes && running.add(lane);
    }

    /** The time of the lane's next run; empty before and during its first run and while it runs. */
    public Optional<Instant> nextRun(Lane lane) {
        return isRunning(lane)
                ? Optional.empty()
                : Optional.ofNullable(next.get(lane)).map(due -> Instant.now().plusNanos(due - System.nanoTime()));
    }

    /** Makes the export due now, unless it runs. */
    public void runNow(Lane lane) {
        next.remove(lane);
    }

    public boolean isRunning(Lane lane) {
        return running.contains(lane);
    }

    /**
     * Does {@code work} between two runs; none starts meanwhile.
     *
     * @return false if the lane was running
     */
    public boolean betweenRuns(Lane lane, Runnable work) {
        if (!running.add(lane)) {
            return false;
        }
        try {
            work.run();
            return true;
        } finally {
            running.remove(lane);
        }
    }

    /** Forgets a lane that is gone or has changed. */
    void forget(Lane lane) {
        next.remove(lane);
        failures.remove(lane);
        unrecorded.remove(lane);
        finished.remove(lane);
    }

    /** A run has succeeded. */
    public void succeeded(Exchange exchange, @Variable("lane") Lane lane) {
        record(exchange, lane, State.SUCCEEDED, null);
        exports.signs().work(lane);
        failures.remove(lane);
        next.put(lane, System.nanoTime() + exports.get(lane).interval().toNanos());
        finished(lane);
    }

    /** A run has failed: logs the reason in one line, and the time of the next run. */
    public void failed(
            Exchange exchange,
            @Variable("lane") Lane lane,
            @ExchangeProperty(Exchange.EXCEPTION_CAUGHT) Exception failure) {
        // This process does not retry after that.
        boolean stopped = failure instanceof StoppedException || exports.isStopping();
        String why = why(lane, failure);
        record(exchange, lane, stopped ? State.STOPPED : State.FAILED, stopped ? null : why);
        note(lane, failure, stopped);
        int count = failures.merge(lane, 1, Integer::sum);
        this.failure = failure;
        if (stopped) {
            next.put(lane, System.nanoTime() + exports.get(lane).interval().toNanos());
            LOG.info("export {}: stopped. A later run delivers the rest.", lane);
        } else if (exports.isWatch()) {
            Duration pause = pause(count);
            next.put(lane, System.nanoTime() + pause.toNanos());
            LOG.error("{} Next try in {} s.", why, pause.toSeconds());
        } else {
            LOG.error("{}", why);
        }
        LOG.debug("export {}", lane, failure);
        finished(lane);
    }

    /** One line that names the export, and its file if it has one. */
    private String why(Lane lane, Exception failure) {
        Export export = exports.get(lane);
        Run.Result result = export.result();
        boolean nothing = result.objects() == 0 && result.counts().equals(Counts.NONE);
        return Failures.known(failure)
                .saying(export.subject(), nothing ? Problem.NOTHING_EXPORTED : RunTally.REST_UNDELIVERED);
    }

    /** Keeps what the lane waits for until its next run succeeds. */
    private void note(Lane lane, Exception failure, boolean stopped) {
        if (stopped || exports.signs().of(lane).isPresent()) {
            return;
        }
        if (Failures.isNeighbours(failure)) {
            exports.signs().failed(lane, Neighbour.LAKE, Failures.known(failure).saying("", ""));
        } else {
            // The earlier cause has gone, because the present one is another.
            exports.signs().work(lane);
        }
    }

    /** A run could not even start: logs the reason in one line. */
    public void missing(String export, String why) {
        missing = true;
        LOG.error("export {}: {}", export, why);
    }

    /** The last run, if the history could not record it. */
    public Optional<History.Run> unrecorded(Lane lane) {
        return Optional.ofNullable(unrecorded.get(lane));
    }

    /** Whether every run so far has succeeded. */
    public boolean allSucceeded() {
        return failures.isEmpty() && !missing;
    }

    /** The reason of the last failure. */
    public Optional<Exception> failure() {
        return Optional.ofNullable(failure);
    }

    /** Ends the waiting of {@link #awaitAll}. */
    public void giveUp() {
        while (unfinished.getCount() > 0) {
            unfinished.countDown();
        }
    }

    /** Waits until each lane has run once. */
    public void awaitAll() throws InterruptedException {
        unfinished.await();
    }

    private void record(Exchange exchange, Lane lane, State state, @Nullable String message) {
        Run.Result result = exports.get(lane).result();
        Instant started = Instant.ofEpochMilli(exchange.getClock().getCreated());
        History.Run run = new History.Run(
                lane,
                started,
                // The machine's clock may be set back meanwhile.
                started.plusMillis(exchange.getClock().elapsed()),
                state,
                result.objects(),
                result.counts(),
                retries.take(lane),
                result.listed(),
                result.oldestUndelivered(),
                message == null ? null : secrets.mask(message),
                exports.get(lane).lookupsOfLastRun());
        try {
            history.add(run, exports.cursor().pulse().name());
            unrecorded.remove(lane);
        } catch (ConnectorException | Error e) {
            unrecorded.put(lane, run);
            LOG.warn(
                    "{}: {} The history lacks this run; delivered records are not affected.",
                    exports.get(lane).subject(),
                    Failures.describe(e));
        }
    }

    private void finished(Lane lane) {
        running.remove(lane);
        if (finished.add(lane)) {
            unfinished.countDown();
        }
    }

    private Duration pause(int failuresInARow) {
        long doubled = firstPause.toMillis() << Math.min(failuresInARow - 1, 20);
        long pause = Math.min(doubled, longestPause.toMillis());
        return Duration.ofMillis(pause / 2 + ThreadLocalRandom.current().nextLong(pause / 2 + 1));
    }
}
