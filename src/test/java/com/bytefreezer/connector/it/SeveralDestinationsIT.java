package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.MainHere;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.ConnectorProcess;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.SecondWebhook;
import com.bytefreezer.connector.testing.TestSettings;
import com.bytefreezer.connector.testing.TestTools;
import com.bytefreezer.connector.testing.WebhookServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged connector with two webhooks: killed, watching, and with little memory. */
class SeveralDestinationsIT {
    private static final int CAPACITY = 1_000_000;
    private static final int BATCH = 500;
    private static final int PARALLEL_OBJECTS = 2;
    private static final int IN_FLIGHT = 4;

    @TempDir
    private Path folder;

    @AutoClose
    private final WebhookServer first = WebhookServer.startCounting(CAPACITY, ParquetLake::number);

    @AutoClose
    private final WebhookServer second = WebhookServer.startCounting(CAPACITY, ParquetLake::number);

    private ParquetLake lake;
    private Path routes;

    @BeforeEach
    void makeRoutes() throws IOException {
        lake = ParquetLake.in(folder.resolve("lake"));
        routes = SecondWebhook.addTo(folder.resolve("routes"));
    }

    @Test
    void killedThreeTimesBothGetEveryRecordAndRepeatsAreBounded() {
        kill(3, 12_000);
    }

    @Test
    @Tag("soak")
    void killedTwentyTimesBothGetEveryRecordAndRepeatsAreBounded() {
        kill(20, 60_000);
    }

    private void kill(int kills, int recordsPerObject) {
        int records = 6 * recordsPerObject;
        for (int i = 0; i < 6; i++) {
            lake.numbers(
                    "year=2026/month=11/day=20/hour=%02d/o.parquet".formatted(i),
                    (long) i * recordsPerObject,
                    recordsPerObject);
        }
        Random random = new Random(11);
        for (int kill = 0; kill < kills; kill++) {
            long more = (1 + random.nextInt(30)) * (long) BATCH;
            long enough = first.acceptedRecords() + more;
            first.holdAt(enough);
            second.holdAt(second.acceptedRecords() + more);
            try (ConnectorProcess connector = start("batch")) {
                Await.until("a delivery", () -> first.acceptedRecords() >= enough);
                connector.killHard();
            }
        }
        first.answerAll();
        second.answerAll();
        MainHere last = MainHere.run(Map.of(), arguments("batch"));
        assertThat(last.code()).as(last.shown()).isZero();

        for (WebhookServer server : List.of(first, second)) {
            long repeats = server.acceptedRecords() - records;
            System.err.printf("%d kills: %d of %d records repeated%n", kills, repeats, records);
            assertThat(server.distinctRecords()).isEqualTo(records);
            assertThat(repeats).isBetween(0L, (long) kills * PARALLEL_OBJECTS * IN_FLIGHT * BATCH);
        }
    }

    @Test
    void aDeadOneIsRetriedForeverWhileTheOtherGetsNewRecords() {
        second.reply(503);
        lake.numbers("year=2026/month=11/day=20/a.parquet", 0, 1000);
        try (ConnectorProcess connector = start("watch")) {
            Await.until("the first object", () -> first.acceptedRecords() == 1000);
            for (int object = 1; object < 4; object++) {
                long expected = 1000L * (object + 1);
                lake.numbers("year=2026/month=11/day=20/b%d.parquet".formatted(object), 1000L * object, 1000);
                Await.until("object " + object, () -> first.acceptedRecords() == expected);
            }
            Await.until(
                    "several failed runs",
                    () -> connector
                                    .standardError()
                                    .lines()
                                    .filter(line ->
                                            line.contains("second, export default: 503") && line.contains("Next try"))
                                    .count()
                            >= 2);
            second.reply(200);
            Await.until("everything in the second", () -> second.distinctRecords() == 4000);
            connector.terminate();
            assertThat(connector.waitFor(Duration.ofMinutes(2))).isZero();
        }
        assertThat(first.acceptedRecords()).isEqualTo(4000);
        assertThat(second.acceptedRecords()).isEqualTo(4000);
    }

    @Test
    void aBigObjectForSlowAndQuickOnesFitsASmallHeap() {
        lake.object(
                "year=2026/month=11/day=20/a.parquet",
                "SELECT n, repeat('0123456789', 100) AS hostname, '' AS message FROM range(200000) t(n)");
        second.holdAt(1);
        try (ConnectorProcess connector = start("batch")) {
            Await.until("everything in the quick one", () -> first.acceptedRecords() == 200_000);
            second.answerAll();
            assertThat(connector.waitFor(Duration.ofMinutes(3)))
                    .as(connector.standardError())
                    .isZero();
        }
        assertThat(first.acceptedRecords()).isEqualTo(200_000);
        assertThat(second.acceptedRecords()).isEqualTo(200_000);
    }

    private ConnectorProcess start(String mode) {
        return ConnectorProcess.start(TestTools.projectDirectory(), Map.of(), List.of("-Xmx128m"), arguments(mode));
    }

    private String[] arguments(String mode) {
        Map<String, String> settings = new TreeMap<>(lake.settings("SELECT n, hostname, message FROM events"));
        settings.putAll(SecondWebhook.settings(first, second));
        settings.putAll(Map.of(
                "destination.type",
                "webhook,second",
                "schedule.batch-size",
                String.valueOf(BATCH),
                // Longer than it is made to wait here.
                "destination.second.timeout-ms",
                "600000",
                "schedule.interval-seconds",
                "1",
                "schedule.retry-delay-seconds",
                "1",
                "delivery.max-retries",
                "2",
                "delivery.retry-delay-ms",
                "50",
                "delivery.max-in-flight",
                String.valueOf(IN_FLIGHT),
                "export.parallel-objects",
                String.valueOf(PARALLEL_OBJECTS),
                "cursor.file",
                folder.resolve("cursor.db").toString()));
        return TestSettings.arguments(settings, "--mode", mode, "--routes", routes.toString());
    }
}
