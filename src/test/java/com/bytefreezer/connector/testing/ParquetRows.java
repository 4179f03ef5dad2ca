package com.bytefreezer.connector.testing;

import com.bytefreezer.connector.query.DuckDb;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the Parquet files of a folder hold. */
public final class ParquetRows {
    private ParquetRows() {}

    /**
     * The rows of a query over the table {@code one}, with | between their values; none if there is no file.
     *
     * @param folder with its subfolders; it may be missing
     */
    public static List<String> of(Path folder, String sql) {
        List<String> rows = new ArrayList<>();
        String files = files(folder);
        if (files.isEmpty()) {
            return rows;
        }
        try (Connection connection = SharedDuckDb.connect();
                Statement statement = connection.createStatement()) {
            statement.execute(
                    "CREATE TEMP VIEW one AS FROM read_parquet([%s], union_by_name=true, hive_partitioning=false)"
                            .formatted(files));
            try (ResultSet row = statement.executeQuery(sql)) {
                while (row.next()) {
                    List<String> values = new ArrayList<>();
                    for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
                        values.add(String.valueOf(row.getString(i)));
                    }
                    rows.add(String.join("|", values));
                }
            }
            return rows;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String files(Path folder) {
        if (!Files.isDirectory(folder)) {
            return "";
        }
        try (Stream<Path> all = Files.walk(folder)) {
            return all.map(Path::toString)
                    .filter(file -> file.endsWith(".parquet"))
                    .sorted()
                    // A file's name is a pattern.
                    .map(file -> DuckDb.literal(file.replace("[", "[[]")))
                    .collect(Collectors.joining(", "));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
