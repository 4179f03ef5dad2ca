package com.bytefreezer.connector.query;

import com.bytefreezer.connector.problem.ConnectorException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A DuckDB without data, which parses SQL. To start one takes thirty times longer than to parse, so one in this process
 * is kept for whoever parses next. Its configuration is locked, and nobody else uses it until it is closed. Used by one
 * thread.
 */
public final class ParsingDuckDb implements AutoCloseable {
    private static final AtomicReference<@Nullable Connection> IDLE = new AtomicReference<>();

    private final Connection connection;
    private final boolean isKept;

    private ParsingDuckDb(Connection connection, boolean isKept) {
        this.connection = connection;
        this.isKept = isKept;
    }

    /** One in this process. */
    public static ParsingDuckDb open() {
        return open(Engine.HERE);
    }

    /**
     * One where {@code engine} runs.
     *
     * @throws ConnectorException if DuckDB does not start
     */
    public static ParsingDuckDb open(Engine engine) {
        if (!engine.equals(Engine.HERE)) {
            return new ParsingDuckDb(DuckDb.bare(engine), false);
        }
        Connection idle = IDLE.getAndSet(null);
        try {
            return new ParsingDuckDb(idle == null ? start() : idle, true);
        } catch (SQLException e) {
            throw DuckDb.notStarted(e);
        }
    }

    private static Connection start() throws SQLException {
        Properties options = new Properties();
        // Otherwise it would keep a thread for each core.
        options.setProperty("threads", "1");
        options.setProperty("enable_external_access", "false");
        options.setProperty("lock_configuration", "true");
        return DuckDbHere.connect(options);
    }

    public Connection connection() {
        return connection;
    }

    @Override
    public void close() throws SQLException {
        if (!isKept || !isUsable() || !IDLE.compareAndSet(null, connection)) {
            connection.close();
        }
    }

    /** After an internal error, DuckDB no longer answers. */
    private boolean isUsable() {
        try (Statement statement = connection.createStatement()) {
            return statement.execute("SELECT 1");
        } catch (SQLException e) {
            return false;
        }
    }
}
