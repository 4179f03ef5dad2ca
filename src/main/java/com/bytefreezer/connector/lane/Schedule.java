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
 * When each export to a destination, a lane, runs next, and how the last runs went. After a failure the pause doubles with each further one, with
 * jitter. Safe for use by several threads.
 */
public final class Schedule {
    private static final Logger LOG = LoggerFactory.getLogger(Schedule.class);

    private final Duration firstPause;
    private final Duration longestPause;
    /** By {@link System#nanoTime}, since the clock of the machine may be put back. */
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

    /** @param triggered which of the lanes run */
    public Schedule(
            Settings settings,
            Predicate<Lane> triggered,
            Exports exports,
            Retries retries,
            History history,
            Secrets secrets) {
        this.triggered = triggered.and(
                lane -> exports.find(lane).filter(Export::isEnabled).isPresent());
        this.exports = exports;
        this.retries = retries;
        this.history = history;
        this.secrets = secrets;
        firstPause = Duration.ofSeconds(settings.integer("schedule.retry-delay-seconds"));
        longestPause = Duration.ofSeconds(settings.integer("schedule.max-retry-delay-seconds"));
        unfinished = new CountDownLatch((int)
                exports.all().stream().map(Export::lane).filter(this.triggered).count());
    }

    /** The lanes that are to run now, and not once more before they have: in watch mode after each interval, else once. */
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

    /** When the export runs next, once it has run; empty while it runs. */
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
     * Does {@code work} while the export does not run, and lets none begin.
     *
     * @return whether it could
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

    /** Knows nothing of a lane any more: it is gone, or another one. */
    void forget(Lane lane) {
        next.remove(lane);
        failures.remove(lane);
        unrecorded.remove(lane);
        finished.remove(lane);
    }

    /** A run has ended well. */
    public void succeeded(Exchange exchange, @Variable("lane") Lane lane) {
        record(exchange, lane, State.SUCCEEDED, null);
        exports.signs().work(lane);
        failures.remove(lane);
        next.put(lane, System.nanoTime() + exports.get(lane).interval().toNanos());
        finished(lane);
    }

    /** A run has failed: says why, in one line, and when the next one is. */
    public void failed(
            Exchange exchange,
            @Variable("lane") Lane lane,
            @ExchangeProperty(Exchange.EXCEPTION_CAUGHT) Exception failure) {
        // What fails then is not tried again by this process.
        boolean stopped = failure instanceof StoppedException || exports.isStopping();
        String why = why(lane, failure);
        record(exchange, lane, stopped ? State.STOPPED : State.FAILED, stopped ? null : why);
        note(lane, failure, stopped);
        int count = failures.merge(lane, 1, Integer::sum);
        this.failure = failure;
        if (stopped) {
            LOG.info("export {}: stopped. What is not delivered stays to be delivered.", lane);
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

    /** In one line that names the export, and its file where it has one. */
    private String why(Lane lane, Exception failure) {
        Export export = exports.get(lane);
        Run.Result result = export.result();
        boolean nothing = result.objects() == 0 && result.counts().equals(Counts.NONE);
        return Failures.known(failure)
                .saying(export.subject(), nothing ? Problem.NOTHING_EXPORTED : RunTally.REST_UNDELIVERED);
    }

    /** What the lane waits for until its next run has gone well. */
    private void note(Lane lane, Exception failure, boolean stopped) {
        if (stopped || exports.signs().of(lane).isPresent()) {
            return;
        }
        if (Failures.isNeighbours(failure)) {
            exports.signs().failed(lane, Neighbour.LAKE, Failures.known(failure).saying("", ""));
        } else {
            // What had failed before has worked, since it is something else that fails now.
            exports.signs().work(lane);
        }
    }

    /** What cannot even run: says why, in one line. */
    public void missing(String export, String why) {
        missing = true;
        LOG.error("export {}: {}", export, why);
    }

    /** The last run, where it could not be written into the history. */
    public Optional<History.Run> unrecorded(Lane lane) {
        return Optional.ofNullable(unrecorded.get(lane));
    }

    /** Whether every run so far has ended well. */
    public boolean allSucceeded() {
        return failures.isEmpty() && !missing;
    }

    /** Why the last run that failed has failed. */
    public Optional<Exception> failure() {
        return Optional.ofNullable(failure);
    }

    /** Nobody has to wait any longer. */
    public void giveUp() {
        while (unfinished.getCount() > 0) {
            unfinished.countDown();
        }
    }

    /** Waits until each export has run once. */
    public void awaitAll() throws InterruptedException {
        unfinished.await();
    }

    private void record(Exchange exchange, Lane lane, State state, @Nullable String message) {
        Run.Result result = exports.get(lane).result();
        History.Run run = new History.Run(
                lane,
                Instant.ofEpochMilli(exchange.getClock().getCreated()),
                Instant.now(),
                state,
                result.objects(),
                result.counts(),
                retries.take(lane),
                result.listed(),
                result.oldestUndelivered(),
                message == null ? null : secrets.mask(message));
        try {
            history.add(run, exports.cursor().pulse().name());
            unrecorded.remove(lane);
        } catch (ConnectorException | Error e) {
            unrecorded.put(lane, run);
            LOG.warn(
                    "{}: {} The run is missing in the history; delivered records are not affected.",
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
