package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.MainHere;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.ConnectorProcess;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.TestSettings;
import com.bytefreezer.connector.testing.TestTools;
import com.bytefreezer.connector.testing.WebhookServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged connector, killed in the middle of an export and started again. */
class KilledIT {
    private static final String SELECT = "SELECT n, hostname, message FROM events";
    private static final String JOIN = SELECT + " JOIN ioc ON ioc.id::BIGINT = n % 2";
    private static final int OBJECTS = 8;
    private static final int RECORDS_PER_OBJECT = 13_000;
    private static final int RECORDS = OBJECTS * RECORDS_PER_OBJECT;
    private static final int BATCH = 250;
    private static final int PARALLEL_OBJECTS = 2;
    private static final int IN_FLIGHT = 4;
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    @TempDir
    private Path folder;

    private ParquetLake lake;

    @BeforeEach
    void writeLake() {
        lake = ParquetLake.in(folder.resolve("lake"));
        writeObjects(0, OBJECTS);
    }

    private void writeObjects(int from, int to) {
        for (int i = from; i < to; i++) {
            lake.numbers(
                    "year=2026/month=11/day=20/hour=%02d/o.parquet".formatted(i),
                    (long) i * RECORDS_PER_OBJECT,
                    RECORDS_PER_OBJECT);
        }
    }

    @Test
    void killedTenTimesItRepeatsNoMoreThanWasInFlight() throws Exception {
        kill(10, RECORDS);
    }

    @Test
    @Tag("soak")
    void killedThirtyTimesItRepeatsNoMoreThanWasInFlight() throws Exception {
        int objects = 20;
        writeObjects(OBJECTS, objects);
        kill(30, objects * RECORDS_PER_OBJECT);
    }

    private void kill(int times, int records) throws Exception {
        Random random = new Random(7);
        try (WebhookServer sink = WebhookServer.startCounting(records, ParquetLake::number)) {
            for (int kills = 0; kills < times; kills++) {
                long enough = sink.acceptedRecords() + (long) random.nextInt(40) * BATCH;
                sink.holdAt(enough);
                try (ConnectorProcess connector = start(sink)) {
                    Await.until("a delivery before kill " + kills, () -> sink.acceptedRecords() >= enough);
                    connector.killHard();
                }
            }
            sink.answerAll();
            finish(sink);

            assertThat(sink.distinctRecords()).isEqualTo(records);
            long repeats = sink.acceptedRecords() - records;
            System.err.printf("%d kills: %d of %d records repeated%n", times, repeats, records);
            assertThat(repeats).isBetween(0L, (long) times * PARALLEL_OBJECTS * IN_FLIGHT * BATCH);
            // What a killed run has recorded is in its row, and each record in one of them.
            assertThat(number("SELECT accepted FROM total")).isEqualTo(records);
            assertThat(number("SELECT sum(accepted) FROM run")).isEqualTo(records);
            assertThat(number("SELECT count(*) FROM run WHERE state = 'KILLED'"))
                    .isBetween(1L, (long) times);
        }
    }

    @Test
    void stoppedBySignalItRepeatsNothing() {
        try (WebhookServer sink = WebhookServer.startCounting(RECORDS, ParquetLake::number)) {
            List<String> endings = new ArrayList<>();
            for (int stops = 0; stops < 3; stops++) {
                long enough = sink.acceptedRecords() + 20 * BATCH;
                sink.holdAt(enough);
                try (ConnectorProcess connector = start(sink)) {
                    Await.until("some deliveries", () -> sink.acceptedRecords() >= enough);
                    connector.terminate();
                    Await.until("the stop", () -> connector.standardError().contains("Stopping: "));
                    sink.answerAll();
                    endings.add(connector.waitFor(PATIENCE) + " " + connector.standardError());
                }
            }
            assertThat(endings)
                    .allMatch(ending -> ending.startsWith("1 "))
                    .noneMatch(ending -> ending.contains("ERROR"));
            finish(sink);

            assertThat(sink.distinctRecords()).isEqualTo(RECORDS);
            assertThat(sink.acceptedRecords()).as(String.join("\n", endings)).isEqualTo(RECORDS);
        }
    }

    @Test
    void aKilledHuntContinuesWhereItWas() throws Exception {
        Path ioc = Files.createDirectory(folder.resolve("lookups")).resolve("ioc.csv");
        Files.writeString(ioc, "id\n0\n");
        String[] hunt = {"--mode", "replay", "--changed-lookup", "ioc"};
        try (WebhookServer sink = WebhookServer.startCounting(RECORDS, ParquetLake::number)) {
            finish(sink, JOIN, "--mode", "batch");
            assertThat(sink.acceptedRecords()).isEqualTo(RECORDS / 2);
            Files.writeString(ioc, "id\n0\n1\n");
            finish(sink, JOIN, "--mode", "batch");
            for (int kills = 1; kills <= 2; kills++) {
                long enough = RECORDS / 2 + kills * 60L * BATCH;
                sink.holdAt(enough);
                try (ConnectorProcess connector = start(sink, JOIN, hunt)) {
                    Await.until("deliveries of the hunt", () -> sink.acceptedRecords() >= enough);
                    connector.killHard();
                }
            }
            sink.answerAll();
            finish(sink, JOIN, hunt);

            assertThat(sink.distinctRecords()).isEqualTo(RECORDS);
            assertThat(sink.acceptedRecords() - RECORDS).isBetween(0L, 2L * PARALLEL_OBJECTS * IN_FLIGHT * BATCH);
        }
    }

    private long number(String sql) throws SQLException {
        try (Connection store = DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("cursor.db"));
                Statement statement = store.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            return row.getLong(1);
        }
    }

    private void finish(WebhookServer sink) {
        finish(sink, SELECT, "--mode", "batch");
    }

    /** What nothing interrupts. */
    private void finish(WebhookServer sink, String sql, String... mode) {
        MainHere run = MainHere.run(settings(sink, sql), mode);
        assertThat(run.code()).as(run.shown()).isZero();
    }

    private ConnectorProcess start(WebhookServer sink) {
        return start(sink, SELECT, "--mode", "batch");
    }

    private ConnectorProcess start(WebhookServer sink, String sql, String... mode) {
        return ConnectorProcess.start(
                TestTools.projectDirectory(),
                Map.of(),
                List.of("-Xmx256m"),
                TestSettings.arguments(settings(sink, sql), mode));
    }

    private Map<String, String> settings(WebhookServer sink, String sql) {
        Map<String, String> settings = new TreeMap<>(lake.settings(sql));
        settings.putAll(Map.of(
                "destination.type",
                "webhook",
                "destination.webhook.url",
                sink.url().toString(),
                "destination.webhook.format",
                "ndjson",
                "delivery.max-in-flight",
                String.valueOf(IN_FLIGHT),
                "export.parallel-objects",
                String.valueOf(PARALLEL_OBJECTS),
                "schedule.batch-size",
                String.valueOf(BATCH),
                "cursor.claim-seconds",
                "10",
                "data.folder",
                folder.toString(),
                "cursor.file",
                folder.resolve("cursor.db").toString(),
                "lookups.folder",
                folder.resolve("lookups").toString()));
        return settings;
    }
}
