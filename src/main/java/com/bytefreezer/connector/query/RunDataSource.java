package com.bytefreezer.connector.query;

import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The data source behind an export's {@code jdbc:} endpoint: that of the DuckDB of its current run. Its results have a row
 * for each block of rows, see {@link Blocks}.
 */
public final class RunDataSource implements DataSource {
    private static final Blocks.Source OWN = (sql, opener) -> opener.open();

    private final AtomicReference<@Nullable DuckDb> current = new AtomicReference<>();
    private volatile Blocks.Source rows = OWN;

    /** From now on connections are those of {@code duckDb}; null between two runs. */
    public void use(@Nullable DuckDb duckDb) {
        current.set(duckDb);
        rows = OWN;
    }

    /** From now on rows are shared with the other lanes of the export. */
    public void share(SharedReading reading) {
        rows = reading;
    }

    @Override
    public Connection getConnection() throws SQLException {
        DuckDb duckDb = current.get();
        if (duckDb == null) {
            throw new SQLException("no run is under way");
        }
        return Blocks.connection(duckDb.newConnection(), rows);
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
