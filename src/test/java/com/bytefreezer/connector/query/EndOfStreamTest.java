package com.bytefreezer.connector.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.problem.ConnectorException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class EndOfStreamTest {
    @TempDir
    Path folder;

    @AutoClose
    private LocalDataset dataset;

    @BeforeEach
    void open() {
        dataset = new LocalDataset(folder);
    }

    @Test
    void isMarkedWhenAllWasRead() {
        var object = dataset.write("a.parquet", "SELECT range AS id FROM range(300000)");

        assertThat(dataset.records("SELECT id FROM events", object)).hasSize(300_000);
        assertThat(dataset.records("SELECT id FROM events WHERE id < 0", object))
                .isEmpty();
    }

    /** DuckDB reads no more than a few thousand records ahead, so that memory and what is read in vain stay small. */
    @Test
    void isMissedAfterTheRecordsBeforeABadCastHaveCome() throws SQLException {
        var object = dataset.write(
                "a.parquet",
                "SELECT CASE WHEN range = 20000 THEN 'many' ELSE range::VARCHAR END AS n FROM range(30000)");
        try (var duckDb = dataset.open(Map.of())) {
            duckDb.lock(1);
            Query query = LocalDataset.parse("SELECT n::INTEGER AS n FROM events");
            String records = duckDb.statements().records(query, List.of(object), dataset.schema, false, 0);
            try (var connection = duckDb.newConnection();
                    var statement = connection.createStatement();
                    var rows = statement.executeQuery(records)) {
                for (int i = 0; i < 10_000; i++) {
                    assertThat(rows.next()).isTrue();
                }
            }
        }
    }

    @Test
    void isMissedAfterABadCastFarBehind() {
        var object = dataset.write(
                "a.parquet",
                "SELECT CASE WHEN range = 1000000 THEN 'many' ELSE range::VARCHAR END AS n FROM range(1100000)");

        assertThatThrownBy(() -> dataset.records("SELECT n::INTEGER AS n FROM events", object))
                .isInstanceOf(ConnectorException.class)
                .hasMessageContaining("Conversion Error: Could not convert string 'many' to INT32")
                .message()
                .doesNotContain("\n", "pending query result");
    }

    @Test
    void isMissedInACorruptObject() throws IOException {
        var object = large();
        byte[] bytes = Files.readAllBytes(Path.of(object.url()));
        Arrays.fill(bytes, bytes.length / 2, bytes.length / 2 + 4000, (byte) 0xA5);
        Files.write(Path.of(object.url()), bytes);

        assertThatThrownBy(() -> dataset.records("SELECT * FROM events", object))
                .isInstanceOf(ConnectorException.class)
                .hasMessageContaining("Error: ")
                .message()
                .doesNotContain("\n", "pending query result", "found nothing wrong");
    }

    @Test
    void isNotEvenReachedInATruncatedObject() throws IOException {
        var object = large();
        byte[] bytes = Files.readAllBytes(Path.of(object.url()));
        Files.write(Path.of(object.url()), Arrays.copyOf(bytes, bytes.length / 2));

        assertThatThrownBy(() -> dataset.records("SELECT * FROM events", object))
                .isInstanceOf(ConnectorException.class)
                .hasMessageContaining("No magic bytes found at end of file")
                .message()
                .doesNotContain("\n", "SQL");
    }

    private LakeObject large() {
        return dataset.write("a.parquet", "SELECT range AS id, md5(range::VARCHAR) AS text FROM range(500000)");
    }
}
