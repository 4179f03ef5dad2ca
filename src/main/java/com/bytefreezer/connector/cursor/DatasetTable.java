package com.bytefreezer.connector.cursor;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;

/** The rows of datasets: what is known of the columns of each. */
final class DatasetTable {
    private DatasetTable() {}

    static Optional<String> columns(Connection connection, String dataset) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT columns FROM dataset WHERE name = ?")) {
            statement.setString(1, dataset);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? Optional.of(row.getString(1)) : Optional.empty();
            }
        }
    }

    static void keep(Connection connection, String dataset, String columns) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "INSERT INTO dataset (name, columns) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET columns = excluded.columns")) {
            statement.setString(1, dataset);
            statement.setString(2, columns);
            statement.executeUpdate();
        }
    }
}
