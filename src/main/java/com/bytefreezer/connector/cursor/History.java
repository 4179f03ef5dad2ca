package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.cursor.Cursor.Position;
import com.bytefreezer.connector.cursor.Pulse.Seen;
import com.bytefreezer.connector.cursor.Pulse.UnderWay;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How the runs of each lane went, in the cursor's store, and what else that store can tell while another process has it.
 * Opens a connection for each call and holds nothing. Safe for use by several threads.
 */
public final class History {
    /** Of each lane so many runs are kept. */
    private static final int MOST_RUNS = 1000;

    private static final ObjectMapper JSON = Json.mapper();
    private static final TypeReference<TreeMap<String, Long>> NUMBERS = new TypeReference<>() {};
    /** %s makes them temporary. */
    private static final String[] SCHEMA = {
        "CREATE %s TABLE IF NOT EXISTS run (lane TEXT, started_ms BIGINT, finished_ms BIGINT NOT NULL, state TEXT NOT NULL,"
                + " objects BIGINT NOT NULL, selected BIGINT NOT NULL, accepted BIGINT NOT NULL, duplicates BIGINT NOT NULL,"
                + " dead_lettered BIGINT NOT NULL, retries TEXT NOT NULL, listed INTEGER NOT NULL, oldest_undelivered_ms BIGINT,"
                + " message TEXT, PRIMARY KEY (lane, started_ms))",
        "CREATE %s TABLE IF NOT EXISTS total (lane TEXT PRIMARY KEY, selected BIGINT NOT NULL, accepted BIGINT NOT NULL,"
                + " duplicates BIGINT NOT NULL, dead_lettered BIGINT NOT NULL, retries TEXT NOT NULL, last_success_ms BIGINT)"
    };

    private static final String ADD =
            "INSERT INTO run (lane, started_ms, finished_ms, state, objects, selected, accepted, duplicates, dead_lettered,"
                    + " retries, listed, oldest_undelivered_ms, message) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                    // Another replica may have begun in the same millisecond.
                    + " ON CONFLICT (lane, started_ms) DO NOTHING";
    private static final String ADD_UP =
            "INSERT INTO total (lane, selected, accepted, duplicates, dead_lettered, retries, last_success_ms) VALUES (?, ?, ?, ?, ?, ?, ?)"
                    + " ON CONFLICT (lane) DO UPDATE SET selected = excluded.selected, accepted = excluded.accepted,"
                    + " duplicates = excluded.duplicates, dead_lettered = excluded.dead_lettered, retries = excluded.retries,"
                    + " last_success_ms = excluded.last_success_ms";

    /** SQLite's file, which may be absent, or null for a PostgreSQL. */
    private final @Nullable Path file;

    private final String url;
    private final Properties login;
    private final String limits;
    private final boolean readOnly;
    private final int mostRuns;
    /** Tables of the cursor that are there. */
    private final Set<String> tables = ConcurrentHashMap.newKeySet();

    /** Of a thread that asks much. */
    private static final ThreadLocal<@Nullable Shared> SHARED = new ThreadLocal<>();

    private record Shared(History of, Connection connection) {}

    private final Duration lookback;
    private final String range;

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
            String lane,
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

    private History(Settings settings, boolean readOnly, int mostRuns) {
        this.readOnly = readOnly;
        this.mostRuns = mostRuns;
        lookback = Duration.ofHours(settings.integer("cursor.lookback-hours"));
        range = Cursor.range(settings);
        Optional<String> server = settings.optional("cursor.url");
        file = server.isPresent()
                ? null
                : SqliteStore.besideLegacy(Path.of(settings.text("cursor.file")).toAbsolutePath());
        url = server.orElse("jdbc:sqlite:" + file);
        int claimSeconds = settings.integer("cursor.claim-seconds");
        login = PostgresStore.properties(url, claimSeconds);
        limits = PostgresStore.limits(claimSeconds);
        settings.optional("cursor.username").ifPresent(name -> login.setProperty("user", name));
        settings.optional("cursor.password").ifPresent(password -> login.setProperty("password", password));
    }

    /** Makes the tables where they are missing. To be called by the process that has the {@link Cursor}. */
    public static History open(Settings settings) {
        return open(settings, MOST_RUNS);
    }

    /** @param mostRuns of each lane so many are kept */
    static History open(Settings settings, int mostRuns) {
        History history = new History(settings, false, mostRuns);
        history.with("cannot be written", connection -> {
            connection.setAutoCommit(false);
            history.awaitOthers(connection);
            makeTables(connection, "");
            connection.commit();
            return true;
        });
        return history;
    }

