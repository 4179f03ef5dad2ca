package com.bytefreezer.connector.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.bytefreezer.connector.ConnectorException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Files of others: {@code mvn test -Psoak -Dcorpus=FOLDER -Dtest=SweepTest}. Each is read as an object of its own: what
 * DuckDB can read gives as many records, each a line of JSON with all columns; anything else one line that says why.
 */
@Tag("soak")
class SweepTest {
    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    @Test
    void everyFileIsReadOrSaysWhyNot() throws Exception {
        String corpus = System.getProperty("corpus", "");
        assumeThat(corpus).as("no corpus: -Dcorpus=FOLDER").isNotEmpty();
        Path root = Path.of(corpus).toAbsolutePath();
        List<String> wrong = new ArrayList<>();
        int read = 0;
        int unreadable = 0;
        try (Stream<Path> files = Files.walk(root);
                var connection = DriverManager.getConnection("jdbc:duckdb:")) {
            for (Path file : files.filter(each -> each.toString().endsWith(".parquet"))
                    .sorted()
                    .toList()) {
                String key = root.relativize(file).toString();
                try (var dataset = new LocalDataset(root)) {
                    var records = dataset.records("SELECT * FROM events", dataset.add(key));
                    read++;
                    long rows = rows(connection, file);
                    if (records.size() != rows) {
                        wrong.add("%s: %d records of %d".formatted(key, records.size(), rows));
                    }
                    for (String record : records) {
                        if (record.indexOf('\n') >= 0 || !JSON.readTree(record).isObject()) {
                            wrong.add("%s: %s is no line of JSON".formatted(key, record));
                        }
                    }
                } catch (ConnectorException e) {
                    unreadable++;
                    if (e.getMessage().isBlank() || e.getMessage().lines().count() > 1) {
                        wrong.add("%s: %s".formatted(key, e.getMessage()));
                    }
                }
            }
        }
        System.err.printf("%s: %d files read, %d cannot be%n", corpus, read, unreadable);
        assertThat(read + unreadable).as("files in %s", corpus).isPositive();
        assertThat(wrong).isEmpty();
    }

    private static long rows(Connection connection, Path file) throws SQLException {
        try (var statement = connection.prepareStatement("SELECT count(*) FROM read_parquet(?)")) {
            statement.setString(1, file.toString().replaceAll("[*?\\[]", "[$0]"));
            try (var rows = statement.executeQuery()) {
                rows.next();
                return rows.getLong(1);
            }
        }
    }
}
