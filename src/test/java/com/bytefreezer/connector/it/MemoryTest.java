package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.WebhookServer;
import com.bytefreezer.connector.testing.WideEvents;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Objects that need more memory than there is beside others, or that DuckDB does not survive. */
@Tag("slow")
class MemoryTest {
    private static final String HOUR = "year=2026/month=11/day=20/hour=%02d/o.parquet";

    @TempDir
    private Path folder;

    private ParquetLake lake;
    private WebhookServer sink;

    @BeforeEach
    void makeLake() {
        lake = ParquetLake.in(folder.resolve("lake"));
        sink = WebhookServer.startCounting(200_000, ParquetLake::number);
    }

    @AfterEach
    void stop() {
        sink.close();
    }

    @Test
    void whatDoesNotFitBesideOthersIsReadAlone() throws Exception {
        int records = 0;
        for (int object = 0; object < 4; object++) {
            records += 3000;
            wide(object, 3000);
        }
        TestRun run = run(
                "SELECT (BfTs - 1790000000000) % 1000000 + (BfTs - 1790000000000) // 1000000 * 3000 AS n, * FROM events",
                Map.of("duckdb.memory-limit", "250MB", "export.parallel-objects", "4"));
        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
        assertThat(sink.acceptedRecords()).isEqualTo(records);
    }

    @Test
    void whatDoesNotFitAloneIsNamedWithWhatItNeeds() throws Exception {
        lake.object(
                HOUR.formatted(0),
                "SELECT n, repeat(chr(65 + n::INTEGER), 5000000) AS hostname, '' AS message FROM range(100, 120) t(n)");
        lake.numbers(HOUR.formatted(9), 0, 10);
        TestRun run = run("SELECT * FROM events", Map.of("duckdb.memory-limit", "40MB"));
        assertThat(run.succeeded()).isFalse();
        assertThat(run.log("ERROR"))
                .anyMatch(line -> line.contains(HOUR.formatted(0))
                        && line.contains("even when nothing else is read (failed to allocate data of size"));
        assertThat(sink.distinctRecords()).as("the other object").isEqualTo(10);
    }

    @Test
    void theSummaryCountsWhatWasDeliveredBeforeAnObjectWasReadAlone() throws Exception {
        Path file = lake.bytes(HOUR.formatted(0), new byte[0]);
        try (var connection = DriverManager.getConnection("jdbc:duckdb:");
                var statement = connection.createStatement()) {
            statement.execute(
                    "COPY (SELECT n, repeat(chr(65 + (n %% 20)::INTEGER), CASE WHEN n < 40960 THEN 1 ELSE 5000000 END) AS text FROM range(40980) t(n)) TO '%s' (FORMAT parquet, ROW_GROUP_SIZE 40960)"
                            .formatted(file));
        }
        TestRun run = run("SELECT * FROM events", Map.of("duckdb.memory-limit", "40MB"));
        assertThat(run.succeeded()).isFalse();
        assertThat(sink.acceptedRecords()).isPositive();
        assertThat(run.log())
                .as(run.log().toString())
                .anyMatch(line -> line.contains("%,d accepted by webhook".formatted(sink.acceptedRecords())));
    }

    @Test
    void anInternalErrorOfDuckDbCostsTheObjectThatMadeIt() throws Exception {
        for (int hour : new int[] {1, 7, 12}) {
            breaksDuckDb(HOUR.formatted(hour));
        }
        int good = 0;
        for (int hour = 0; hour < 20; hour++) {
            if (hour != 1 && hour != 7 && hour != 12) {
                lake.numbers(HOUR.formatted(hour), good, 3000);
                good += 3000;
            }
        }
        TestRun run = run("SELECT * FROM events", Map.of());
        assertThat(run.succeeded()).isFalse();
        assertThat(sink.distinctRecords()).isEqualTo(good);
        assertThat(run.log("WARN"))
                .filteredOn(line -> line.contains(", object ") && line.contains("INTERNAL Error"))
                .hasSize(3)
                .noneMatch(line -> line.contains("assertion failure"));
        assertThat(run.log("ERROR"))
                .as(run.log().toString())
                .anyMatch(line -> line.contains("3 objects could not be read") && line.contains(HOUR.formatted(7)));
    }

    private TestRun run(String sql, Map<String, String> further) throws Exception {
        Map<String, String> given = new HashMap<>(lake.settings(sql));
        given.putAll(Map.of(
                "destination.type", "webhook",
                "destination.webhook.url", sink.url().toString(),
                "destination.webhook.format", "ndjson"));
        given.putAll(further);
        return TestRun.batch(TestRun.settings(folder, given));
    }

    private void wide(int object, int records) throws SQLException, IOException {
        Path file = lake.bytes(HOUR.formatted(object), new byte[0]);
        Files.delete(file);
        try (var connection = DriverManager.getConnection("jdbc:duckdb:");
                var statement = connection.createStatement()) {
            statement.execute(WideEvents.copy(object, records, file));
        }
    }

    /** A VARIANT whose parts have other names than DuckDB looks for. */
    private void breaksDuckDb(String name) throws IOException {
        Path file = lake.object(name, "SELECT 1 AS n, {'k': 1}::VARIANT AS v");
        String bytes = Files.readString(file, StandardCharsets.ISO_8859_1);
        Files.writeString(file, bytes.replace("metadata", "metadatx"), StandardCharsets.ISO_8859_1);
    }
}
