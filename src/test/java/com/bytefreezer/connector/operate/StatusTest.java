package com.bytefreezer.connector.operate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.config.ExportDefinition;
import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.config.Sync;
import com.bytefreezer.connector.cursor.Counts;
import com.bytefreezer.connector.cursor.Cursor;
import com.bytefreezer.connector.cursor.Runs;
import com.bytefreezer.connector.delivery.DeadLetters;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.TestTools;
import com.bytefreezer.connector.testing.WebhookServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class StatusTest {
    @TempDir
    private Path folder;

    @Test
    void anExportThatHasNotRunYetIsShown() {
        LaneStatus lane = status(settings("http://localhost:1/", "0"));

        assertThat(lane.lane()).hasToString("default/webhook");
        assertThat(lane.state()).isEqualTo("never");
        assertThat(lane.lagSeconds()).isNull();
        assertThat(lane.totals()).isEqualTo(Counts.NONE);
    }

    @Test
    void aPausedExportIsPausedAlsoWithoutItsStore() {
        Settings settings = settings("http://localhost:1/", "0");
        Lane lane = new Lane("one", "webhook");
        ExportDefinition paused = new ExportDefinition(
                lane, "acme", "syslog", "SELECT * FROM events", Sync.AUTO, 10, Duration.ofMinutes(1), false, null);
        Status status = Status.ofStore(settings, new DeadLetters(settings.deadLettersFolder()));

        assertThat(status.asKnown(paused).state()).isEqualTo("paused");
    }

    @Test
    void peopleAreToldOfALagAboveItsLimitOnly() {
        Settings settings = settings("http://localhost:1/", "0");
        int most = settings.integer("health-reporting.max-lag-seconds");
        Instant now = Instant.now();

        assertThat(ExportAlerts.conditions(lagging(most + 1L), settings, now, now))
                .isEqualTo(Map.of("lagging", "lags by %d s".formatted(most + 1)));
        assertThat(ExportAlerts.conditions(lagging((long) most), settings, now, now))
                .isEmpty();
        assertThat(ExportAlerts.conditions(lagging(null), settings, now, now)).isEmpty();
    }

    private static LaneStatus lagging(Long seconds) {
        return new LaneStatus(
                new Lane("default", "webhook"),
                "idle",
                seconds,
                null,
                null,
                null,
                null,
                Counts.NONE,
                Map.of(),
                0,
                List.of(),
                null,
                false,
                null);
    }

    @Test
    void aRunLeavesItsBalanceAndItsRetriesAndNoLag() throws Exception {
        try (WebhookServer server = WebhookServer.start()) {
            server.replyNext(1, Reply.of(429, "slowly"));
            server.replyNext(1, Reply.of(503));
            Settings settings = settings(server.url().toString(), "3");

            assertThat(TestRun.batch(settings).succeeded()).isTrue();

            LaneStatus lane = status(settings);
            assertThat(lane.state()).isEqualTo("idle");
            assertThat(lane.lagSeconds()).isZero();
            assertThat(lane.totals()).isEqualTo(new Counts(400, 400, 0, 0));
            assertThat(lane.retries()).isEqualTo(Map.of("429", 1L, "503", 1L));
            assertThat(lane.watermark()).isNotNull();
            assertThat(lane.lastSuccess()).isBetween(Instant.now().minusSeconds(60), Instant.now());
            assertThat(lane.lastError()).isNull();
        }
    }

    @Test
    void anEmptyDatasetIsToldFromOneThatIsDelivered() throws Exception {
        ParquetLake lake = ParquetLake.in(Files.createDirectories(folder.resolve("lake")));
        try (WebhookServer server = WebhookServer.start()) {
            String url = server.url().toString();
            Settings whole = settings(url, "0", lake.settings("SELECT count(*) AS n FROM events"));
            assertThat(TestRun.batch(whole).succeeded()).isTrue();
            assertThat(status(whole).state()).isEqualTo("empty");
            lake.numbers("year=2026/month=11/day=20/hour=10/a.parquet", 0, 10);
            assertThat(TestRun.batch(whole).succeeded()).isTrue();
            assertThat(status(whole).state()).isEqualTo("idle");
        }
    }

    @Test
    void anObjectOfWhichNothingIsSelectedHasBeenSeen() throws Exception {
        ParquetLake lake = ParquetLake.in(Files.createDirectories(folder.resolve("lake")));
        lake.numbers("year=2026/month=11/day=20/hour=10/a.parquet", 0, 10);
        Settings settings = settings("http://localhost:1/", "0", lake.settings("SELECT * FROM events WHERE n < 0"));

        assertThat(TestRun.batch(settings).succeeded()).isTrue();

        assertThat(status(settings).state()).isEqualTo("idle");
    }

    @Test
    void theLagIsTheOldestObjectsAgeWhileTheDestinationIsDown() throws Exception {
        try (Stream<Path> objects = Files.walk(Path.of("samples/lake/acme/syslog"))) {
            Path oldest = objects.filter(path -> path.toString().endsWith(".parquet"))
                    .sorted()
                    .findFirst()
                    .orElseThrow();
            Path copy = folder.resolve("lake").resolve(Path.of("samples/lake").relativize(oldest));
            Files.createDirectories(copy.getParent());
            Files.copy(oldest, copy);
            Files.setLastModifiedTime(copy, FileTime.from(Instant.now().minusSeconds(5000)));
            Files.copy(oldest, copy.resolveSibling("later.parquet"));
        }
        Settings settings = settings(
                "http://localhost:1/",
                "0",
                Map.of(
                        "lake.root",
                        "file:" + folder.resolve("lake"),
                        "query.tenant-id",
                        "acme",
                        "query.dataset-id",
                        "syslog",
                        "query.sql",
                        "SELECT * FROM events"));

        assertThat(TestRun.batch(settings).succeeded()).isFalse();

        LaneStatus lane = status(settings);
        assertThat(lane.state()).isEqualTo("failed");
        assertThat(lane.lastError()).contains("Connection refused").contains("cursor");
        assertThat(lane.lagSeconds()).isBetween(5000L, 5060L);
        assertThat(lane.lastSuccess()).isNull();
    }

    @Test
    void itIsReadWhileAnotherProcessHasTheCursor() throws Exception {
        Settings settings = settings("http://localhost:1/", "0");
        try (Cursor cursor = Cursor.open(Path.of(settings.text("cursor.file")), Duration.ofHours(1))) {
            cursor.history().add(Runs.succeeded(new Lane("default", "webhook"), 1, 5));

            assertThat(status(settings).totals().accepted()).isEqualTo(5);
            assertThat(cursor.lanes().knows(new Lane("default", "webhook"))).isFalse();
        }
    }

    @Test
    void aReaderMakesNoStore() {
        Settings settings = settings("http://localhost:1/", "0");

        status(settings);

        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void isReadOnAReadOnlyDiskWhileAnotherHasTheCursor() throws Exception {
        Path store = Files.createDirectory(folder.resolve("store"));
        Path readOnly = Files.createDirectory(folder.resolve("read-only"));
        assumeTrue(TestTools.run("mount", "--bind", store.toString(), readOnly.toString()), "mount needs root");
        try {
            assertThat(TestTools.run("mount", "-o", "remount,bind,ro", readOnly.toString()))
                    .isTrue();
            Map<String, String> there =
                    Map.of("cursor.file", store.resolve("cursor.db").toString());
            Settings settings = settings("http://localhost:1/", "0", there);
            Settings seen = settings(
                    "http://localhost:1/",
                    "0",
                    Map.of("cursor.file", readOnly.resolve("cursor.db").toString()));
            assertThat(status(seen).state()).isEqualTo("never");
            try (Cursor cursor = Cursor.open(Path.of(settings.text("cursor.file")), Duration.ofHours(1))) {
                cursor.history().add(Runs.succeeded(new Lane("default", "webhook"), 1, 5));
                assertThat(status(seen).totals().accepted()).isEqualTo(5);
                assertThat(cursor.lanes().knows(new Lane("default", "webhook"))).isFalse();
            }
            assertThat(status(seen).totals().accepted()).isEqualTo(5);
        } finally {
            TestTools.run("umount", readOnly.toString());
        }
    }

    private LaneStatus status(Settings settings) {
        DeadLetters letters = new DeadLetters(settings.deadLettersFolder());
        return Status.ofStore(settings, letters).lanes().get(0);
    }

    private Settings settings(String url, String retries) {
        return settings(url, retries, Map.of());
    }

    private Settings settings(String url, String retries, Map<String, String> further) {
        Map<String, String> all = new TreeMap<>(further);
        all.put("destination.type", "webhook");
        all.put("destination.webhook.url", url);
        all.put("delivery.max-retries", retries);
        return TestRun.settings(folder, all);
    }
}
