package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.PackerKeys;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.SimulatedBucket;
import com.bytefreezer.connector.testing.TestTools;
import com.bytefreezer.connector.testing.WebhookServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Watching a dataset that is too large to be listed each time. All but what a test adds is delivered. */
@Tag("slow")
class LargeDatasetTest {
    private static final int OBJECTS = 12_000;
    private static final int PAGES = OBJECTS / 1000;
    private static final Instant LONG_AGO = Instant.now().minus(Duration.ofDays(50));

    @TempDir
    private Path folder;

    private WebhookServer sink;
    private SimulatedBucket bucket;
    private Instant start;
    private int added;

    @BeforeEach
    void makeDataset() throws Exception {
        byte[] content = Files.readAllBytes(ParquetLake.in(folder).numbers("a.parquet", 0, 1));
        start = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        Instant until = start.minus(Duration.ofHours(2));
        bucket = SimulatedBucket.start(
                new PackerKeys(OBJECTS, Duration.ofMinutes(10), until), PackerKeys::time, content);
        sink = WebhookServer.start();
    }

    @AfterEach
    void stop() {
        bucket.close();
        sink.close();
    }

    @Test
    void aPollListsRecentPartitionsOldOnesWaitForAFullListing() throws Exception {
        // So that the watermark, if it moved, would leave everything behind.
        Map<String, String> settings = Map.of("cursor.lookback-hours", "0");
        String late = add(LONG_AGO.plusSeconds(1));
        try (TestRun.Running watch = watch(settings)) {
            awaitDelivered(late);
            Await.until("the end of the run", () -> watch.lanes().get(0).lastSuccess() != null);
            int full = bucket.listings().size();
            // The newest partition is looked for, too, since its columns may be others.
            assertThat(bucket.listings().stream().filter(PackerKeys.DATASET::equals))
                    .hasSizeBetween(PAGES, PAGES + 12);
            String later = add(LONG_AGO.plusSeconds(2));
            for (int i = 0; i < 2; i++) {
                awaitDelivered(add(Instant.now()));
            }
            assertThat(delivered(later)).isFalse();
            List<String> polls =
                    bucket.listings().subList(full, bucket.listings().size());
            assertThat(polls)
                    .isNotEmpty()
                    .noneMatch(prefix ->
                            prefix.startsWith(PackerKeys.key(LONG_AGO, 0).replaceAll("day=.*", "day=")));
            assertThat(watch.log()).noneMatch(line -> line.startsWith("ERROR"));
            late = later;
        }
        assertThat(watermark()).isBefore(bucket.lastModified(late));

        try (TestRun.Running again = watch(settings)) {
            awaitDelivered(late);
            assertThat(again.log()).noneMatch(line -> line.startsWith("ERROR"));
        }
        assertThat(sink.records()).doesNotHaveDuplicates().hasSize(4);
    }

    @Test
    void anObjectInAnOldPartitionComesWithTheNextFullListing() throws Exception {
        try (TestRun.Running watch = watch(Map.of("schedule.full-listing-seconds", "4"))) {
            awaitDelivered(add(Instant.now()));
            awaitDelivered(add(LONG_AGO));
            awaitDelivered(add(Instant.now()));
            assertThat(watch.log()).noneMatch(line -> line.startsWith("ERROR"));
        }
        assertThat(sink.records()).doesNotHaveDuplicates().hasSize(3);
    }

    @Test
    void anUnreadableObjectOfAnOldPartitionIsTriedAtEachPoll() throws Exception {
        String broken = add(LONG_AGO);
        bucket.spoil(broken, true);
        try (TestRun.Running watch = watch(Map.of())) {
            Await.until("three tries", () -> tries(watch, broken) >= 3);
            awaitDelivered(add(Instant.now()));
            assertThat(delivered(broken)).isFalse();
            bucket.spoil(broken, false);
            awaitDelivered(broken);
            assertThat(bucket.listings()).hasSizeGreaterThan(2 * PAGES);
        }
        assertThat(watermark()).isBeforeOrEqualTo(bucket.lastModified(broken));
    }

    @Test
    void aCursorThatIsResetBeginsWithAFullListing() throws Exception {
        String old = add(LONG_AGO);
        int port = TestTools.freePort();
        try (TestRun.Running watch = watch(Map.of("server.port", String.valueOf(port)))) {
            awaitDelivered(old);
            awaitDelivered(add(Instant.now()));
            // Refused while it runs.
            Await.until("the reset", () -> reset(port) == 204);
            Await.until("the old one again", () -> Collections.frequency(sink.records(), record(old)) == 2);
            assertThat(watch.log()).noneMatch(line -> line.startsWith("ERROR"));
        }
    }

    private static int reset(int port) {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("http://localhost:%d/api/v1/exports/default/webhook/reset-cursor".formatted(port)))
                .POST(BodyPublishers.ofString("{\"confirm\":\"default/webhook\"}"))
                .header("Content-Type", "application/json")
                .build();
        try {
            return HttpClient.newHttpClient()
                    .send(request, BodyHandlers.discarding())
                    .statusCode();
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static long tries(TestRun.Running watch, String key) {
        return watch.log().stream()
                .filter(line -> line.startsWith("ERROR") && line.contains(key.substring(PackerKeys.DATASET.length())))
                .count();
    }

    private String add(Instant time) {
        String key = PackerKeys.key(time, ++added);
        bucket.add(key);
        return key;
    }

    private void awaitDelivered(String key) {
        Await.until(key, () -> delivered(key));
    }

    private boolean delivered(String key) {
        return sink.records().contains(record(key));
    }

    private static String record(String key) {
        return "{\"filename\":\"s3://%s/%s\"}".formatted(SimulatedBucket.NAME, key);
    }

    private Instant watermark() throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("cursor.db"));
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT watermark_ms FROM lane")) {
            row.next();
            return Instant.ofEpochMilli(row.getLong(1));
        }
    }

    private TestRun.Running watch(Map<String, String> further) throws Exception {
        Map<String, String> settings = new TreeMap<>(Map.of(
                "lake.root", "s3://" + SimulatedBucket.NAME,
                "s3.endpoint", bucket.endpoint().toString(),
                "s3.access-key", "key",
                "s3.secret-key", "word-of-the-lake",
                "duckdb.extension-directory", TestTools.duckdbExtensions().toString(),
                "query.tenant-id", "acme",
                "query.dataset-id", "events",
                "query.sql", "SELECT filename FROM read_parquet('PARQUET_PATH', filename=true)",
                "destination.type", "webhook",
                "destination.webhook.url", sink.url().toString()));
        settings.putAll(Map.of(
                "cursor.start", start.toString(),
                "schedule.interval-seconds", "1",
                "schedule.retry-delay-seconds", "1",
                "schedule.max-retry-delay-seconds", "1",
                "server.port", String.valueOf(TestTools.freePort())));
        settings.putAll(further);
        Settings all = TestRun.settings(folder, settings);
        return TestRun.watch(all);
    }
}
