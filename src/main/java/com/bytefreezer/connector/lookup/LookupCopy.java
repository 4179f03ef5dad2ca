package com.bytefreezer.connector.lookup;

import com.bytefreezer.connector.query.DuckDb;
import com.bytefreezer.connector.query.DuckDbException;
import com.bytefreezer.connector.query.LookupTable;
import com.bytefreezer.connector.query.Query;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;

/**
 * Writes a version of a lookup as a Parquet file. Java reads the text formats, because DuckDB guesses types, and some texts crash its process.
 */
final class LookupCopy {
    private LookupCopy() {}

    /**
     * Reads {@code content} into {@code copy}.
     *
     * @throws BrokenLookup if the content cannot be read as a lookup
     */
    static LookupTable of(LookupFile file, Path content, Path copy, String version, long mostBytes) throws IOException {
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            statement.execute("SET threads=1");
            statement.execute("SET temp_directory=" + literal(copy.resolveSibling(version + ".spill")));
            statement.execute("SET allowed_directories=[%s]".formatted(literal(copy.resolveSibling(""))));
            statement.execute("SET enable_external_access=false");
            Map<String, String> columns = file.format() == LookupFile.Format.PARQUET
                    ? ofParquet(connection, content)
                    : ofText(connection, file, content, mostBytes);
            statement.execute("COPY lookup TO %s (FORMAT parquet)".formatted(literal(copy)));
            try (ResultSet count = statement.executeQuery("SELECT count(*) FROM lookup")) {
                count.next();
                return new LookupTable(file.name(), copy, columns, count.getLong(1), version);
            }
        } catch (SQLException e) {
            throw new BrokenLookup(
                    "it cannot be read (%s)".formatted(DuckDbException.of(e).getMessage()));
        }
    }

    private static Map<String, String> ofParquet(Connection connection, Path content) throws SQLException, IOException {
        String scan = "read_parquet(%s, hive_partitioning=false)".formatted(literal(content));
        Map<String, String> columns = new LinkedHashMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("DESCRIBE FROM " + scan)) {
            while (rows.next()) {
                columns.put(rows.getString(1), rows.getString(2));
            }
        }
        LookupRows.requireNames(new ArrayList<>(columns.keySet()));
        for (Map.Entry<String, String> column : columns.entrySet()) {
            if (column.getValue().toUpperCase(Locale.ROOT).contains("VARIANT")) {
                throw new BrokenLookup(
                        "its column %s has the type VARIANT, which cannot be used here".formatted(column.getKey()));
            }
        }
        try (Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE lookup AS FROM " + scan);
        }
        return columns;
    }

    private static Map<String, String> ofText(Connection connection, LookupFile file, Path content, long mostBytes)
            throws SQLException, IOException {
        try (BufferedReader text = LookupText.open(file, content, mostBytes)) {
            LookupRows rows = file.format() == LookupFile.Format.CSV
                    ? new CsvRows(text)
                    : new NdjsonRows(() -> LookupText.open(file, content, mostBytes));
            Map<String, String> columns = rows.columns();
            try (Statement statement = connection.createStatement()) {
                statement.execute("CREATE TABLE lookup (%s)"
                        .formatted(columns.entrySet().stream()
                                .map(column -> Query.identifier(column.getKey()) + " " + column.getValue())
                                .collect(Collectors.joining(", "))));
            }
            try (DuckDBAppender appender =
                    connection.unwrap(DuckDBConnection.class).createAppender("main", "lookup")) {
                for (Object[] row = rows.next(); row != null; row = rows.next()) {
                    appender.beginRow();
                    for (Object value : row) {
                        append(appender, value);
                    }
                    appender.endRow();
                }
            }
            return columns;
        }
    }

    private static void append(DuckDBAppender appender, @Nullable Object value) throws SQLException {
        if (value == null) {
            appender.appendNull();
        } else if (value instanceof Long number) {
            appender.append(number.longValue());
        } else if (value instanceof Double number) {
            appender.append(number.doubleValue());
        } else if (value instanceof Boolean truth) {
            appender.append(truth.booleanValue());
        } else {
            appender.append((String) value);
        }
    }

    private static String literal(Path path) {
        return DuckDb.literal(path.toString());
    }
}
