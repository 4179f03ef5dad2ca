package com.bytefreezer.connector.cage;

import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.problem.ApiException;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.query.Engine;
import com.bytefreezer.connector.signs.Periodic;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what people ask within its limits: how many statements run at the same time ({@code server.max-queries}), how
 * long one takes ({@code server.query-timeout-seconds}), how much memory, and that one ends when a person says so. Each has
 * a process of its own, which is ended where it goes too far. The page looks at
 * several things by itself; such a look waits for its turn, and has as many turns as queries have. Safe for use by several
 * threads.
 */
public final class Watchdog {
    /** How long a statement goes on at most after it should have ended. */
    private static final Duration PERIOD = Duration.ofMillis(50);

    private static final String TOO_MUCH_MEMORY =
            "The query needs more memory and temporary space than it may have. Choose a smaller range, fewer columns or no sorting.";

    /** Each of them occupies a thread of the server. */
    private static final int MOST_WAITING = 32;

    private final Cage cage;
    private final int seconds;
    private final int most;
    private final Semaphore queries;
    private final Semaphore looks;
    private final Map<String, Running> running = new ConcurrentHashMap<>();
    private final ScheduledExecutorService clock = Periodic.thread("watchdog");

    public Watchdog(Settings settings, Cage cage) {
        this.cage = cage;
        seconds = settings.integer("server.query-timeout-seconds");
        most = settings.integer("server.max-queries");
        queries = new Semaphore(most);
        looks = new Semaphore(most, true);
    }

    /**
     * Begins a query; to be closed at its end.
     *
     * @param id by which it can be cancelled, or null
     * @throws ApiException when too much runs already, or something with this id
     */
    public Running query(@Nullable String id) {
        Running begun = enter(id, queries);
        if (!queries.tryAcquire()) {
            running.remove(begun.id);
            throw new ApiException(
                    429,
                    "%d queries run already, which is what server.max-queries allows. Wait for one, or cancel it."
                            .formatted(most));
        }
        begun.start();
        return begun;
    }

    /**
     * Begins a look at a dataset when it has its turn; to be closed at its end.
     *
     * @param id by which it can be cancelled, or null
     * @throws ApiException when too many wait already, when it gets no turn in time, or something with this id runs
     */
    public Running look(@Nullable String id) {
        if (looks.getQueueLength() >= MOST_WAITING) {
            throw new ApiException(429, "%d others wait to look at datasets. Try again.".formatted(MOST_WAITING));
        }
        // What is cancelled while it waits ends as soon as it has its turn.
        Running begun = enter(id, looks);
        if (!hasTurn()) {
            running.remove(begun.id);
            throw new ApiException(429, "Others look at datasets for %d s already. Try again.".formatted(seconds));
        }
        begun.start();
        return begun;
    }

    private boolean hasTurn() {
        try {
            return looks.tryAcquire(seconds, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private Running enter(@Nullable String id, Semaphore turns) {
        Running begun =
                new Running(id == null || id.isBlank() ? UUID.randomUUID().toString() : id, turns);
        if (running.putIfAbsent(begun.id, begun) != null) {
            throw new ApiException(409, "A query with the query_id %s runs already.".formatted(id));
        }
        return begun;
    }

    /** Whether something with this id runs, which then ends soon. */
    public boolean cancel(String id) {
        Running found = running.get(id);
        if (found == null) {
            return false;
        }
        found.cancelled = true;
        found.tick();
        return true;
    }

    /** Something that runs. */
    public final class Running implements AutoCloseable {
        private final String id;
        private final Semaphore turns;
        private volatile long started = System.nanoTime();
        private volatile boolean cancelled;
        private volatile @Nullable Cell cell;
        private volatile @Nullable Future<?> ticks;

        private Running(String id, Semaphore turns) {
            this.id = id;
            this.turns = turns;
        }

        /**
         * Where its statements run, one after the other.
         *
         * @throws ConnectorException when it should have ended
         */
        public Engine engine() {
            Cell taken = cell;
            if (taken == null) {
                taken = cage.take();
                cell = taken;
            }
            check();
            return taken;
        }

        /**
         * Fails when it should have ended.
         *
         * @throws ConnectorException that says why
         */
        public void check() {
            if (hasToEnd()) {
                throw new ConnectorException(why());
            }
        }

        private String why() {
            return cancelled
                    ? "The query was cancelled."
                    : "The query took longer than %d s and was stopped. Choose a smaller range, or raise server.query-timeout-seconds."
                            .formatted(seconds);
        }

        /** What has failed, in one line, as a person who asks would have it said. */
        public String reason(ConnectorException e) {
            if (hasToEnd()) {
                return why();
            }
            Cell its = cell;
            Optional<String> end = its == null ? Optional.empty() : its.end();
            if (end.isPresent()) {
                return end.get();
            }
            String reason = e.saying("");
            // DuckDB may list fifty of them.
            return reason.contains("Out of Memory Error")
                    ? TOO_MUCH_MEMORY
                    : reason.replaceFirst(" Candidate functions: .*", "");
        }

        /** What ended it where it was stopped; else what failed. */
        public RuntimeException told(ConnectorException e) {
            String reason = reason(e);
            return reason.equals(e.getMessage()) ? e : new ApiException(422, reason);
        }

        @Override
        public void close() {
            Future<?> ticking = ticks;
            if (ticking != null) {
                ticking.cancel(false);
            }
            Cell taken = cell;
            if (taken != null) {
                cage.giveBack(taken);
            }
            running.remove(id);
            turns.release();
        }

        private void start() {
            started = System.nanoTime();
            ticks = Periodic.each(PERIOD, clock, "the watch over query " + id, this::tick);
        }

        private void tick() {
            Cell watched = cell;
            if (watched == null) {
                return;
            }
            if (hasToEnd()) {
                watched.kill(why());
            } else if (watched.memory() > cage.mostMemory()) {
                watched.kill(TOO_MUCH_MEMORY);
            }
        }

        /** Whether it was cancelled or is late. */
        public boolean hasToEnd() {
            return cancelled || isLate();
        }

        private boolean isLate() {
            return System.nanoTime() - started > TimeUnit.SECONDS.toNanos(seconds);
        }
    }
}
