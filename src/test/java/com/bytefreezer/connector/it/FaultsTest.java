package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.kit.ScriptedServer;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.LatencyProxy;
import com.bytefreezer.connector.testing.MinioServer;
import com.bytefreezer.connector.testing.PostgresServer;
import com.bytefreezer.connector.testing.S3Server;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What fails around an export costs no record, few repeats, and is told in one line. See docs/reliability.md. */
@Tag("slow")
class FaultsTest extends FaultBed {
    @Test
    void aBucketThatHangsAndDiesIsReadToItsEndLater() throws Exception {
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
            long more = sink.acceptedRecords() + 10 * BATCH;
            sink.holdAt(more);
            Await.until("more records", () -> sink.acceptedRecords() >= more);
            minio.kill();
            sink.answerAll();
            Await.until("a failed run", () -> !errors(watch).isEmpty());
            minio.restart();
            Await.until("all records", () -> sink.distinctRecords() == 2 * records);
            assertThat(errors(watch))
                    .anyMatch(line -> line.contains("a.parquet") && line.contains("stay undelivered"))
                    .noneMatch(line -> line.contains("\n"));
        }
        assertThat(sink.acceptedRecords()).isEqualTo(2 * records);
    }

    @Test
    void aBucketThatHangsLongFailsTheRunTheNextDeliversAll() throws Exception {
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

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<html><body>Please log in</body></html>",
                "Please log in",
                "",
                "<ListBucketResult><Name>lake</Name>",
                "{}"
            })
    void whatIsNoListingFailsTheRunAndIsNoEmptyBucket(String garbage) throws Exception {
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
    void anObjectReplacedWhileItIsReadArrivesAsItIsNow() throws Exception {
        int records = 300_000;
        lake.numbers(OBJECT + "a.parquet", 0, records);
        Path other = lake.numbers("elsewhere/a.parquet", records, records);
        Path moved = Files.move(other, folder.resolve("other.parquet"));
        sink.holdAt(1);
        try (MinioServer minio = filled(S3Server.minio());
                TestRun.Running watch = watch(onS3(minio))) {
            Await.until("the first records", () -> sink.acceptedRecords() > 0);
            minio.put("lake", KEY + "a.parquet", moved);
            sink.answerAll();
            Await.until("the new records", () -> all(records, 2 * records));
            assertThat(lines(watch, "WARN "))
                    .first()
                    .asString()
                    .contains("a.parquet: it broke off", "the next run tries it again");
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
        assertThat(run.log("WARN"))
                .anyMatch(line -> line.contains("empty.parquet: ") && line.contains("too small to be a Parquet file"))
                .anyMatch(line -> line.contains("encrypted.parquet: ") && line.contains("is encrypted"))
                .anyMatch(line -> line.contains("text.parquet: ") && line.contains("No magic bytes"))
                .anyMatch(line -> line.contains("truncated.parquet: ") && line.contains("No magic bytes"))
                .noneMatch(line -> line.contains("\n"))
                .hasSize(4);
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
    void aClockOfTheConnectorThatWasAheadHidesNoLaterObject() throws Exception {
        lake.numbers(OBJECT + "a.parquet", 0, 1000);
        assertThat(TestRun.batch(settings(Map.of())).succeeded()).isTrue();
        long ahead = Instant.now().plus(Duration.ofDays(5)).toEpochMilli();
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("cursor.db"));
                Statement statement = connection.createStatement()) {
            statement.executeUpdate("UPDATE lane SET start_ms = %d, watermark_ms = %d".formatted(ahead, ahead));
        }

        lake.numbers(OBJECT + "b.parquet", 1000, 1000);
        TestRun run = TestRun.batch(settings(Map.of()));
        assertThat(run.log("WARN")).singleElement().asString().contains("a clock was ahead");
        lake.numbers(OBJECT + "c.parquet", 2000, 1000);
        assertThat(TestRun.batch(settings(Map.of())).log("WARN")).isEmpty();
        assertThat(sink.distinctRecords()).isEqualTo(3000);
        assertThat(sink.acceptedRecords()).isEqualTo(3000);
    }

    @Test
    void anObjectThatAppearsWithAnOldTimeIsDelivered() throws Exception {
        lake.numbers(OBJECT + "a.parquet", 0, 1000);
        assertThat(TestRun.batch(settings(Map.of())).succeeded()).isTrue();
        Path old = lake.numbers(OBJECT + "b.parquet", 1000, 1000);
        Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofDays(1000))));
        for (int i = 0; i < 2; i++) {
            assertThat(TestRun.batch(settings(Map.of())).succeeded()).isTrue();
        }
        assertThat(sink.distinctRecords()).isEqualTo(2000);
        assertThat(sink.acceptedRecords()).isEqualTo(2000);
    }

    @Test
    void aCopyInPlaceIsNotDeliveredAgainAndOtherBytesAre() throws Exception {
        Path object = lake.numbers(OBJECT + "a.parquet", 0, 1000);
        try (MinioServer minio = filled(S3Server.minio())) {
            assertThat(TestRun.batch(settings(onS3(minio))).succeeded()).isTrue();
            LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1));
            minio.put("lake", KEY + "a.parquet", object);
            TestRun copied = TestRun.batch(settings(onS3(minio)));
            assertThat(sink.acceptedRecords()).isEqualTo(1000);
            assertThat(copied.log("WARN")).isEmpty();

            minio.put("lake", KEY + "a.parquet", lake.numbers("elsewhere/a.parquet", 1000, 1000));
            TestRun replaced = TestRun.batch(settings(onS3(minio)));
            assertThat(sink.distinctRecords()).isEqualTo(2000);
            assertThat(replaced.log("WARN"))
                    .singleElement()
                    .asString()
                    .contains("have changed since they were delivered");
        }
    }

    @Test
    void aDatasetWithoutAnObjectIsSaid() throws Exception {
        Files.createDirectories(folder.resolve("lake"));
        try (TestRun.Running watch = watch(Map.of("schedule.interval-seconds", "1"))) {
            Await.until("the line", () -> said(watch) > 0);
            lake.numbers(OBJECT + "a.parquet", 0, 10);
            Await.until("the records", () -> sink.acceptedRecords() == 10);
            assertThat(said(watch)).isEqualTo(1);
        }
    }

    private static long said(TestRun.Running watch) {
        return watch.log().stream()
                .filter(line -> line.startsWith("WARN") && line.contains("there are no Parquet objects under "))
                .count();
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
    void aPostgresThatHangsInTheMiddleOnlyTakesTime() throws Exception {
        int records = 100_000;
        for (int i = 0; i < 10; i++) {
            large(i + ".parquet", i * records / 10, records / 10);
        }
        sink.holdAt(1);
        try (PostgresServer postgres = PostgresServer.start();
                TestRun.Running watch = watch(Map.of(
                        "cursor.url", postgres.url(),
                        "cursor.username", PostgresServer.USERNAME,
                        "cursor.password", PostgresServer.PASSWORD))) {
            Await.until("the first records", () -> sink.acceptedRecords() > 0);
            postgres.pause();
            sink.answerAll();
            LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(4));
            assertThat(sink.distinctRecords()).as("while it hangs").isLessThan(records);
            postgres.resume();
            Await.until("all records", () -> sink.distinctRecords() == records);
            assertThat(errors(watch)).isEmpty();
        }
        assertThat(sink.acceptedRecords()).isEqualTo(records);
    }
}
