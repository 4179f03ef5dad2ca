package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.bytefreezer.connector.TestRun;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.kit.ScriptedServer;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.LatencyProxy;
import com.bytefreezer.connector.testing.MinioServer;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.S3Server;
import com.bytefreezer.connector.testing.TestTools;
import com.bytefreezer.connector.testing.WebhookServer;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What fails around an export costs no record, few repeats, and is told in one line. See docs/reliability.md. */
class FaultsTest {
    private static final String OBJECT = "year=2026/month=11/day=20/hour=01/";
    private static final String KEY = "acme/events/data/parquet/" + OBJECT;
    private static final int BATCH = 1000;
    private static final int IN_FLIGHT = 4;

    @TempDir
    private Path folder;

    @AutoClose
    private final WebhookServer sink = WebhookServer.startCounting(1_000_000, ParquetLake::number);

    private ParquetLake lake;

    @BeforeEach
    void makeLake() {
        lake = ParquetLake.in(folder.resolve("lake"));
    }

    @Test
    void aBucketThatHangsAndThenDiesInTheMiddleIsReadToTheEndWhenItIsBack() throws Exception {
        int records = 250_000;
        // Too large to be read ahead.
        String sql =
                "SELECT n, md5(n::VARCHAR) || md5((-n)::VARCHAR) || md5((n + 0.5)::VARCHAR) AS hostname FROM range(%d, %d) t(n)";
        lake.object(OBJECT + "a.parquet", sql.formatted(0, records));
        lake.object(OBJECT + "b.parquet", sql.formatted(records, 2 * records));
        sink.reply(Reply.of(200).after(Duration.ofMillis(30)));
        try (MinioServer minio = filled(S3Server.minio());
                TestRun.Running watch = watch(onS3(minio))) {
            Await.until("the first records", () -> sink.acceptedRecords() > 0);
            minio.pause();
            LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(3));
            minio.resume();
            long before = sink.acceptedRecords();
            Await.until("more records", () -> sink.acceptedRecords() > before + 10 * BATCH);

            minio.kill();
            Await.until("a failed run", () -> !errors(watch).isEmpty());
            minio.restart();
            Await.until("all records", () -> sink.distinctRecords() == 2 * records);
            assertThat(errors(watch))
                    .anyMatch(line -> line.contains("parquet: ") && line.contains("tried again at the next run"))
                    .noneMatch(line -> line.contains("\n"));
        }
        assertThat(sink.acceptedRecords()).isEqualTo(2 * records);
    }

    @Test
    void aBucketThatHangsForLongFailsTheRunInTimeAndTheNextOneDeliversAll() throws Exception {
        lake.numbers(OBJECT + "a.parquet", 0, 1000);
        Map<String, String> given = new TreeMap<>();
        try (MinioServer minio = filled(S3Server.minio())) {
            given.putAll(onS3(minio));
            given.put("s3.timeout-seconds", "1");
            try (TestRun.Running watch = watch(given)) {
                Await.until("the first records", () -> sink.acceptedRecords() == 1000);
                minio.put("lake", KEY + "b.parquet", lake.numbers("elsewhere/b.parquet", 1000, 1000));
                minio.pause();
                Await.until("a failed run", () -> !errors(watch).isEmpty());
                minio.resume();
                Await.until("all records", () -> sink.distinctRecords() == 2000);
                assertThat(errors(watch)).noneMatch(line -> line.contains("\n"));
            }
        }
        assertThat(sink.acceptedRecords()).isEqualTo(2000);
    }

    private static List<String> errors(TestRun.Running watch) {
        return watch.log().stream().filter(line -> line.startsWith("ERROR ")).toList();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<html><body>Please log in</body></html>",
                "Please log in",
                "",
                "<ListBucketResult><Name>lake</Name>",
                "{}"
            })
    void aListingThatIsNoneFailsTheRunAndIsNotTakenForAnEmptyBucket(String garbage) throws Exception {
        try (ScriptedServer proxy = ScriptedServer.start()) {
            proxy.reply(Reply.of(200, garbage).header("Content-Type", "text/html"));
            TestRun run = TestRun.batch(settings(s3(proxy.url().toString())));
            assertThat(run.succeeded()).isFalse();
            assertThat(run.log("ERROR"))
                    .singleElement()
                    .asString()
                    .contains("lake s3://lake")
                    .doesNotContain("\n");
        }
    }

    @Test
    void anObjectThatIsReplacedWhileItIsReadArrivesAsItIsNow() throws Exception {
        int records = 300_000;
        lake.numbers(OBJECT + "a.parquet", 0, records);
        Path other = lake.numbers("elsewhere/a.parquet", records, records);
        Path moved = Files.move(other, folder.resolve("other.parquet"));
        sink.reply(Reply.of(200).after(Duration.ofMillis(30)));
        try (MinioServer minio = filled(S3Server.minio());
                TestRun.Running watch = watch(onS3(minio))) {
            Await.until("the first records", () -> sink.acceptedRecords() > 0);
            minio.put("lake", KEY + "a.parquet", moved);
            sink.reply(200);
            Await.until("the new records", () -> all(records, 2 * records));
            assertThat(errors(watch)).first().asString().contains("a.parquet: it broke off", "tried again");
        }
        // Nothing twice: what came before the replacement are other records.
        assertThat(sink.acceptedRecords()).isEqualTo(sink.distinctRecords());
    }

    private boolean all(int from, int to) {
        return IntStream.range(from, to).noneMatch(number -> sink.timesAccepted(number) == 0);
    }

    @Test
    void objectsThatAreNoWholeParquetAreNamedAndTheOthersArrive() throws Exception {
        Path whole = lake.numbers(OBJECT + "a.parquet", 0, 1000);
        byte[] bytes = Files.readAllBytes(whole);
        lake.bytes(OBJECT + "truncated.parquet", Arrays.copyOf(bytes, bytes.length / 2));
        lake.bytes(OBJECT + "empty.parquet", new byte[0]);
        lake.bytes(OBJECT + "text.parquet", "n,hostname\n1,a\n".getBytes(StandardCharsets.UTF_8));
        List<String> broken = List.of("truncated.parquet", "empty.parquet", "text.parquet", "encrypted.parquet");
        byte[] encrypted = bytes.clone();
        byte[] magic = "PARE".getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(magic, 0, encrypted, 0, 4);
        System.arraycopy(magic, 0, encrypted, encrypted.length - 4, 4);
        lake.bytes(OBJECT + "encrypted.parquet", encrypted);

        TestRun run = TestRun.batch(settings(Map.of()));
        assertThat(run.succeeded()).isFalse();
        assertThat(run.log("ERROR"))
                .anyMatch(line -> line.contains("empty.parquet: ") && line.contains("too small to be a Parquet file"))
                .anyMatch(line -> line.contains("encrypted.parquet: ") && line.contains("is encrypted"))
                .anyMatch(line -> line.contains("text.parquet: ") && line.contains("No magic bytes"))
                .anyMatch(line -> line.contains("truncated.parquet: ") && line.contains("No magic bytes"))
                .noneMatch(line -> line.contains("\n"))
                .hasSize(5);
        assertThat(sink.acceptedRecords()).isEqualTo(1000);

        for (int i = 0; i < broken.size(); i++) {
            lake.numbers(OBJECT + broken.get(i), 1000 * (i + 1), 1000);
        }
        assertThat(TestRun.batch(settings(Map.of())).succeeded()).isTrue();
        assertThat(sink.distinctRecords()).isEqualTo(5000);
        assertThat(sink.acceptedRecords()).isEqualTo(5000);
    }

    @Test
    void aClockThatWasAheadHidesNoLaterObject() throws Exception {
        Path ahead = lake.numbers(OBJECT + "a.parquet", 0, 1000);
        Files.setLastModifiedTime(ahead, FileTime.from(Instant.now().plus(Duration.ofDays(30))));
        assertThat(TestRun.batch(settings(Map.of())).succeeded()).isTrue();
        assertThat(TestRun.batch(settings(Map.of())).succeeded()).isTrue();

        lake.numbers(OBJECT + "b.parquet", 1000, 1000);
        assertThat(TestRun.batch(settings(Map.of())).succeeded()).isTrue();

        assertThat(sink.distinctRecords()).isEqualTo(2000);
        assertThat(sink.acceptedRecords()).isEqualTo(2000);
    }

    @Test
    void aFullDiskUnderDuckDbFailsTheRunAndNothingIsLost() throws Exception {
        Path disk = Files.createDirectory(folder.resolve("disk"));
        assumeTrue(
                TestTools.run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk.toString()), "mount needs root");
        try {
            int records = 500_000;
            lake.numbers(OBJECT + "a.parquet", 0, 1);
            Map<String, String> given = Map.of(
                    "query.sql",
                    "SELECT range AS n, repeat(md5(range::VARCHAR), 4) AS text FROM range(%d) ORDER BY text"
                            .formatted(records),
                    "query.sync",
                    "full",
                    "duckdb.memory-limit",
                    "64MB",
                    "duckdb.temp-folder",
                    disk.toString());
            TestRun full = TestRun.batch(settings(given));
            assertThat(full.succeeded()).isFalse();
            assertThat(full.log("ERROR")).first().asString().contains("duckdb.temp-folder; make room");

            assertThat(TestTools.run("mount", "-o", "remount,size=500m", disk.toString()))
                    .isTrue();
            TestRun after = TestRun.batch(settings(given));
            assertThat(after.succeeded()).as(after.log().toString()).isTrue();
            assertThat(sink.distinctRecords()).isEqualTo(records);
        } finally {
            TestTools.run("umount", disk.toString());
        }
    }

    /** The file system is frozen, as by a storage that does not answer: whoever writes waits. */
    @Test
    void aDiskThatHangsUnderTheCursorOnlyTakesTime() throws Exception {
        Path disk = Files.createDirectory(folder.resolve("disk"));
        Path image = folder.resolve("disk.img");
        assumeTrue(
                TestTools.run("truncate", "-s", "32M", image.toString())
                        && TestTools.run("mkfs.ext4", "-q", image.toString())
                        && TestTools.run("mount", "-o", "loop", image.toString(), disk.toString()),
                "a file system of its own needs root and a loop device");
        try (TestRun.Running watch =
                watch(Map.of("cursor.file", disk.resolve("cursor.db").toString()))) {
            lake.numbers(OBJECT + "a.parquet", 0, 1000);
            Await.until("the first object", () -> sink.acceptedRecords() == 1000);
            assertThat(TestTools.run("fsfreeze", "-f", disk.toString())).isTrue();
            lake.numbers(OBJECT + "b.parquet", 1000, 20_000);
            LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(5));
            assertThat(sink.acceptedRecords()).as("while it hangs").isLessThan(21_000);
            assertThat(TestTools.run("fsfreeze", "-u", disk.toString())).isTrue();
            Await.until("all records", () -> sink.distinctRecords() == 21_000);
            assertThat(errors(watch)).isEmpty();
        } finally {
            TestTools.run("fsfreeze", "-u", disk.toString());
            TestTools.run("umount", disk.toString());
        }
        assertThat(sink.acceptedRecords()).isEqualTo(21_000);
    }

    @Test
    void aSlowBucketAndASlowNetworkOnlyTakeTime() throws Exception {
        int records = 40_000;
        lake.numbers(OBJECT + "a.parquet", 0, records / 2);
        lake.numbers(OBJECT + "b.parquet", records / 2, records / 2);
        Duration late = Duration.ofMillis(400);
        try (MinioServer minio = filled(S3Server.minio());
                LatencyProxy beforeBucket = LatencyProxy.start(minio.endpoint(), late);
                LatencyProxy beforeDestination = LatencyProxy.start(sink.url(), late)) {
            Map<String, String> given = new TreeMap<>(s3(beforeBucket.endpoint().toString()));
            given.put("destination.webhook.url", beforeDestination.endpoint().toString());
            TestRun run = TestRun.batch(settings(given));
            assertThat(run.succeeded()).as(run.log().toString()).isTrue();
            assertThat(run.log("WARN")).isEmpty();
        }
        assertThat(sink.distinctRecords()).isEqualTo(records);
        assertThat(sink.acceptedRecords()).isEqualTo(records);
    }

    @Test
    void aNetworkThatIsCutInTheMiddleRepeatsNoMoreThanWasInFlight() throws Exception {
        int records = 60_000;
        lake.numbers(OBJECT + "a.parquet", 0, records);
        sink.reply(Reply.of(200).after(Duration.ofMillis(30)));
        try (LatencyProxy network = LatencyProxy.start(sink.url(), Duration.ofMillis(5));
                TestRun.Running watch = watch(
                        Map.of("destination.webhook.url", network.endpoint().toString()))) {
            for (int cut = 1; cut <= 3; cut++) {
                long before = sink.acceptedRecords();
                Await.until("some records", () -> sink.acceptedRecords() >= before + 5 * BATCH);
                network.cut();
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(500));
                network.heal();
            }
            Await.until("all records", () -> sink.distinctRecords() == records);
            assertThat(watch.log()).anyMatch(line -> line.contains("is tried again (1 of 3)"));
        }
        assertThat(sink.acceptedRecords() - records).isBetween(0L, 3L * IN_FLIGHT * BATCH);
    }

    private MinioServer filled(MinioServer minio) {
        minio.createBucket("lake");
        minio.uploadFolder("lake", "", lake.root());
        return minio;
    }

    private Map<String, String> onS3(S3Server server) {
        return s3(server.endpoint().toString());
    }

    private static Map<String, String> s3(String endpoint) {
        Map<String, String> all = new TreeMap<>(S3Server.settings(URI.create(endpoint)));
        all.put("lake.root", "s3://lake");
        return all;
    }

    private Settings settings(Map<String, String> given) {
        Map<String, String> all = new TreeMap<>(lake.settings("SELECT n, hostname FROM events"));
        all.putAll(Map.of(
                "destination.type",
                "webhook",
                "destination.webhook.url",
                sink.url().toString(),
                "destination.webhook.format",
                "ndjson",
                "schedule.batch-size",
                String.valueOf(BATCH),
                "schedule.interval-seconds",
                "1",
                "schedule.retry-delay-seconds",
                "1",
                "schedule.max-retry-delay-seconds",
                "1",
                "delivery.max-in-flight",
                String.valueOf(IN_FLIGHT),
                "server.port",
                String.valueOf(TestTools.freePort())));
        all.putAll(given);
        return TestRun.settings(folder, all);
    }

    private TestRun.Running watch(Map<String, String> given) throws Exception {
        return TestRun.watch(settings(given));
    }
}
