package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.text.PlainText;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool.PoolInitializationException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The store that several replicas of a connector share, in PostgreSQL. If the connection breaks, the store repeats the
 * work for as long as a claim lasts.
 */
final class PostgresStore implements Store {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresStore.class);
    private static final int CONNECTIONS = 4;
    private static final long CONNECTION_TIMEOUT_MS = 5000;
    private static final long RETRY_MS = 500;
    /** Serialization failure, deadlock, lock timeout, idle in transaction, too many connections, shutdowns and starts. */
    private static final Set<String> PASSING =
            Set.of("40001", "40P01", "55P03", "25P03", "53300", "57P01", "57P02", "57P03");

    /** The answer of a standby to a write. */
    private static final String READ_ONLY = "25006";

    private final PostgresAddress address;
    private final HikariDataSource pool;
    private final ClaimTable claims;

    /** Why the store does not answer. */
    private final AtomicReference<@Nullable String> down = new AtomicReference<>();

    private PostgresStore(PostgresAddress address, HikariDataSource pool) {
        this.address = address;
        this.pool = pool;
        claims = ClaimTable.ofReplicas(Duration.ofSeconds(address.claimSeconds()));
    }

    static Store open(PostgresAddress address) {
        try {
            PostgresStore store = new PostgresStore(address, new HikariDataSource(pool(address)));
            store.prepare();
            return store;
        } catch (PoolInitializationException | SQLException e) {
            Exception reason = e.getCause() instanceof SQLException cause ? cause : e;
            throw new ConnectorException(
                    Problem.ofStart(
                            "cursor %s: cannot be opened (%s).".formatted(address.subject(), Store.message(reason)),
                            "Check cursor.url, cursor.username and cursor.password, and that PostgreSQL is running."),
                    e);
        }
    }

    private static HikariConfig pool(PostgresAddress address) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(address.url());
        address.username().ifPresent(config::setUsername);
        address.password().ifPresent(config::setPassword);
        config.setPoolName("cursor");
        config.setMaximumPoolSize(CONNECTIONS);
        config.setMinimumIdle(1);
        config.setConnectionTimeout(Math.min(CONNECTION_TIMEOUT_MS, address.claimSeconds() * 1000L));
        config.setDataSourceProperties(address.properties());
        config.addDataSourceProperty("reWriteBatchedInserts", "true");
        config.setConnectionInitSql(address.limits()
                // As long as a new table has no statistics, generic plans read all of it.
                + "; SET plan_cache_mode = force_custom_plan");
        return config;
    }

    private void prepare() throws SQLException {
        try {
            write(sql -> {
                // One of the replicas that start at the same time creates the tables.
                sql.awaitOthers("schema_version");
                Tables.update(sql, address.subject());
                return true;
            });
        } catch (SQLException | ConnectorException e) {
            pool.close();
            throw e;
        }
    }

    @Override
    public StoreAddress address() {
        return address;
    }

    @Override
    public ClaimTable claims() {
        return claims;
    }

    /** Claiming a unit writes, so a full disk is found before anything is delivered. */
    @Override
    public Optional<DiskRoom> room() {
        return Optional.empty();
    }

    @Override
    public String advice(SQLException failure) {
        return isReadOnly(failure)
                ? "This server is a standby or does not accept writes: put the primary, or all hosts of the cluster, into cursor.url."
                : "Check that PostgreSQL is running and accepts connections.";
    }

    @Override
    public Optional<String> trouble() {
        return Optional.ofNullable(down.get()).map(reason -> "cursor %s: %s".formatted(address.subject(), reason));
    }

    // -- transactions

    @Override
    public <T> T read(Work<T> work) throws SQLException {
        return patiently(() -> {
            try (Connection connection = pool.getConnection()) {
                return work.with(new Sql(connection, Dialect.POSTGRESQL));
            }
        });
    }

    @Override
    public <T> T write(Work<T> work) throws SQLException {
        return patiently(() -> {
            try (Connection connection = pool.getConnection()) {
                // The pool rolls back an uncommitted transaction when the connection returns to it.
                connection.setAutoCommit(false);
                try {
                    T result = work.with(new Sql(connection, Dialect.POSTGRESQL));
                    connection.commit();
                    return result;
                } catch (SQLException e) {
                    if (isReadOnly(e)) {
                        // After a failover, a new connection may lead to the new primary.
                        pool.evictConnection(connection);
                    }
                    throw e;
                }
            }
        });
    }

    @Override
    public <T> T note(Work<T> work) throws SQLException {
        return write(sql -> {
            sql.execute("SET LOCAL synchronous_commit TO off");
            return work.with(sql);
        });
    }

    @Override
    public <T> T claim(Work<T> work) throws SQLException {
        return write(work);
    }

    /**
     * Retries after a passing failure, for as long as a claim lasts; after that others have taken over the claims.
     * Retries once in any case, because a process that was frozen finds its connection closed.
     */
    private <T> T patiently(Attempt<T> attempt) throws SQLException {
        long giveUp = System.nanoTime() + TimeUnit.SECONDS.toNanos(address.claimSeconds());
        for (boolean first = true; ; first = false) {
            try {
                T result = attempt.make();
                if (down.getAndSet(null) != null) {
                    LOG.info("cursor {}: it answers again.", address.subject());
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
                            "cursor {}: {} Nothing is lost. The connector retries for {} s; then the run fails.",
                            address.subject(),
                            PlainText.sentence(reason),
                            address.claimSeconds());
                }
            }
        }
    }

    private static boolean isPassing(SQLException e) {
        String state = String.valueOf(e.getSQLState());
        return state.startsWith("08")
                || PASSING.contains(state)
                || isReadOnly(e)
                || (e instanceof SQLTransientException && !state.startsWith("28") && !state.startsWith("3D"));
    }

    private static boolean isReadOnly(SQLException e) {
        return READ_ONLY.equals(e.getSQLState());
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

    @Override
    public void close() {
        pool.close();
    }
}
