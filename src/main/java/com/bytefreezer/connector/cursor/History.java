package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.cursor.Pulse.UnderWay;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The runs of each lane, in the cursor's store, whichever process has it. Opens a connection for each call and keeps
 * nothing open. Safe for use by several threads.
 */
public final class History {
    /** The number of runs kept for each lane. */
    private static final int MOST_RUNS = 1000;

    /** How often a process cleans up after killed replicas. */
    private static final Duration BETWEEN_SWEEPS = Duration.ofHours(1);

    private final Visit store;
    private final int mostRuns;
    private final Duration betweenSweeps;
    /** The time of the last {@link #addKilled}, by {@link System#nanoTime}. */
    private final AtomicLong swept = new AtomicLong(System.nanoTime());

    History(Visit store) {
        this(store, MOST_RUNS);
    }

    /** @param mostRuns the number of runs kept for each lane */
    History(Visit store, int mostRuns) {
        this(store, mostRuns, BETWEEN_SWEEPS);
    }

    /** @param betweenSweeps pause between two clean-ups after killed replicas */
    History(Visit store, int mostRuns, Duration betweenSweeps) {
        this.store = store;
        this.mostRuns = mostRuns;
        this.betweenSweeps = betweenSweeps;
    }

    /** The history in the settings' store, for reading. A store that does not exist yet is empty. */
    public static History of(Settings settings) {
        return new History(Visit.of(settings));
    }

    /** The history for writing beside the process that has the {@link Cursor}; empty until a process has created it. */
    public static Optional<History> beside(Settings settings) {
        Visit store = Visit.of(settings);
        return store.finds() ? Optional.of(new History(store)) : Optional.empty();
    }

    /**
     * One run of a lane.
     *
     * @param objects how many it delivered
     * @param retries of batches, by HTTP status or kind of failure
     * @param listed whether the lake could be listed
     * @param oldestUndelivered the LastModified of the oldest object that is listed and not delivered; null if all are
     *     delivered
     * @param message why it failed, otherwise null
     * @param lookups the versions of joined lookups, by name
     */
    public record Run(
            Lane lane,
            Instant started,
            Instant finished,
            State state,
            long objects,
            Counts counts,
            Map<String, Long> retries,
            boolean listed,
            @Nullable Instant oldestUndelivered,
            @Nullable String message,
            Map<String, String> lookups) {
        /** Whether there was nothing to do. */
        boolean isIdle() {
            return state == State.SUCCEEDED && objects == 0 && counts.equals(Counts.NONE) && retries.isEmpty();
        }
    }

    /** How a run ended. */
    public enum State {
        SUCCEEDED,
        FAILED,
        /** A person stopped it. */
        STOPPED,
        /** It delivered dead letters of earlier runs again. */
        REPLAYED,
        /** Its process ended during the run. */
        KILLED
    }

    /**
     * All runs of a lane together, including those no longer kept.
     *
     * @param counts each record once, by its present state
     */
    public record Total(
            Counts counts,
            Map<String, Long> retries,
            @Nullable Instant lastSuccess) {
        static final Total NONE = new Total(Counts.NONE, Map.of(), null);

        /** The total with one more run. */
        public Total plus(Run run) {
            if (run.state() == State.REPLAYED) {
                return new Total(counts.replayed(run.counts().accepted()), retries, lastSuccess);
            }
            boolean succeeded = run.state() == State.SUCCEEDED;
            Map<String, Long> sums = new TreeMap<>(retries);
            run.retries().forEach((code, count) -> sums.merge(code, count, Long::sum));
            return new Total(counts.then(run.counts(), succeeded), sums, succeeded ? run.finished() : lastSuccess);
        }
    }

    /**
     * Adds a run and forgets the oldest runs of the lane. A run that found nothing to do replaces a previous run that
     * found nothing either.
     */
    public void add(Run run) {
        add(run, null);
    }

    /**
     * Adds a run and removes it from the runs under way.
     *
     * @param process that ran it
     */
    public void add(Run run, @Nullable ProcessName process) {
        alone(sql -> {
            List<Run> before = RunTable.newest(sql, run.lane(), "true", 1);
            if (run.isIdle() && !before.isEmpty() && before.get(0).isIdle()) {
                RunTable.forget(sql, before.get(0));
            }
            RunTable.add(sql, run, mostRuns);
            if (process != null) {
                Pulse.forget(sql, run.lane(), process);
                if (System.nanoTime() - swept.get() >= betweenSweeps.toNanos()) {
                    addKilled(sql, process);
                }
            }
            return true;
        });
    }

    /**
     * Adds the runs of killed processes and removes what those processes left. {@link #add} repeats this each hour,
     * because a killed replica may never start again.
     *
     * @param process this one
     */
    public void addKilled(ProcessName process) {
        alone(sql -> {
            addKilled(sql, process);
            return true;
        });
    }

    private void addKilled(Sql sql, ProcessName process) throws SQLException {
        boolean shared = sql.dialect() == Dialect.POSTGRESQL;
        for (UnderWay run : Pulse.runsUnderWay(sql)) {
            if (!run.process().equals(process) && (!shared || run.isKilled())) {
                RunTable.add(sql, run.killed(), mostRuns);
                Pulse.forget(sql, run.lane(), run.process());
            }
        }
        // Replicas may be frozen for a while.
        Pulse.forgetGone(sql, process, shared ? Duration.ofDays(1) : Duration.ZERO);
        swept.set(System.nanoTime());
    }

    /** Only one of several replicas writes at a time, until it commits. */
    private void alone(Database.Work<?> work) {
        store.writing(sql -> {
            sql.awaitOthers("history");
            return work.with(sql);
        });
    }

    /** Fails if writing is impossible now; writes nothing. */
    public void checkWritable() {
        store.explained("cannot be written", () -> {
            store.tryToWrite(sql -> sql.update("DELETE FROM run WHERE lane = ''"));
            return true;
        });
    }

    /** The newest runs of a lane, at most {@code most}, newest first. */
    public List<Run> runs(Lane lane, int most) {
        return store.reading(sql -> RunTable.newest(sql, lane, "true", most));
    }

    /** The newest export run of a lane, whatever its result. */
    public Optional<Run> last(Lane lane) {
        return newest(lane, "state <> 'REPLAYED'");
    }

    /** The newest run of a lane that selected a record. */
    public Optional<Run> lastWithData(Lane lane) {
        return newest(lane, "selected > 0");
    }

    /** The newest run of a lane that could list the lake. */
    public Optional<Run> lastListing(Lane lane) {
        return newest(lane, "listed = 1");
    }

    private Optional<Run> newest(Lane lane, String condition) {
        return store.reading(sql -> RunTable.newest(sql, lane, condition, 1)).stream()
                .findFirst();
    }

    /** The total of a lane's runs that have ended. */
    public Total total(Lane lane) {
        return store.reading(sql -> RunTable.total(sql, lane));
    }

    /** Answers all {@code questions} of this thread over one connection, for callers with many lanes. */
    public <T> T together(Supplier<T> questions) {
        return store.together(questions);
    }
}
