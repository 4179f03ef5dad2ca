package com.bytefreezer.connector.query;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;

/** Runs DuckDB in this process, or in a separate one that may crash. */
public interface Engine {
    /** DuckDB in this process. */
    Engine HERE = new DuckDbHere();

    /** A connection to a new in-memory database, which ends with its last connection. Its results are streams. */
    Connection connect() throws SQLException;

    /** Another connection to the same database, with the same settings. */
    Connection copy(Connection connection) throws SQLException;

    /** The folder for data that does not fit into memory; empty for the folder of the settings. */
    Optional<Path> temporaryFolder();
}
