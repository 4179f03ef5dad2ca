package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.cursor.Cursor.Delivered;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.signs.Periodic;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool.PoolInitializationException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The store that several replicas of a connector share, in PostgreSQL. A claim is a row for each object that is worked
 * on (one for the whole lane in a full sync), which expires unless its holder renews it; all by the clock of the
 * database. Where the connection breaks, work is done again for as long as a claim lasts.
 */
final class PostgresStore implements Store {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresStore.class);
    private static final Schema.Dialect DIALECT = new Schema.Dialect("TEXT COLLATE \"C\"", "");
    static final String NOW = "(extract(epoch FROM now()) * 1000)::bigint";
    private static final String CLAIM =
            "CREATE TABLE IF NOT EXISTS claim (lane TEXT, key TEXT COLLATE \"C\", holder TEXT NOT NULL, expires_at TIMESTAMPTZ NOT NULL,"
                    + " PRIMARY KEY (lane, key))";
    private static final String HOLDER = "CREATE INDEX IF NOT EXISTS claim_holder ON claim (holder)";
    static final String LEFT = "expires_at < now()";
    private static final String TAKE = "INSERT INTO claim (lane, key, holder, expires_at, content, begun)"
            + " SELECT ?, key, ?, now() + ? * interval '1 second', content, 1 FROM unnest(?, ?) AS row (key, content)"
            + " ON CONFLICT (lane, key) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at,"
            + " content = excluded.content, " + ClaimTable.BEGUN_AGAIN + " WHERE claim.expires_at < now()";
    private static final String IS_HELD =
            "SELECT count(*) FROM (SELECT 1 FROM claim WHERE holder = ? ORDER BY lane, key FOR UPDATE) AS held";
    private static final String RENEW = "UPDATE claim SET expires_at = now() + ? * interval '1 second'"
            // What is locked is being committed, or another replica has just found it taken.
            + " WHERE (lane, key) IN (SELECT lane, key FROM claim WHERE holder = ANY (?) FOR UPDATE SKIP LOCKED)";
    /** The only host of a URL, or none, which means this machine. */
    private static final Pattern LOOPBACK =
            Pattern.compile("^jdbc:postgresql:(//((localhost|127(\\.\\d{1,3}){3}|\\[::1])(:\\d+)?)?/[^/]*|[^/]*)$");

    private static final int CONNECTIONS = 4;
    private static final long CONNECTION_TIMEOUT_MS = 5000;
    private static final long RETRY_MS = 500;
    /** Serialization failure, deadlock, lock timeout, idle in transaction, too many connections, shutdowns and starts. */
    private static final Set<String> PASSING =
            Set.of("40001", "40P01", "55P03", "25P03", "53300", "57P01", "57P02", "57P03");

    private final String subject;
    private final int claimSeconds;
    private final HikariDataSource pool;
    /** No {@link java.util.Timer}: it stands still for as long as the machine's clock is put back. */
    private final ScheduledExecutorService keeper = Periodic.thread("claims");

    /** Why it does not answer. */
    private final AtomicReference<@Nullable String> down = new AtomicReference<>();

    private PostgresStore(String subject, HikariDataSource pool, int claimSeconds) {
        this.subject = subject;
        this.claimSeconds = claimSeconds;
        this.pool = pool;
    }

    /**
     * Opens the store, and makes its tables where they are missing.
     *
     * @param url {@code jdbc:postgresql://…}, with the driver's own parameters
     * @param claimSeconds after how long without a renewal another replica may take a claim over
     */
    static Store at(String url, Optional<String> username, Optional<String> password, int claimSeconds) {
        String subject = url.replaceFirst("\\?.*", "");
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(url);
        username.ifPresent(config::setUsername);
        password.ifPresent(config::setPassword);
        config.setPoolName("cursor");
        config.setMaximumPoolSize(CONNECTIONS);
        config.setMinimumIdle(1);
        config.setConnectionTimeout(Math.min(CONNECTION_TIMEOUT_MS, claimSeconds * 1000L));
        config.setDataSourceProperties(properties(url, claimSeconds));
        config.addDataSourceProperty("reWriteBatchedInserts", "true");
        config.setConnectionInitSql(limits(claimSeconds)
                // While a new table has no statistics, plans that do not know the values read all of it.
                + "; SET plan_cache_mode = force_custom_plan");
        try {
            PostgresStore store = new PostgresStore(subject, new HikariDataSource(config), claimSeconds);
            store.prepare();
            return store;
        } catch (PoolInitializationException | SQLException e) {
            Exception reason = e.getCause() instanceof SQLException cause ? cause : e;
            throw new ConnectorException(
                    "cursor %s: cannot be opened (%s). Not started. Check cursor.url, cursor.username and cursor.password, and that PostgreSQL is up."
                            .formatted(subject, Store.message(reason)),
                    e);
        }
    }

    /**
     * The driver's, for each connection to the store. To another machine it uses TLS, so that no password goes there in
     * clear, unless {@code url} says otherwise with {@code sslmode}.
     */
    static Properties properties(String url, int claimSeconds) {
        Properties properties = new Properties();
        if (!url.contains("sslmode=") && !LOOPBACK.matcher(url).find()) {
            properties.setProperty("sslmode", "require");
        }
        properties.setProperty("ApplicationName", "bytefreezer-connector");
        properties.setProperty("tcpKeepAlive", "true");
        properties.setProperty("connectTimeout", "5");
        // What answers the port need not be PostgreSQL.
        properties.setProperty("loginTimeout", "10");
        // A server that hangs is one that is down.
        properties.setProperty("socketTimeout", String.valueOf(Math.max(10, claimSeconds)));
        return properties;
    }

    /** What each connection begins with: a replica that is frozen in a transaction must not hold up the others. */
    static String limits(int claimSeconds) {
        return "SET idle_in_transaction_session_timeout = '%1$ds'; SET lock_timeout = '%1$ds'".formatted(claimSeconds);
    }

    @Override
    public String subject() {
        return subject;
    }

    @Override
    public String now() {
        return NOW;
    }

    /** To claim a unit takes a write, so a full disk is found before anything is delivered. */
    @Override
    public void requireRoom() {}

    @Override
    public String advice(SQLException failure) {
        return "Check that PostgreSQL is up and takes connections.";
    }

    private void prepare() throws SQLException {
        try {
            write(connection -> {
                // Of replicas that start at the same time one makes the tables.
                awaitOthers(connection, "schema_version");
                try (Statement statement = connection.createStatement()) {
                    statement.execute(CLAIM);
                    statement.execute(HOLDER);
                }
                Schema.update(connection, DIALECT, subject);
                return true;
            });
        } catch (SQLException | ConnectorException e) {
            pool.close();
            throw e;
        }
    }

    @Override
    public Optional<String> trouble() {
        return Optional.ofNullable(down.get()).map(reason -> "cursor %s: %s".formatted(subject, reason));
    }

    @Override
    public void renew(Supplier<Collection<String>> held) {
        var unused = Periodic.each(
                Duration.ofSeconds(claimSeconds).dividedBy(3),
                keeper,
                "the renewal of claims",
                () -> renew(held.get()));
    }

    /** What is not renewed in time may be taken over, so that it is delivered also when this process has died. */
    private void renew(Collection<String> claims) {
        String[] held = claims.toArray(String[]::new);
        if (held.length == 0) {
            return;
        }
        try {
            note(connection -> {
                try (PreparedStatement statement = connection.prepareStatement(RENEW)) {
                    statement.setInt(1, claimSeconds);
                    statement.setArray(2, connection.createArrayOf("text", held));
                    return statement.executeUpdate();
                }
            });
        } catch (SQLException e) {
            LOG.warn(
                    "cursor {}: {} claims could not be renewed ({}). They are renewed when it answers again, unless another replica has taken them over.",
                    subject,
                    held.length,
                    Store.message(e));
        }
    }

    // -- transactions

    @Override
    public <T> T read(Work<T> work) throws SQLException {
        return patiently(() -> {
            try (Connection connection = pool.getConnection()) {
                return work.with(connection);
            }
        });
    }

    @Override
    public <T> T write(Work<T> work) throws SQLException {
        return patiently(() -> {
            try (Connection connection = pool.getConnection()) {
                // What is not committed when the connection goes back is rolled back.
                connection.setAutoCommit(false);
                T result = work.with(connection);
                connection.commit();
                return result;
            }
        });
    }

    @Override
    public <T> T note(Work<T> work) throws SQLException {
        return write(connection -> {
            try (Statement statement = connection.createStatement()) {
                statement.execute("SET LOCAL synchronous_commit TO off");
            }
            return work.with(connection);
        });
    }

    @Override
    public <T> T claim(Work<T> work) throws SQLException {
        return write(work);
    }

    private interface Attempt<T> {
        T make() throws SQLException;
    }

    /**
     * Tries again where the reason passes, as long as a claim lasts: after that others have taken over what was claimed.
     * Once more in any case, since a process that was frozen meanwhile finds its connection closed.
     */
    private <T> T patiently(Attempt<T> attempt) throws SQLException {
        long giveUp = System.nanoTime() + TimeUnit.SECONDS.toNanos(claimSeconds);
        for (boolean first = true; ; first = false) {
            try {
                T result = attempt.make();
                if (down.getAndSet(null) != null) {
                    LOG.info("cursor {}: it answers again.", subject);
                }
                return result;
            } catch (SQLException e) {
                boolean late = !first && System.nanoTime() > giveUp;
                if (!isPassing(e) || pool.isClosed() || late || !pause()) {
                    throw e;
                }
                String reason = Store.message(e.getCause() instanceof SQLException cause ? cause : e);
                if (down.getAndSet(reason) == null) {
                    LOG.warn(
                            "cursor {}: {}. Nothing is lost; tried again for {} s before the run fails.",
                            subject,
                            reason,
                            claimSeconds);
                }
            }
        }
    }

    private static boolean isPassing(SQLException e) {
        String state = String.valueOf(e.getSQLState());
        return state.startsWith("08")
                || PASSING.contains(state)
                || (e instanceof SQLTransientException && !state.startsWith("28") && !state.startsWith("3D"));
    }

    private static boolean pause() {
        try {
            Thread.sleep(RETRY_MS);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    // -- claims

    @Override
    public boolean take(Connection connection, Delivered unit, String claim) throws SQLException {
        SortedMap<String, String> rows = ClaimTable.rows(unit);
        try (PreparedStatement statement = connection.prepareStatement(TAKE)) {
            statement.setString(1, unit.lane().toString());
            statement.setString(2, claim);
            statement.setInt(3, claimSeconds);
            statement.setArray(4, connection.createArrayOf("text", rows.keySet().toArray()));
            statement.setArray(5, connection.createArrayOf("text", rows.values().toArray()));
            boolean all = statement.executeUpdate() == rows.size();
            if (!all) {
                ClaimTable.release(connection, claim);
            }
            return all;
        }
    }

    @Override
    public boolean isHeld(Connection connection, Delivered unit, String claim) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(IS_HELD)) {
            statement.setString(1, claim);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getInt(1) == ClaimTable.rows(unit).size();
            }
        }
    }

    @Override
    public String left() {
        return LEFT;
    }

    @Override
    public void forgetClaims(Connection connection, @Nullable String lane) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                lane == null
                        ? "DELETE FROM claim"
                        : "DELETE FROM claim WHERE lane = ? AND expires_at < now() - interval '1 day' AND begun < "
                                + Suspects.SET_ASIDE)) {
            if (lane != null) {
                statement.setString(1, lane);
            }
            statement.executeUpdate();
        }
    }

    @Override
    public void awaitOthers(Connection connection, String name) throws SQLException {
        lock(connection, name);
    }

    /** Of those that ask for the same name all but one wait, until its transaction ends. */
    static void lock(Connection connection, String name) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))")) {
            statement.setString(1, name);
            statement.execute();
        }
    }

    @Override
    public void close() {
        keeper.shutdownNow();
        pool.close();
    }
}
