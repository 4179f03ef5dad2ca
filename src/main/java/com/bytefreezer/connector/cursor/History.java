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
 * How the runs of each lane went, in the cursor's store, whichever process has that. Opens a connection for each call and
 * holds nothing. Safe for use by several threads.
 */
public final class History {
    /** Of each lane so many runs are kept. */
    private static final int MOST_RUNS = 1000;

    /** How often a process looks for what killed replicas have left. */
    private static final Duration BETWEEN_SWEEPS = Duration.ofHours(1);

    private final Visit store;
    private final int mostRuns;
    private final Duration betweenSweeps;
    /** When {@link #addKilled} was done last, by {@link System#nanoTime}. */
    private final AtomicLong swept = new AtomicLong(System.nanoTime());

    History(Visit store) {
        this(store, MOST_RUNS);
    }

    /** @param mostRuns of each lane so many are kept */
    History(Visit store, int mostRuns) {
        this(store, mostRuns, BETWEEN_SWEEPS);
    }

    /** @param betweenSweeps how long what killed replicas have left may stay */
    History(Visit store, int mostRuns, Duration betweenSweeps) {
        this.store = store;
        this.mostRuns = mostRuns;
        this.betweenSweeps = betweenSweeps;
    }

    /** In the store that the settings name, to look. One that is not there yet is empty. */
    public static History of(Settings settings) {
        return new History(Visit.of(settings));
    }

    /** To write beside the process that has the {@link Cursor}; empty while no process has had it. */
    public static Optional<History> beside(Settings settings) {
        Visit store = Visit.of(settings);
        return store.finds() ? Optional.of(new History(store)) : Optional.empty();
    }

    /**
     * One run of a lane.
     *
     * @param objects how many it delivered
     * @param retries of batches, by HTTP status or what else went wrong
     * @param listed whether the lake could be listed
     * @param oldestUndelivered the LastModified of the oldest object that is listed and not delivered; null when all are
     * @param message why it failed, else null
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
            @Nullable String message) {
        /** Whether there was nothing to do. */
        boolean isIdle() {
            return state == State.SUCCEEDED && objects == 0 && counts.equals(Counts.NONE) && retries.isEmpty();
        }
    }

    /** How a run ended. */
    public enum State {
        SUCCEEDED,
        FAILED,
        /** By a person, in the middle. */
        STOPPED,
        /** It delivered dead letters of earlier runs once more. */
        REPLAYED,
        /** Its process ended in the middle. */
        KILLED
    }

    /**
     * All runs of a lane together, also those that are not kept any more.
     *
     * @param counts each record once, by what has become of it by now
     */
    public record Total(
            Counts counts,
            Map<String, Long> retries,
            @Nullable Instant lastSuccess) {
        static final Total NONE = new Total(Counts.NONE, Map.of(), null);

        /** With one run more. */
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
     * Adds a run, and forgets the oldest ones of the lane. A run that found nothing to do takes the place of the run
     * before when that found nothing, too.
     */
    public void add(Run run) {
        add(run, null);
    }

    /**
     * The same, which is not under way any more.
     *
     * @param process that had it
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
     * Adds the runs that were under way when their processes were killed, and forgets what these have left. Done again by
     * {@link #add} each hour, since replicas may be killed that never start again.
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

    /** Of several replicas one writes, until it commits. */
    private void alone(Database.Work<?> work) {
        store.writing(sql -> {
            sql.awaitOthers("history");
            return work.with(sql);
        });
    }

    /** Writes nothing, but fails when that would not work now. */
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

    /** The newest run of a lane that exported, well or not. */
    public Optional<Run> last(Lane lane) {
        return newest(lane, "state <> 'REPLAYED'");
    }

    /** The newest run of a lane that could list the lake. */
    public Optional<Run> lastListing(Lane lane) {
        return newest(lane, "listed = 1");
    }

    private Optional<Run> newest(Lane lane, String condition) {
        return store.reading(sql -> RunTable.newest(sql, lane, condition, 1)).stream()
                .findFirst();
    }

    /** All that a lane has done, in runs that have ended. */
    public Total total(Lane lane) {
        return store.reading(sql -> RunTable.total(sql, lane));
    }

    /** Answers what this thread asks of the store meanwhile over one connection; for who asks about many lanes. */
    public <T> T together(Supplier<T> questions) {
        return store.together(questions);
    }
}
