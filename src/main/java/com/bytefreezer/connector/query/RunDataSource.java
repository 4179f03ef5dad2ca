package com.bytefreezer.connector.query;

import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.time.Duration;
import java.util.Optional;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The data source behind the {@code jdbc:} endpoint of the exports. Each thread first chooses the DuckDB that it reads.
 * Safe for use by several threads.
 */
public final class RunDataSource implements DataSource {
    private static final Blocks.Source OWN = (sql, opener) -> opener.open();

    private static final ThreadLocal<@Nullable Choice> CURRENT = new ThreadLocal<>();

    private record Choice(DuckDb duckDb, Blocks.Source rows, Duration patience) {}

    /**
     * Makes {@code duckDb} the source of this thread's connections.
     *
     * @param reading the lanes that share its rows
     * @param patience how long DuckDB may work on a statement without progress
     */
    public void use(DuckDb duckDb, Optional<SharedReading> reading, Duration patience) {
        CURRENT.set(
                new Choice(duckDb, reading.<Blocks.Source>map(shared -> shared).orElse(OWN), patience));
    }

    /**
     * Runs a statement.
     *
     * @throws SQLException if the statement is wrong
     */
    public Blocks open(String sql) throws SQLException {
        Choice choice = choice();
        Blocks blocks = choice.rows.open(
                choice.duckDb.readingOf(sql),
                () -> new ReadAhead(
                        choice.duckDb::newConnection,
                        sql,
                        choice.duckDb.statements().completion(sql),
                        choice.patience));
        try {
            blocks.columns();
            return blocks;
        } catch (SQLException e) {
            blocks.close();
            throw e;
        }
    }

    private static Choice choice() throws SQLException {
        Choice choice = CURRENT.get();
        if (choice == null) {
            throw new SQLException("no run is under way");
        }
        return choice;
    }

    @Override
    public Connection getConnection() throws SQLException {
        return choice().duckDb.newConnection();
    }

    @Override
    public Connection getConnection(String username, String password) throws SQLException {
        return getConnection();
    }

    @Override
    public @Nullable PrintWriter getLogWriter() {
        return null;
    }

    @Override
    public void setLogWriter(PrintWriter out) throws SQLException {
        throw new SQLFeatureNotSupportedException();
    }

    @Override
    public void setLoginTimeout(int seconds) throws SQLException {
        throw new SQLFeatureNotSupportedException();
    }

    @Override
    public int getLoginTimeout() {
        return 0;
    }

    @Override
    public Logger getParentLogger() throws SQLFeatureNotSupportedException {
        throw new SQLFeatureNotSupportedException();
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        throw new SQLException("wraps nothing");
    }

    @Override
    public boolean isWrapperFor(Class<?> type) {
        return false;
    }
}
