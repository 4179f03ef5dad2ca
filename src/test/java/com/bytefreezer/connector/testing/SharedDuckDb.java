package com.bytefreezer.connector.testing;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.duckdb.DuckDBConnection;

/**
 * A DuckDB that all tests of a process share, for statements that leave nothing in it. To open one costs more than to
 * write or parse most of what tests have.
 */
public final class SharedDuckDb {
    private static final DuckDBConnection FIRST = open();

    private SharedDuckDb() {}

    /** A connection to it. */
    public static Connection connect() {
        try {
            return FIRST.duplicate();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static DuckDBConnection open() {
        try {
            return (DuckDBConnection) DriverManager.getConnection("jdbc:duckdb:");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