    /** To write beside the process that has the {@link Cursor}, where there is one already. */
    public static Optional<History> beside(Settings settings) {
        return readOnly(settings).isAbsent() ? Optional.empty() : Optional.of(open(settings));
    }

    /** Reads only, while this or another process writes. A store that is not there yet is empty. */
    public static History readOnly(Settings settings) {
        return new History(settings, true, MOST_RUNS);
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
        List<Run> before = runs(run.lane(), 1);
        with("cannot be written", connection -> {
            connection.setAutoCommit(false);
            awaitOthers(connection);
            if (run.isIdle() && !before.isEmpty() && before.get(0).isIdle()) {
                forget(connection, "started_ms = ?", run.lane(), before.get(0).started());
            }
            add(connection, run);
            if (process != null) {
                Pulse.forget(connection, run.lane(), process);
            }
            connection.commit();
            return true;
        });
    }

    /**
     * Adds the runs that were under way when their processes were killed.
     *
     * @param process this one
     */
    public void addKilled(ProcessName process) {
        with("cannot be written", connection -> {
            connection.setAutoCommit(false);
            awaitOthers(connection);
            for (UnderWay run : Pulse.runsUnderWay(connection, now())) {
                // The embedded store is one process's alone.
                if (!run.process().equals(process) && (file != null || run.isKilled())) {
                    add(connection, run.killed());
                    Pulse.forget(connection, run.lane(), run.process());
                }
            }
            // Replicas may be frozen for a while.
            Pulse.forgetGone(connection, now(), process, file != null ? Duration.ZERO : Duration.ofDays(1));
            connection.commit();
            return true;
        });
    }

    private void add(Connection connection, Run run) throws SQLException {
        insert(connection, run);
        addUp(connection, run.lane(), total(connection, run.lane()).plus(run));
        forget(
                connection,
                "started_ms <= (SELECT started_ms FROM run WHERE lane = ? ORDER BY started_ms DESC LIMIT 1 OFFSET %d)"
                        .formatted(mostRuns),
                run.lane(),
                null);
    }

    /** By what objects and records know the query of a lane; empty while it has none. */
    public String queryId(String lane) {
        return isAbsent()
                ? ""
                : with(
                        "cannot be read",
                        connection -> has(connection, "lane_query")
                                ? LaneQueries.of(connection, lane).stream()
                                        .map(LaneQueries.Known::id)
                                        .findFirst()
                                        .orElse("")
                                : "");
    }

    /** What is seen of the processes that run a lane. */
    public Seen seen(String lane) {
        return isAbsent()
                ? Seen.NOTHING
                : with(
                        "cannot be read",
                        connection -> has(connection, "process") ? Pulse.of(connection, now(), lane) : Seen.NOTHING);
    }

    private String now() {
        return file == null ? PostgresStore.NOW : SqliteStore.NOW;
    }

    /** The newest runs of a lane, at most {@code most}, newest first. */
    public List<Run> runs(String lane, int most) {
        return with("cannot be read", connection -> {
            try (PreparedStatement statement = connection.prepareStatement(
                    "SELECT * FROM run WHERE lane = ? ORDER BY started_ms DESC LIMIT " + most)) {
                statement.setString(1, lane);
                return runs(statement);
            }
        });
    }

    /** The newest run of a lane that exported, well or not. */
    public Optional<Run> last(String lane) {
        return newest(lane, "state <> 'REPLAYED'");
    }

    /** The newest run of a lane that could list the lake. */
    public Optional<Run> lastListing(String lane) {
        return newest(lane, "listed = 1");
    }

    private Optional<Run> newest(String lane, String condition) {
        return with("cannot be read", connection -> {
            try (PreparedStatement statement = connection.prepareStatement(
                    "SELECT * FROM run WHERE lane = ? AND %s ORDER BY started_ms DESC LIMIT 1".formatted(condition))) {
                statement.setString(1, lane);
                return runs(statement).stream().findFirst();
            }
        });
    }

    /** All that a lane has done, in runs that have ended. */
    public Total total(String lane) {
        return with("cannot be read", connection -> total(connection, lane));
    }

    /** Where the cursor of a lane stands, when it has one yet. */
    public Optional<Position> position(String lane) {
        return isAbsent() ? Optional.empty() : with("cannot be read", connection -> LaneTable.find(connection, lane));
    }

    /** All lanes that have begun, or tried to. */
    public Set<String> lanes() {
        return isAbsent()
                ? Set.of()
                : with("cannot be read", connection -> {
                    Set<String> lanes = new TreeSet<>();
                    String users = has(connection, "lane_user") ? " UNION SELECT lane FROM lane_user" : "";
                    try (Statement statement = connection.createStatement();
                            ResultSet rows = statement.executeQuery(
                                    "SELECT name FROM lane UNION SELECT lane FROM run" + users)) {
                        while (rows.next()) {
                            lanes.add(rows.getString(1));
                        }
                    }
                    return lanes;
                });
    }

