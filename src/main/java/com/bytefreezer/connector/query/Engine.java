package com.bytefreezer.connector.query;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Properties;
import org.duckdb.DuckDBConnection;

/** Where DuckDB runs: in this process, or in one of its own whose end does not matter. */
public interface Engine {
    /** DuckDB in this process. */
    Engine HERE = new Engine() {
        @Override
        public Connection connect() throws SQLException {
            // Otherwise the driver gathers the whole result before it gives the first row.
            Properties streaming = new Properties();
            streaming.setProperty("jdbc_stream_results", "true");
            streaming.setProperty(Httpfs.UNVERIFIED, "true");
            return DriverManager.getConnection("jdbc:duckdb:", streaming);
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

    /** A connection to a new database in memory, which is gone with its last connection; its results are streams. */
    Connection connect() throws SQLException;

    /** A further connection to the database of one of {@link #connect}, with its settings. */
    Connection copy(Connection connection) throws SQLException;

    /** Where it is to write what does not fit into memory; empty for where the settings say. */
    Optional<Path> temporaryFolder();
}
