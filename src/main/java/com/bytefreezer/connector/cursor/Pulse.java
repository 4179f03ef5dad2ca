package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.signs.Retrying;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The signs of life of the processes that have this cursor, for others to see: when each wrote last, what its exports wait
 * for, and which runs are under way with what they have recorded so far. Rows of a process that is gone are those of runs
 * that were killed. Safe for use by several threads.
 */
public final class Pulse {
    /** A process that has written nothing for so long hangs, is gone or cannot write. */
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
     * A run that has not ended, as far as it is recorded.
     *
     * @param process that runs it
     * @param heard when that wrote last
     * @param silent whether that is too long ago
     */
    public record UnderWay(
            String lane,
            ProcessName process,
            Instant started,
            Instant heard,
            boolean silent,
            long objects,
            Counts counts) {
        /** Whether its process is gone. */
        public boolean isKilled() {
            return process.isGone(silent, heard);
        }

        /** As a run that has ended so. */
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
                    "its process ended in the middle");
        }
    }

    /** What is seen of a lane's processes. */
    public record Seen(List<UnderWay> runs, @Nullable Retrying retrying) {
        public static final Seen NOTHING = new Seen(List.of(), null);
    }

    static void makeTables(Connection connection, Schema.Dialect dialect) throws SQLException {
        Schema.execute(
                connection,
                dialect,
                "CREATE TABLE process (name TEXT PRIMARY KEY, beat_ms BIGINT NOT NULL)%2$s",
                "CREATE TABLE lane_user (lane TEXT, process TEXT, query TEXT NOT NULL, PRIMARY KEY (lane, process))%2$s",
                "CREATE TABLE retrying (lane TEXT, process TEXT, since_ms BIGINT NOT NULL, why TEXT NOT NULL, stands BOOLEAN NOT NULL, PRIMARY KEY (lane, process))%2$s",
                "CREATE TABLE run_under_way (lane TEXT, process TEXT, started_ms BIGINT NOT NULL, objects BIGINT NOT NULL, selected BIGINT NOT NULL,"
                        + " accepted BIGINT NOT NULL, duplicates BIGINT NOT NULL, dead_lettered BIGINT NOT NULL, PRIMARY KEY (lane, process))%2$s");
    }

    /** This process lives, and its lanes wait for what {@code retrying} says. */
    public void beat(Map<String, Retrying> retrying) {
        store.noting(connection -> {
            store.requireSpace();
            try (PreparedStatement beat = connection.prepareStatement("INSERT INTO process (name, beat_ms) VALUES (?, "
                            + store.now() + ") ON CONFLICT (name) DO UPDATE SET beat_ms = excluded.beat_ms");
                    PreparedStatement forget = connection.prepareStatement("DELETE FROM retrying WHERE process = ?");
                    PreparedStatement add = connection.prepareStatement(
                            "INSERT INTO retrying (lane, process, since_ms, why, stands) VALUES (?, ?, ?, ?, ?)")) {
                beat.setString(1, self.text());
                beat.executeUpdate();
                forget.setString(1, self.text());
                forget.executeUpdate();
                for (Map.Entry<String, Retrying> each : retrying.entrySet()) {
                    add.setString(1, each.getKey());
                    add.setString(2, self.text());
                    add.setLong(3, each.getValue().since().toEpochMilli());
                    add.setString(4, each.getValue().why());
                    add.setBoolean(5, each.getValue().stands());
                    add.addBatch();
                }
                add.executeBatch();
            }
            return true;
        });
    }

    /** This process ends in order. */
    public void end() {
        store.noting(connection -> {
            for (String table :
                    new String[] {"retrying WHERE process", "lane_user WHERE process", "process WHERE name"}) {
                try (PreparedStatement forget = connection.prepareStatement("DELETE FROM " + table + " = ?")) {
                    forget.setString(1, self.text());
                    forget.executeUpdate();
                }
            }
            return true;
        });
    }

    /** A run of this process has something to deliver. */
    public void begins(String lane, Instant started) {
        store.noting(connection -> {
            forget(connection, lane, self);
            try (PreparedStatement add =
                    connection.prepareStatement("INSERT INTO run_under_way VALUES (?, ?, ?, 0, 0, 0, 0, 0)")) {
                add.setString(1, lane);
                add.setString(2, self.text());
                add.setLong(3, started.toEpochMilli());
                return add.executeUpdate();
            }
        });
    }

    /** So much more is recorded of the run of this process. */
    void count(Connection connection, String lane, long objects, Counts more) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(COUNT)) {
            statement.setLong(1, objects);
            statement.setLong(2, more.selected());
            statement.setLong(3, more.accepted());
            statement.setLong(4, more.duplicates());
            statement.setLong(5, more.deadLettered());
            statement.setString(6, lane);
            statement.setString(7, self.text());
            statement.executeUpdate();
        }
    }

    static void forget(Connection connection, String lane, ProcessName process) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("DELETE FROM run_under_way WHERE lane = ? AND process = ?")) {
            statement.setString(1, lane);
            statement.setString(2, process.text());
            statement.executeUpdate();
        }
    }

    /** What processes have left that have been silent for {@code silence} or longer, and have no run under way. */
    static void forgetGone(Connection connection, String now, ProcessName self, Duration silence) throws SQLException {
        try (PreparedStatement gone = connection.prepareStatement("DELETE FROM process WHERE name <> ? AND " + now
                + " - beat_ms >= ? AND name NOT IN (SELECT process FROM run_under_way)")) {
            gone.setString(1, self.text());
            gone.setLong(2, silence.toMillis());
            gone.executeUpdate();
        }
        for (String table : new String[] {"lane_user", "retrying"}) {
            try (PreparedStatement left = connection.prepareStatement(
                    "DELETE FROM " + table + " WHERE process <> ? AND process NOT IN (SELECT name FROM process)")) {
                left.setString(1, self.text());
                left.executeUpdate();
            }
        }
    }

    /** @param now SQL for the time in milliseconds, by the store's clock */
    static List<UnderWay> runsUnderWay(Connection connection, String now) throws SQLException {
        List<UnderWay> runs = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(
                        "SELECT r.*, p.beat_ms, %s - coalesce(p.beat_ms, 0) AS silent_ms FROM run_under_way r LEFT JOIN process p ON p.name = r.process"
                                .formatted(now));
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                runs.add(new UnderWay(
                        row.getString("lane"),
                        new ProcessName(row.getString("process")),
                        Instant.ofEpochMilli(row.getLong("started_ms")),
                        Instant.ofEpochMilli(row.getLong("beat_ms")),
                        row.getLong("silent_ms") > SILENCE.toMillis(),
                        row.getLong("objects"),
                        new Counts(
                                row.getLong("selected"),
                                row.getLong("accepted"),
                                row.getLong("duplicates"),
                                row.getLong("dead_lettered"))));
            }
        }
        return runs;
    }

    static Seen of(Connection connection, String now, String lane) throws SQLException {
        List<UnderWay> runs = runsUnderWay(connection, now).stream()
                .filter(run -> run.lane().equals(lane))
                .toList();
        Retrying retrying = null;
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT since_ms, why, stands, %1$s - since_ms AS lasting_ms FROM retrying r JOIN process p ON p.name = r.process WHERE lane = ? AND %1$s - p.beat_ms <= ? ORDER BY since_ms"
                        .formatted(now))) {
            statement.setString(1, lane);
            statement.setLong(2, SILENCE.toMillis());
            try (ResultSet row = statement.executeQuery()) {
                if (row.next()) {
                    retrying = new Retrying(
                            Instant.ofEpochMilli(row.getLong(1)),
                            row.getString(2),
                            row.getBoolean(3),
                            Duration.ofMillis(Math.max(0, row.getLong(4))));
                }
            }
        }
        return runs.isEmpty() && retrying == null ? Seen.NOTHING : new Seen(runs, retrying);
    }
}
