package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.signs.Retrying;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The heartbeats of the processes that use this cursor: when each wrote last, what its exports wait for, and the runs
 * under way with their counts so far. The rows of a process that is gone belong to killed runs. Safe for use by several
 * threads.
 */
public final class Pulse {
    /** A process that has written nothing for this long hangs, is gone or cannot write. */
    public static final Duration SILENCE = Duration.ofSeconds(15);

    private static final String COUNT =
            "UPDATE run_under_way SET objects = objects + ?, selected = selected + ?, accepted = accepted + ?, duplicates = duplicates + ?,"
                    + " dead_lettered = dead_lettered + ? WHERE lane = ? AND process = ?";

    private final Store store;
    private final ProcessName self = ProcessName.ofThis();

    Pulse(Store store) {
        this.store = store;
    }

    /** Names this process. */
    public ProcessName name() {
        return self;
    }

    /**
     * A run under way, as recorded.
     *
     * @param process that runs it
     * @param heard its last heartbeat
     * @param silence the time since then, by the store's clock
     */
    public record UnderWay(
            Lane lane,
            ProcessName process,
            Instant started,
            Instant heard,
            Duration silence,
            long objects,
            Counts counts) {
        /** Whether the next heartbeat is overdue. */
        public boolean isSilent() {
            return silence.compareTo(SILENCE) > 0;
        }

        /** Whether its process is gone. */
        public boolean isKilled() {
            // Its process may have ended in order.
            return heard.equals(Instant.EPOCH) || process.isGone(silence);
        }

        /** The same run as killed. */
        public History.Run killed() {
            return new History.Run(
                    lane,
                    started,
                    heard.isBefore(started) ? started : heard,
                    History.State.KILLED,
                    objects,
                    counts,
                    Map.of(),
                    false,
                    null,
                    "its process ended during the run",
                    Map.of());
        }
    }

    /** What a lane's processes report. */
    public record Seen(List<UnderWay> runs, @Nullable Retrying retrying) {
        public static final Seen NOTHING = new Seen(List.of(), null);
    }

    static void makeTables(Sql sql) throws SQLException {
        Tables.make(
                sql,
                "CREATE TABLE process (name TEXT PRIMARY KEY, beat_ms BIGINT NOT NULL)%2$s",
                "CREATE TABLE lane_user (lane TEXT, process TEXT, query TEXT NOT NULL, PRIMARY KEY (lane, process))%2$s",
                "CREATE TABLE retrying (lane TEXT, process TEXT, since_ms BIGINT NOT NULL, why TEXT NOT NULL, stands BOOLEAN NOT NULL, PRIMARY KEY (lane, process))%2$s",
                "CREATE TABLE run_under_way (lane TEXT, process TEXT, started_ms BIGINT NOT NULL, objects BIGINT NOT NULL, selected BIGINT NOT NULL,"
                        + " accepted BIGINT NOT NULL, duplicates BIGINT NOT NULL, dead_lettered BIGINT NOT NULL, PRIMARY KEY (lane, process))%2$s");
    }

    /** Writes a heartbeat, with what the lanes of this process wait for. */
    public void beat(Map<Lane, Retrying> retrying) {
        List<@Nullable Object[]> rows = retrying.entrySet().stream()
                .map(each -> new @Nullable Object[] {
                    each.getKey(),
                    self.text(),
                    each.getValue().since(),
                    each.getValue().why(),
                    each.getValue().stands()
                })
                .toList();
        store.noting(sql -> {
            if (store.room().isPresent()) {
                store.room().get().requireAtAGlance();
            }
            sql.update(
                    "INSERT INTO process (name, beat_ms) VALUES (?, %s) ON CONFLICT (name) DO UPDATE SET beat_ms = excluded.beat_ms"
                            .formatted(sql.now()),
                    self.text());
            sql.update("DELETE FROM retrying WHERE process = ?", self.text());
            return sql.updateEach(
                    "INSERT INTO retrying (lane, process, since_ms, why, stands) VALUES (?, ?, ?, ?, ?)", rows);
        });
    }

    /** Removes this process, which ends in order. */
    public void end() {
        store.noting(sql -> {
            sql.update("DELETE FROM retrying WHERE process = ?", self.text());
            sql.update("DELETE FROM lane_user WHERE process = ?", self.text());
            return sql.update("DELETE FROM process WHERE name = ?", self.text());
        });
    }

    /** Records that a run of this process has something to deliver. */
    public void begins(Lane lane, Instant started) {
        store.noting(sql -> {
            forget(sql, lane, self);
            return sql.update("INSERT INTO run_under_way VALUES (?, ?, ?, 0, 0, 0, 0, 0)", lane, self.text(), started);
        });
    }

    /** Adds to the counts of this process's run. */
    void count(Sql sql, Lane lane, long objects, Counts more) throws SQLException {
        sql.update(
                COUNT,
                objects,
                more.selected(),
                more.accepted(),
                more.duplicates(),
                more.deadLettered(),
                lane,
                self.text());
    }

    static void forget(Sql sql, Lane lane, ProcessName process) throws SQLException {
        sql.update("DELETE FROM run_under_way WHERE lane = ? AND process = ?", lane, process.text());
    }

    /** Removes processes without a run under way that have been silent for {@code silence} or longer. */
    static void forgetGone(Sql sql, ProcessName self, Duration silence) throws SQLException {
        sql.update(
                "DELETE FROM process WHERE name <> ? AND %s - beat_ms >= ? AND name NOT IN (SELECT process FROM run_under_way)"
                        .formatted(sql.now()),
                self.text(),
                silence.toMillis());
        for (String table : new String[] {"lane_user", "retrying"}) {
            sql.update(
                    "DELETE FROM %s WHERE process <> ? AND process NOT IN (SELECT name FROM process)".formatted(table),
                    self.text());
        }
    }

    static List<UnderWay> runsUnderWay(Sql sql) throws SQLException {
        return sql.list(
                "SELECT lane, process, started_ms, coalesce(p.beat_ms, 0), %s - coalesce(p.beat_ms, 0), objects, selected, accepted, duplicates, dead_lettered"
                                .formatted(sql.now())
                        + " FROM run_under_way r LEFT JOIN process p ON p.name = r.process",
                row -> new UnderWay(
                        row.lane(),
                        new ProcessName(row.text()),
                        row.time(),
                        row.time(),
                        Duration.ofMillis(row.number()),
                        row.number(),
                        row.counts()));
    }

    static Seen of(Sql sql, Lane lane) throws SQLException {
        List<UnderWay> runs = runsUnderWay(sql).stream()
                .filter(run -> run.lane().equals(lane))
                .toList();
        Optional<Retrying> retrying = sql.first(
                "SELECT since_ms, why, stands, %1$s - since_ms FROM retrying r JOIN process p ON p.name = r.process WHERE lane = ? AND %1$s - p.beat_ms <= ? ORDER BY since_ms"
                        .formatted(sql.now()),
                row -> new Retrying(row.time(), row.text(), row.flag(), Duration.ofMillis(Math.max(0, row.number()))),
                lane,
                SILENCE.toMillis());
        return new Seen(runs, retrying.orElse(null));
    }
}
