package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.kit.Request;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.ControlServer;
import com.bytefreezer.connector.testing.MinioServer;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.S3Server;
import com.bytefreezer.connector.testing.SimulatedBucket;
import com.bytefreezer.connector.testing.TestTools;
import com.bytefreezer.connector.testing.WebhookServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Exports that choose their datasets by patterns, in buckets. */
@Tag("slow")
class PatternsOnMinioTest {
    private static final String BUCKET = "lake";
    private static final String OBJECT = "%s/data/parquet/year=2026/month=11/day=20/hour=%02d/o.parquet";

    @TempDir
    private Path folder;

    @AutoClose
    private final WebhookServer sink = WebhookServer.start();

    @AutoClose
    private final MinioServer minio = S3Server.minio();

    private Path object;

    @BeforeEach
    void fill() {
        object = ParquetLake.in(folder.resolve("one")).numbers("o.parquet", 0, 3);
        minio.createBucket(BUCKET);
        for (String dataset : List.of("acme/syslog", "acme/dns", "zeta/syslog", "beta/a b")) {
            put(dataset, 1);
        }
    }

    private void put(String dataset, int hour) {
        minio.put(BUCKET, OBJECT.formatted(dataset, hour), object);
    }

    private Settings settings(Map<String, String> more) {
        Map<String, String> all = new TreeMap<>(S3Server.settings(minio.endpoint()));
        all.putAll(Map.of(
                "s3.bucket", BUCKET,
                "query.tenant-id", "*",
                "query.dataset-id", "*",
                "query.sql", "SELECT n FROM events",
                "destination.type", "webhook",
                "destination.webhook.url", sink.url().resolve("/in") + "/{tenant}/{dataset}",
                "schedule.interval-seconds", "1",
                "schedule.full-listing-seconds", "1"));
        all.putAll(more);
        return TestRun.settings(folder, all);
    }

    private List<String> paths() {
        return sink.requests().stream().map(Request::path).sorted().toList();
    }

    @Test
    void allDatasetsOfABucketAndThoseOfATenant() throws Exception {
        TestRun one = TestRun.batch(settings(Map.of("query.dataset-id", "*/sys*")));
        assertThat(one.succeeded()).as(one.log().toString()).isTrue();
        assertThat(paths()).containsExactly("/in/acme/syslog", "/in/zeta/syslog");
        assertThat(TestRun.batch(settings(Map.of())).succeeded()).isTrue();
        assertThat(paths()).containsExactly("/in/acme/dns", "/in/acme/syslog", "/in/beta/a%20b", "/in/zeta/syslog");
        put("acme/syslog", 2);
        put("acme/late", 1);
        assertThat(TestRun.batch(settings(Map.of("query.dataset-id", "acme/*"))).succeeded())
                .isTrue();
        assertThat(paths()).hasSize(6);
    }

    @Test
    void wrongKeysAreOneLineAndTheWatchIsNotReady() throws Exception {
        Settings settings = settings(Map.of("s3.secret-key", "wrong-secret"));
        TestRun run = TestRun.batch(settings);
        assertThat(run.succeeded()).isFalse();
        assertThat(run.log("ERROR"))
                .singleElement()
                .asString()
                .contains("export default: its datasets cannot be found: ", "403", "s3:ListBucket")
                .doesNotContain("wrong-secret", "\n");
        try (TestRun.Running watch = TestRun.watch(settings)) {
            Await.until("it says so", () -> watch.whyNotReady().isPresent());
            assertThat(watch.whyNotReady().orElseThrow()).startsWith("its datasets cannot be found: ");
            assertThat(watch.lanes()).singleElement().satisfies(lane -> assertThat(lane.lane())
                    .hasToString("default/none"));
        }
    }

