package com.bytefreezer.connector.cage;

import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.problem.ApiException;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem.Kind;
import com.bytefreezer.connector.query.Engine;
import com.bytefreezer.connector.signs.Periodic;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Limits people's statements: how many run at the same time ({@code server.max-queries}), how long one takes ({@code
 * server.query-timeout-seconds}) and its memory; and lets a person cancel one. Each runs in its own process, which is
 * ended if it exceeds a limit. The page also looks at datasets by itself; these looks wait for slots of their own, of
 * the same number. Safe for use by several threads.
 */
public final class Watchdog {
    /** Maximum time that a statement continues after it should have ended. */
    private static final Duration PERIOD = Duration.ofMillis(50);

    private static final String TOO_MUCH_MEMORY =
            "The query needs more memory and temporary space than it may use. Choose a smaller range, fewer columns or no sorting.";

    /** Each waiting look occupies a thread of the server. */
    private static final int MOST_WAITING = 32;

    private final Cage cage;
    private final int seconds;
    private final int most;
    private final Semaphore queries;
    private final Semaphore looks;
    private final Map<String, Running> running = new ConcurrentHashMap<>();
    private final Map<String, Runnable> others = new ConcurrentHashMap<>();
    /** Ids of {@link #cancelForGood}: their queries may begin later. */
    private final Set<String> cancelledForGood = ConcurrentHashMap.newKeySet();

    private final ScheduledExecutorService clock = Periodic.thread("watchdog");

    public Watchdog(Settings settings, Cage cage) {
        this.cage = cage;
        seconds = settings.integer("server.query-timeout-seconds");
        most = settings.integer("server.max-queries");
        queries = new Semaphore(most);
        looks = new Semaphore(most, true);
    }

    /**
     * Starts a query; close it at its end.
     *
     * @param id for cancelling it, or null
     * @throws ApiException if too many queries are running, or one with this id
     */
    public Running query(@Nullable String id) {
        Running begun = enter(id, queries);
        if (!queries.tryAcquire()) {
            running.remove(begun.id);
            throw ApiException.busy(
                    "%d queries are running already, the maximum of server.max-queries. Wait for one, or cancel it."
                            .formatted(most));
        }
        begun.start();
        return begun;
    }

    /**
     * Starts a look at a dataset when a slot is free; close it at its end.
     *
     * @param id for cancelling it, or null
     * @throws ApiException if too many are waiting, if no slot becomes free in time, or if one with this id is running
     */
    public Running look(@Nullable String id) {
        if (looks.getQueueLength() >= MOST_WAITING) {
            throw ApiException.busy("%d others are waiting to look at datasets. Try again.".formatted(MOST_WAITING));
        }
        // A look that is cancelled while it waits ends as soon as it gets a slot.
        Running begun = enter(id, looks);
        if (!hasTurn()) {
            running.remove(begun.id);
            throw ApiException.busy("Others have been looking at datasets for %d s. Try again.".formatted(seconds));
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
            throw ApiException.conflict("A query with the query_id %s is running already.".formatted(id));
        }
        if (cancelledForGood.contains(begun.id)) {
            begun.cancelled = true;
        }
        return begun;
    }

    /**
     * Does work with an id that can be cancelled like a query.
     *
     * @param stop ends the work; may be called several times, from any thread
     */
    public <T> T cancellable(@Nullable String id, Runnable stop, Callable<T> work) throws Exception {
        if (id == null) {
            return work.call();
        }
        others.put(id, stop);
        if (cancelledForGood.contains(id)) {
            stop.run();
        }
        try {
            return work.call();
        } finally {
            others.remove(id, stop);
        }
    }

    /** Cancels what runs with this id; returns whether anything did. */
    public boolean cancel(String id) {
        Runnable other = others.get(id);
        if (other != null) {
            other.run();
            return true;
        }
        Running found = running.get(id);
        if (found == null) {
            return false;
        }
        found.cancelled = true;
        found.tick();
        return true;
    }

    /** Cancels what runs with this id, and what begins with it before {@link #forget}. */
    public void cancelForGood(String id) {
        // Before the look at what runs: what begins meanwhile sees it.
        cancelledForGood.add(id);
        cancel(id);
    }

    /** No more begins with this id. */
    public void forget(String id) {
        cancelledForGood.remove(id);
    }

    /** A running query or look. */
    public final class Running implements AutoCloseable {
        private final String id;
        private final Semaphore turns;
        private volatile long started = System.nanoTime();
        private volatile boolean cancelled;
        private volatile Supplier<Optional<String>> limit = Optional::empty;
        private volatile @Nullable Cell cell;
        private volatile @Nullable Future<?> ticks;

        private Running(String id, Semaphore turns) {
            this.id = id;
            this.turns = turns;
        }

        /**
         * Its database, in which statements run one after the other.
         *
         * @throws ConnectorException if it should have ended
         */
        public Engine engine() {
            Cell taken = cell;
            if (taken == null) {
                check();
                taken = cage.take();
                cell = taken;
            }
            check();
            return taken;
        }

        /**
         * Fails if it should have ended.
         *
         * @throws ConnectorException with the reason
         */
        public void check() {
            if (hasToEnd()) {
                throw new ConnectorException(why());
            }
        }

        /** A further limit: ends it as soon as this says why. */
        public void limit(Supplier<Optional<String>> exceeded) {
            limit = exceeded;
        }

        private String why() {
            return cancelled
                    ? "The query was cancelled."
                    : "The query took longer than %d s and was stopped. Choose a smaller range, or raise server.query-timeout-seconds."
                            .formatted(seconds);
        }

        /** The failure in one line, for the person who asked. */
        public String reason(ConnectorException e) {
            return end(e.kind()).orElseGet(() -> e.saying(""));
        }

        /** The reason for the stop if it was stopped, else the failure. */
        public RuntimeException told(ConnectorException e) {
            return end(e.kind())
                    .<RuntimeException>map(end -> ApiException.failed(end))
                    .orElse(e);
        }

        private Optional<String> end(Kind kind) {
            if (hasToEnd()) {
                return Optional.of(why());
            }
            Cell its = cell;
            Optional<String> end = its == null ? Optional.empty() : its.end();
            boolean tooMuch = kind == Kind.NO_MEMORY || kind == Kind.NO_ROOM;
            return end.isEmpty() && tooMuch ? Optional.of(TOO_MUCH_MEMORY) : end;
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
            } else {
                limit.get().ifPresent(watched::kill);
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
