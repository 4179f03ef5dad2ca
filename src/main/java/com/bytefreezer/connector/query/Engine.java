package com.bytefreezer.connector.query;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Properties;
import org.duckdb.DuckDBConnection;
import org.duckdb.DuckDBDriver;

/** Runs DuckDB in this process, or in a separate one that may crash. */
public interface Engine {
    /** DuckDB in this process. */
    Engine HERE = new Engine() {
        @Override
        public Connection connect() throws SQLException {
            // Otherwise the driver collects the whole result before it returns the first row.
            Properties streaming = new Properties();
            streaming.setProperty("jdbc_stream_results", "true");
            streaming.setProperty(Httpfs.UNVERIFIED, "true");
            // Not by DriverManager, which first loads the drivers of all databases, and with them half of the
            // libraries.
            return new DuckDBDriver().connect("jdbc:duckdb:", streaming);
        }

        @Override
        public Connection copy(Connection connection) throws SQLException {
            return ((DuckDBConnection) connection).duplicate();
        }

        @Override
        public Optional<Path> temporaryFolder() {
            return Optional.empty();
        }
    };

    /** A connection to a new in-memory database, which ends with its last connection. Its results are streams. */
    Connection connect() throws SQLException;

    /** Another connection to the same database, with the same settings. */
    Connection copy(Connection connection) throws SQLException;

    /** The folder for data that does not fit into memory; empty for the folder of the settings. */
    Optional<Path> temporaryFolder();
}