    /** Whether the lane has ever delivered an object, or found one that was there before it began. */
    public boolean hasSeenObjects(String lane) {
        return !isAbsent()
                && with("cannot be read", connection -> {
                    Optional<Position> position =
                            has(connection, "known") ? LaneTable.find(connection, lane) : Optional.empty();
                    // A query over the whole dataset notes the listing, and no object.
                    return position.isPresent()
                            && (position.get().listing() != null || KnownObjects.hasAny(connection, lane));
                });
    }

    /** As {@link Cursor#suspects}, also while the lane delivers. */
    public Suspects suspects(String lane) {
        return isAbsent()
                ? new Suspects(Map.of())
                : with(
                        "cannot be read",
                        connection -> ClaimTable.suspects(
                                connection, lane, file == null ? PostgresStore.LEFT : SqliteStore.LEFT));
    }

    /** What the last whole listing of a lane left out, for people; empty when that is nothing. */
    public String leftOut(String lane) {
        return isAbsent() ? "" : with("cannot be read", connection -> LaneTable.leftOut(connection, lane));
    }

    /** What the cursor keeps of the columns of a dataset. */
    public Optional<String> columns(String dataset) {
        return isAbsent()
                ? Optional.empty()
                : with("cannot be read", connection -> DatasetTable.columns(connection, dataset));
    }

    /**
     * As {@link Cursor#newOnes}, but notes nothing.
     *
     * @param position of the lane, or where it would begin
     */
    public NewObjects newOnes(Position position, String lane, Iterator<LakeObject> objects) {
        return new NewObjects(lane, new Lookup(lane), position.leftOutBefore(range, lookback), objects);
    }

    private final class Lookup implements NewObjects.Lookup {
        private final String lane;

        Lookup(String lane) {
            this.lane = lane;
        }

        @Override
        public Optional<Integer> lane(Connection connection) throws SQLException {
            return isAbsent() ? Optional.empty() : LaneTable.findNumber(connection, lane);
        }

        @Override
        public <T> T read(Store.Work<T> work) {
            return with("cannot be read", work);
        }

        @Override
        public void learn(List<LakeObject> objects) {
            // Who only looks writes nothing.
        }
    }

    /** Writes nothing, but fails when that would not work now. */
    public void checkWritable() {
        with("cannot be written", connection -> {
            connection.setAutoCommit(false);
            forget(connection, "started_ms = ?", "", Instant.EPOCH);
            connection.rollback();
            return true;
        });
    }

