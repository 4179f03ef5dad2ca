package com.bytefreezer.connector.query;

import java.lang.reflect.Field;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Properties;
import org.duckdb.DuckDBConnection;
import org.duckdb.DuckDBDriver;

/** DuckDB in this process. */
final class DuckDbHere implements Engine {
    static {
        forgoEvents();
    }

    /**
     * Keeps the driver from announcing an event to Java's Flight Recorder, which would read its own types first: a
     * twentieth of the connector's start, for figures that only a connection with a name gives.
     *
     * @return whether the driver is as expected
     */
    static boolean forgoEvents() {
        try {
            Field announced = Class.forName("org.duckdb.DuckDBMemoryMonitor").getDeclaredField("initialized");
            announced.setAccessible(true);
            announced.setBoolean(null, true);
            return true;
        } catch (ReflectiveOperationException e) {
            return false;
        }
    }

    @Override
    public Connection connect() throws SQLException {
        // Otherwise the driver collects the whole result before it returns the first row.
        Properties streaming = new Properties();
        streaming.setProperty("jdbc_stream_results", "true");
        streaming.setProperty(Httpfs.UNVERIFIED, "true");
        return connect(streaming);
    }

    /** A connection to a new in-memory database with these options. */
    static Connection connect(Properties options) throws SQLException {
        // Not by DriverManager, which first loads the drivers of all databases, and with them half of the
        // libraries.
        return new DuckDBDriver().connect("jdbc:duckdb:", options);
    }

    @Override
    public Connection copy(Connection connection) throws SQLException {
        return ((DuckDBConnection) connection).duplicate();
    }

    @Override
    public Optional<Path> temporaryFolder() {
        return Optional.empty();
    }
}