    @Test
    void theControlPlaneTellsTheDatasetsOfEachTenant() throws Exception {
        try (ControlServer control = ControlServer.start()) {
            tell(control, "accounts/a/tenants", "acme", "beta", "secret");
            tell(control, "tenants/acme/datasets", "syslog", "dns");
            tell(control, "tenants/beta/datasets", "a b");
            control.replyWhen(
                    request -> request.path().contains("tenants/secret/"), Reply.of(403, "{\"error\":\"forbidden\"}"));
            for (String dataset : List.of("syslog", "dns")) {
                control.grant("acme", dataset, minio, BUCKET);
            }
            control.grant("beta", "a%20b", minio, BUCKET);
            Map<String, String> more = new TreeMap<>(Map.of(
                    "control.url", control.url().toString(),
                    "control.api-key", "key-of-control",
                    "control.account-id", "a"));
            for (String setting : List.of("s3.bucket", "s3.endpoint", "s3.access-key", "s3.secret-key")) {
                more.put(setting, "");
            }
            TestRun run = TestRun.batch(settings(more));
            assertThat(paths())
                    .as(run.log().toString())
                    .containsExactly("/in/acme/dns", "/in/acme/syslog", "/in/beta/a%20b");
            assertThat(run.succeeded()).isFalse();
            assertThat(run.log("ERROR"))
                    .singleElement()
                    .asString()
                    .contains("export default, tenant secret: control plane", "403")
                    .doesNotContain("\n");
            more.put("query.tenant-id", "acme");
            assertThat(TestRun.batch(settings(more)).succeeded()).isTrue();
        }
    }

    private static void tell(ControlServer control, String path, String... ids) {
        String items = String.join(
                ",", List.of(ids).stream().map("{\"id\":\"%s\"}"::formatted).toList());
        control.replyWhen(request -> request.path().contains("/" + path), Reply.of(200, "{\"items\":[" + items + "]}"));
    }

    @Test
    void whatIsKnownGoesOnWhileTheBucketIsAway() throws Exception {
        try (TestRun.Running watch =
                TestRun.watch(settings(Map.of("query.tenant-id", "acme", "s3.timeout-seconds", "2")))) {
            Await.until("both", () -> paths().size() == 2);
            minio.pause();
            Await.until("it is said", () -> watch.log().stream()
                    .anyMatch(line -> line.contains("export default: not all of its datasets can be found")));
            assertThat(watch.lanes()).hasSize(2);
            minio.resume();
            put("acme/new", 1);
            Await.until("it goes on", () -> paths().size() == 3);
        }
        assertThat(sink.records()).hasSize(9);
    }

    @Test
    void aDatasetWithManyObjectsLetsOneWithFewPass() throws Exception {
        sink.reply(Reply.of(200).after(Duration.ofMillis(200)));
        for (int hour = 0; hour < 60; hour++) {
            minio.put(
                    BUCKET,
                    "fair/big/data/parquet/year=2026/month=11/day=%02d/hour=%02d/o.parquet"
                            .formatted(1 + hour / 24, hour % 24),
                    object);
        }
        put("fair/small", 1);
        TestRun run = TestRun.batch(settings(
                Map.of("query.dataset-id", "fair/*", "export.parallel-lanes", "1", "export.parallel-objects", "1")));
        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
        List<String> ended =
                run.log().stream().filter(line -> line.contains("objects, ")).toList();
        assertThat(ended).hasSize(2);
        assertThat(ended.get(0)).contains("export default@fair/small: 1 objects");
        assertThat(ended.get(1)).contains("export default@fair/big: 60 objects");
    }

    @Test
    void twoThousandDatasetsAreFoundAndSeenInSeconds() throws Exception {
        List<String> keys = IntStream.range(0, 2000)
                .mapToObj(i -> OBJECT.formatted("tenant-%02d/data-%04d".formatted(i / 40, i), 1))
                .sorted()
                .toList();
        int threads = Thread.activeCount();
        try (SimulatedBucket bucket = SimulatedBucket.start(
                        keys, key -> Instant.parse("2026-11-20T01:00:00Z"), Files.readAllBytes(object));
                TestRun.Running watch = TestRun.watch(settings(Map.of(
                        "s3.bucket",
                        SimulatedBucket.NAME,
                        "s3.endpoint",
                        bucket.endpoint().toString(),
                        "export.parallel-lanes",
                        "1",
                        "server.port",
                        String.valueOf(TestTools.freePort()))))) {
            Await.until("all lanes", () -> watch.lanes().size() == 2000);
            assertThat(watch.metrics().lines().filter(line -> line.startsWith("bytefreezer_connector_lag_seconds{")))
                    .hasSizeLessThanOrEqualTo(1001)
                    .anyMatch(line -> line.contains("export=\"default@*\""));
            assertThat(Thread.activeCount() - threads).isLessThan(100);
            assertThat(watch.whyNotReady()).isEmpty();
            assertThat(watch.log().stream().filter(line -> line.contains("new: ")))
                    .singleElement()
                    .asString()
                    .contains("export default: 2,000 datasets are new: tenant-00/data-0000", "and 1,995 more");
        }
    }
}