    private static void insert(Connection connection, Run run) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ADD)) {
            statement.setString(1, run.lane());
            statement.setLong(2, run.started().toEpochMilli());
            statement.setLong(3, run.finished().toEpochMilli());
            statement.setString(4, run.state().name());
            statement.setLong(5, run.objects());
            statement.setLong(6, run.counts().selected());
            statement.setLong(7, run.counts().accepted());
            statement.setLong(8, run.counts().duplicates());
            statement.setLong(9, run.counts().deadLettered());
            statement.setString(10, json(run.retries()));
            statement.setInt(11, run.listed() ? 1 : 0);
            statement.setObject(12, milliseconds(run.oldestUndelivered()));
            statement.setString(13, run.message());
            statement.executeUpdate();
        }
    }

    private static void addUp(Connection connection, String lane, Total total) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ADD_UP)) {
            statement.setString(1, lane);
            statement.setLong(2, total.counts().selected());
            statement.setLong(3, total.counts().accepted());
            statement.setLong(4, total.counts().duplicates());
            statement.setLong(5, total.counts().deadLettered());
            statement.setString(6, json(total.retries()));
            statement.setObject(7, milliseconds(total.lastSuccess()));
            statement.executeUpdate();
        }
    }

    private static void forget(Connection connection, String which, String lane, @Nullable Instant started)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("DELETE FROM run WHERE lane = ? AND " + which)) {
            statement.setString(1, lane);
            if (started == null) {
                statement.setString(2, lane);
            } else {
                statement.setLong(2, started.toEpochMilli());
            }
            statement.executeUpdate();
        }
    }

    private static List<Run> runs(PreparedStatement statement) throws SQLException {
        List<Run> runs = new ArrayList<>();
        try (ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                runs.add(new Run(
                        row.getString("lane"),
                        Instant.ofEpochMilli(row.getLong("started_ms")),
                        Instant.ofEpochMilli(row.getLong("finished_ms")),
                        State.valueOf(row.getString("state")),
                        row.getLong("objects"),
                        new Counts(
                                row.getLong("selected"),
                                row.getLong("accepted"),
                                row.getLong("duplicates"),
                                row.getLong("dead_lettered")),
                        numbers(row.getString("retries")),
                        row.getInt("listed") == 1,
                        instant(row, "oldest_undelivered_ms"),
                        row.getString("message")));
            }
        }
        return runs;
    }

    private static Total total(Connection connection, String lane) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT * FROM total WHERE lane = ?")) {
            statement.setString(1, lane);
            try (ResultSet row = statement.executeQuery()) {
                return row.next()
                        ? new Total(
                                new Counts(
                                        row.getLong("selected"),
                                        row.getLong("accepted"),
                                        row.getLong("duplicates"),
                                        row.getLong("dead_lettered")),
                                numbers(row.getString("retries")),
                                instant(row, "last_success_ms"))
                        : Total.NONE;
            }
        }
    }

    private static @Nullable Long milliseconds(@Nullable Instant time) {
        return time == null ? null : time.toEpochMilli();
    }

    private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
        long milliseconds = row.getLong(column);
        return row.wasNull() ? null : Instant.ofEpochMilli(milliseconds);
    }

    private static String json(Map<String, Long> numbers) {
        try {
            return JSON.writeValueAsString(numbers);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Map<String, Long> numbers(String json) {
        try {
            return JSON.readValue(json, NUMBERS);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    // -- the store

    /** Answers what this thread asks meanwhile over one connection; for who asks about many lanes. */
    public <T> T together(Supplier<T> questions) {
        if (SHARED.get() != null) {
            return questions.get();
        }
        return with("cannot be read", connection -> {
            SHARED.set(new Shared(this, connection));
            try {
                return questions.get();
            } finally {
                SHARED.remove();
            }
        });
    }

    private <T> T with(String what, Store.Work<T> work) {
        Shared open = SHARED.get();
        try {
            if (open != null && open.of.equals(this)) {
                return work.with(open.connection);
            }
            try (Connection connection = connect()) {
                return work.with(connection);
            }
        } catch (SQLException e) {
            throw new ConnectorException(
                    "history in %s: %s (%s). Check the free space and the permissions."
                            .formatted(url.replaceFirst("\\?.*", ""), what, e.getMessage()),
                    e);
        }
    }

    private Connection connect() throws SQLException {
        Connection connection = file == null ? DriverManager.getConnection(url, login) : sqlite();
        try (Statement statement = connection.createStatement()) {
            if (file == null) {
                statement.execute(limits);
            } else if (!readOnly) {
                // A run that is missing after a power cut is no loss.
                statement.execute("PRAGMA synchronous=NORMAL");
            }
            // Nobody has written a run yet.
            if (readOnly && !hasTable(connection, "total")) {
                makeTables(connection, "TEMPORARY");
            }
            if (readOnly && hasTable(connection, "schema_version")) {
                Schema.requireCurrent(connection, url.replaceFirst("\\?.*", "").replaceFirst("^jdbc:sqlite:", ""));
            }
            return connection;
        } catch (SQLException | ConnectorException e) {
            connection.close();
            throw e;
        }
    }

    private Connection sqlite() throws SQLException {
        if (!readOnly) {
            return DriverManager.getConnection(url);
        }
        return DriverManager.getConnection(
                isAbsent() ? "jdbc:sqlite::memory:" : "jdbc:sqlite:file:" + file + "?mode=ro" + immutable());
    }

    /** Of several replicas one writes, until it commits. SQLite sees to that by itself. */
    private void awaitOthers(Connection connection) throws SQLException {
        if (file == null) {
            PostgresStore.lock(connection, "history");
        }
    }

    /** Where nobody has the file open, SQLite would make the file of its journal, also to read. */
    private String immutable() {
        Path parent = file == null ? null : file.getParent();
        boolean closed = !Files.exists(Path.of(file + "-wal"));
        return closed && parent != null && !Files.isWritable(parent) ? "&immutable=1" : "";
    }

    private boolean isAbsent() {
        return file != null && !Files.exists(file);
    }

    /** What is there once, stays. */
    private boolean has(Connection connection, String table) throws SQLException {
        return tables.contains(table) || (hasTable(connection, table) && tables.add(table));
    }

    private static boolean hasTable(Connection connection, String name) throws SQLException {
        try (ResultSet tables = connection.getMetaData().getTables(null, connection.getSchema(), name, null)) {
            return tables.next();
        }
    }

    private static void makeTables(Connection connection, String kind) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String table : SCHEMA) {
                statement.execute(table.formatted(kind));
            }
        }
    }
}
