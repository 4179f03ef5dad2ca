package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.MainHere;
import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.ConnectorProcess;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.TestTools;
import com.bytefreezer.connector.testing.WebhookServer;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Objects that are too big for the heap, or broken after a million good records. */
class BigObjectIT {
    private static final String HOUR = "year=2026/month=11/day=20/hour=%02d/o.parquet";

    @TempDir
    private Path folder;

    private ParquetLake lake;

    @BeforeEach
    void makeLake() {
        lake = ParquetLake.in(folder.resolve("lake"));
    }

    @Test
    void twoGigabytesOfRecordsPassThroughASmallHeap() throws Exception {
        lake.object(HOUR.formatted(1), "SELECT n, repeat('0123456789', 100) AS text FROM range(2000000) t(n)");
        Map<String, String> environment = environment("SELECT * FROM events");
        Path routes = Files.createDirectory(folder.resolve("routes"));
        for (String file : List.of("triggers", "credentials", "export", "delivery")) {
            Files.copy(
                    TestTools.projectDirectory().resolve("routes/" + file + ".camel.yaml"),
                    routes.resolve(file + ".camel.yaml"));
        }
        Files.createDirectory(routes.resolve("exports"));
        Files.copy(
                TestTools.projectDirectory().resolve("routes/exports/default.camel.yaml"),
                routes.resolve("exports/default.camel.yaml"));
        Files.createDirectory(routes.resolve("destinations"));
        Files.writeString(routes.resolve("destinations/discard.camel.yaml"), """
                - route:
                    id: destination-discard
                    from:
                      uri: direct:destination-discard
                      steps:
                        - stop: {}
                """);
        environment.put("DESTINATION_TYPE", "discard");
        try (ConnectorProcess connector = start(environment, "--routes", routes.toString())) {
            AtomicLong highest = new AtomicLong();
            Await.until("the end", Duration.ofMinutes(3), () -> {
                highest.accumulateAndGet(peakMemory(connector.pid()), Math::max);
                return !connector.isAlive();
            });
            long peak = highest.get();
            assertThat(connector.waitFor(Duration.ofMinutes(3)))
                    .as(connector.standardError())
                    .isZero();
            assertThat(connector.standardError()).contains("2,000,000 accepted by discard");
            System.err.printf("2 GB of records with -Xmx256m: peak resident memory %d MB%n", peak / 1024);
            assertThat(peak).isBetween(1L, 1024L * 1024);
        }
    }

    @Test
    void aBadCastAfterAMillionRecordsIsDetectedOthersGoOn() {
        lake.object(
                HOUR.formatted(1),
                "SELECT n, CASE WHEN n = 1200000 THEN 'x' ELSE '1' END AS text FROM range(1300000) t(n)");
        lake.object(HOUR.formatted(2), "SELECT n, '1' AS text FROM range(2000000, 2000010) t(n)");
        assertThatTheFirstObjectFailsAlone(
                "SELECT n, text::INTEGER AS number FROM events WHERE n % 10 = 0",
                "Could not convert string 'x' to INT32");
    }

    @Test
    void damageAfterAMillionRecordsIsDetectedAndOtherObjectsGoOn() throws IOException {
        Path file = lake.object(HOUR.formatted(1), "SELECT n, hash(n) AS text FROM range(1300000) t(n)");
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.seek(bytes.length() * 95 / 100);
            bytes.write(new byte[20_000]);
        }
        lake.object(HOUR.formatted(2), "SELECT n, 1::UBIGINT AS text FROM range(2000000, 2000010) t(n)");
        assertThatTheFirstObjectFailsAlone("SELECT n, text FROM events WHERE n % 10 = 0", "hour=01/o.parquet");
    }

    private void assertThatTheFirstObjectFailsAlone(String sql, String message) {
        try (WebhookServer sink = WebhookServer.startCounting(2_000_010, ParquetLake::number)) {
            Map<String, String> environment = environment(sql);
            environment.put("DESTINATION_TYPE", "webhook");
            environment.put("DESTINATION_WEBHOOK_URL", sink.url().toString());
            environment.put("DESTINATION_WEBHOOK_FORMAT", "ndjson");
            try (ConnectorProcess connector = start(environment)) {
                assertThat(connector.waitFor(Duration.ofMinutes(2))).isEqualTo(1);
                assertThatItFailsAlone(sink, connector.standardError(), message);
            }
            // That it fits a small heap is seen by now.
            MainHere next = MainHere.runIn(environment, "--mode", "batch");
            assertThat(next.code()).isEqualTo(1);
            assertThatItFailsAlone(sink, next.shown(), message);
        }
    }

    private static void assertThatItFailsAlone(WebhookServer sink, String shown, String message) {
        assertThat(shown)
                .contains(message, "1 object could not be read and stays undelivered", "the next run tries it again")
                .doesNotContain("\tat ", TestRun.STACK_TRACE);
        assertThat(sink.timesAccepted(2_000_000)).isEqualTo(1);
        assertThat(sink.distinctRecords()).isLessThan(130_001);
    }

    private Map<String, String> environment(String sql) {
        return new HashMap<>(Map.of(
                "LAKE_ROOT",
                "file:" + lake.root(),
                "QUERY_TENANT_ID",
                "acme",
                "QUERY_DATASET_ID",
                "events",
                "QUERY_SQL",
                sql,
                "CURSOR_FILE",
                folder.resolve("cursor.db").toString()));
    }

    private static ConnectorProcess start(Map<String, String> environment, String... further) {
        String[] arguments = new String[further.length + 2];
        arguments[0] = "--mode";
        arguments[1] = "batch";
        System.arraycopy(further, 0, arguments, 2, further.length);
        return ConnectorProcess.start(TestTools.projectDirectory(), environment, List.of("-Xmx256m"), arguments);
    }

    /** In kB; 0 when the process is gone. */
    private static long peakMemory(long pid) {
        try {
            return Files.readString(Path.of("/proc/" + pid + "/status"))
                    .lines()
                    .filter(line -> line.startsWith("VmHWM:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst()
                    .orElse(0);
        } catch (IOException e) {
            return 0;
        }
    }
}
