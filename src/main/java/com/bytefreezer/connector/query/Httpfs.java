package com.bytefreezer.connector.query;

import com.bytefreezer.connector.ConnectorException;
import com.bytefreezer.connector.config.Settings;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * DuckDB's extension that reads S3. It is not part of the JDBC driver: it is loaded from the extension directory, or
 * installed there from DuckDB's own host when it is missing.
 */
final class Httpfs {
    private Httpfs() {}

    static void load(Connection connection, Settings settings) {
        try (Statement statement = connection.createStatement()) {
            statement.execute("LOAD httpfs");
        } catch (SQLException missing) {
            install(connection, settings, missing);
        }
    }

    private static void install(Connection connection, Settings settings, SQLException missing) {
        try (Statement statement = connection.createStatement()) {
            statement.execute("INSTALL httpfs");
            statement.execute("LOAD httpfs");
        } catch (SQLException e) {
            e.addSuppressed(missing);
            throw new ConnectorException(
                    "DuckDB's httpfs extension, which reads S3, is neither in %s nor can it be downloaded (%s). Nothing was exported. "
                                    .formatted(
                                            settings.optional("duckdb.extension-directory")
                                                    .orElse("~/.duckdb/extensions"),
                                            Query.firstLine(e))
                            + "Provide it in one of three ways: use the container image, which has it; set duckdb.extension-directory "
                            + "to a folder that holds it; or let this machine reach extensions.duckdb.org once.",
                    e);
        }
    }
}
