package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.S3Server;
import com.bytefreezer.connector.testing.TestTools;
import com.bytefreezer.connector.testing.WebhookServer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** What every S3 server must show of an export; the subclasses name the server. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class LakeContract {
    private static final String DAY = "year=2026/month=11/day=20/";

    private S3Server server;
    private WebhookServer sink;
    private String bucket;
    private int buckets;

    @TempDir
    private Path folder;

    private ParquetLake lake;

    abstract S3Server start();

    @BeforeAll
    void startServer() {
        server = start();
    }

    @AfterAll
    void stopServer() {
        server.close();
    }

    @BeforeEach
    void makeBucket() {
        bucket = "lake-" + buckets++;
        server.createBucket(bucket);
        sink = WebhookServer.start();
        lake = ParquetLake.in(folder.resolve("lake-" + buckets));
    }

    @AfterEach
    void stopSink() {
        sink.close();
    }

    @Test
    void theBundledSampleGivesTheSameAsFromTheFolder() throws Exception {
        server.uploadFolder(bucket, "", Path.of("samples/lake"));
        TestRun run = run(
                Map.of(
                        "query.tenant-id", "acme",
                        "query.dataset-id", "syslog",
                        "query.sql",
                                "SELECT * FROM read_parquet('PARQUET_PATH') WHERE message LIKE 'Failed password%' AND hour >= 0"));
        assertThat(run.succeeded()).isTrue();
        assertThat(sink.records()).hasSize(400).allMatch(record -> record.contains("\"hour\":"));
    }

    @Test
    void namesWithSignsOfAUrlAreReadAsTheyAre() throws Exception {
        List<String> names = List.of(
                "a?s3_endpoint=127.0.0.1:1&s3_use_ssl=false",
                "a#b",
                "a%2Fb",
                "a+b",
                "a b",
                "a*",
                "[a-c]",
                "ü=ö",
                "a;b,c@d!e'f(g)$h~i");
        Path object = lake.numbers("once.parquet", 0, 1);
        for (String name : names) {
            server.put(bucket, "acme/events/data/parquet/day=%s/%s.parquet".formatted(folder(name), name), object);
        }

        TestRun run = run(Map.of("query.sql", "SELECT n, day FROM events"));
        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
        List<String> values = names.stream()
                .map(name -> folder(name).replace("%2F", "/"))
                .map("{\"n\":0,\"day\":\"%s\"}"::formatted)
                .toList();
        assertThat(sink.records()).containsExactlyInAnyOrderElementsOf(values);
    }

    /** It has one equals sign, and ends at a question mark. */
    private static String folder(String name) {
        return name.replace('?', '-').replace('=', '-');
    }

    @Test
    void anEmptyDatasetIsASuccessfulRunOfNothing() throws Exception {
        assertThat(run().succeeded()).isTrue();
        assertThat(sink.requests()).isEmpty();
    }

    @Test
    void objectsOfAllLayoutsAreReadAndUnfinishedOnesAreNot() throws Exception {
        lake.numbers(DAY + "hour=01/a.parquet", 0, 10);
        lake.numbers("year=2026/month=9/day=5/hour=7/b.parquet", 10, 10);
        lake.numbers("year=2026/month=11/day=19/c.parquet", 20, 10);
        lake.numbers("2026/11/20/d.parquet", 30, 10);
        lake.numbers("e.parquet", 40, 10);
        lake.numbers(DAY + "hour=01/a.parquet.tmp", 50, 10);
        lake.bytes(DAY + "hour=01/_metadata", "{}".getBytes(StandardCharsets.UTF_8));
        upload();

        assertThat(run().succeeded()).isTrue();
        assertThat(numbers()).hasSize(50).doesNotHaveDuplicates().allMatch(number -> number < 50);
    }

    @Test
    void aQueryOverTheWholeDatasetReadsMixedLayoutsTogether() throws Exception {
        objectsOfTwoDepths();
        TestRun run = run(Map.of("query.sql", "SELECT count(*) AS n, max(hour) AS hour FROM events"));
        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
        assertThat(sink.records()).containsExactly("{\"n\":20,\"hour\":1}");
    }

    @Test
    void onlyNewObjectsAreDeliveredEvenLateInAnOldPartition() throws Exception {
        lake.numbers(DAY + "hour=09/z.parquet", 0, 5);
        upload();
        assertThat(run().succeeded()).isTrue();
        lake.numbers("year=2026/month=11/day=18/hour=00/a.parquet", 5, 5);
        upload();
        assertThat(run().succeeded()).isTrue();
        assertThat(run().succeeded()).isTrue();

        // The upload of an object that is there already gives it a new LastModified, so it counts as new.
        assertThat(numbers()).contains(0L, 1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L).hasSizeLessThanOrEqualTo(15);
        long before = sink.records().size();
        assertThat(run().succeeded()).isTrue();
        assertThat(sink.records()).hasSize((int) before);
    }

    @Test
    void aBrokenObjectFailsTheRunAloneAndIsDeliveredOnceWhole() throws Exception {
        Path good = lake.numbers(DAY + "hour=01/a.parquet", 0, 10);
        lake.bytes(DAY + "hour=02/b.parquet", "PAR1 this is no Parquet".getBytes(StandardCharsets.UTF_8));
        lake.numbers(DAY + "hour=03/c.parquet", 10, 10);
        upload();

        TestRun first = run();
        assertThat(first.succeeded()).isFalse();
        assertThat(numbers()).hasSize(20);
        assertThat(first.log("WARN"))
                .anyMatch(line -> line.contains("b.parquet") && line.contains("the next run tries it again"));

        assertThat(run().succeeded()).isFalse();
        assertThat(numbers()).hasSize(20);

        server.put(bucket, "acme/events/data/parquet/" + DAY + "hour=02/b.parquet", good);
        assertThat(run().succeeded()).isTrue();
        assertThat(numbers()).hasSize(30);
    }

    @Test
    void wrongKeysAreExplainedInOneLine() throws Exception {
        TestRun run = run(Map.of("s3.secret-key", "wrong-secret"));
        assertThat(run.succeeded()).isFalse();
        assertThat(run.log("ERROR"))
                .singleElement()
                .asString()
                .contains("403", "s3:ListBucket")
                .doesNotContain("wrong-secret", "\n");
    }

    @Test
    void aBucketThatDoesNotExistIsExplainedInOneLine() throws Exception {
        TestRun run = run(Map.of("s3.bucket", "no-such-bucket"));
        assertThat(run.succeeded()).isFalse();
        assertThat(run.log("ERROR")).singleElement().asString().contains("404", "Check the name of the bucket");
    }

    @Test
    void theDocumentedLayoutAndAPrefixOfTheDestinationWork() throws Exception {
        lake.numbers(DAY + "hour=01/a.parquet", 0, 10);
        Path object = lake.root().resolve("acme/events/data/parquet/" + DAY + "hour=01/a.parquet");
        server.put(bucket, "parquet/acc/acme/events/" + DAY + "hour=01/a.parquet", object);
        server.put(bucket, "some/prefix/acme/events/data/parquet/" + DAY + "hour=01/b.parquet", object);

        TestRun documented = run(Map.of(
                "lake.layout", "parquet/{account}/{tenant}/{dataset}",
                "control.account-id", "acc",
                "cursor.file", folder.resolve("documented.db").toString()));
        assertThat(documented.succeeded()).isTrue();
        assertThat(numbers()).hasSize(10);

        TestRun prefixed = run(Map.of(
                "lake.root",
                "s3://" + bucket + "/some/prefix",
                "cursor.file",
                folder.resolve("prefixed.db").toString()));
        assertThat(prefixed.succeeded()).isTrue();
        assertThat(numbers()).hasSize(20);
    }

    @Test
    void anObjectThatVanishesAfterTheListingIsSkippedWithoutError() throws Exception {
        lake.numbers(DAY + "hour=01/a.parquet", 0, 10);
        // Too large to be kept in memory after its footer was read.
        lake.numbers(DAY + "hour=02/b.parquet", 10, 300_000);
        upload();
        // Deleted while the first object is being delivered.
        sink.replyWhen(
                request -> {
                    server.delete(bucket, "acme/events/data/parquet/" + DAY + "hour=02/b.parquet");
                    return true;
                },
                Reply.of(200));
        TestRun run = run(Map.of("export.parallel-objects", "1"));
        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
        assertThat(run.log("INFO")).anyMatch(line -> line.contains("b.parquet: it was listed and is gone"));
        assertThat(numbers()).hasSize(10);
    }

    private void objectsOfTwoDepths() {
        lake.numbers(DAY + "hour=01/a.parquet", 0, 10);
        lake.numbers("year=2026/month=11/day=19/c.parquet", 10, 10);
        upload();
    }

    private void upload() {
        server.uploadFolder(bucket, "", lake.root());
    }

    private TestRun run() throws Exception {
        return run(Map.of());
    }

    private TestRun run(Map<String, String> further) throws Exception {
        Map<String, String> settings = new TreeMap<>(Map.of(
                "s3.bucket",
                bucket,
                "s3.endpoint",
                server.endpoint().toString(),
                "s3.access-key",
                server.accessKey(),
                "s3.secret-key",
                server.secretKey(),
                "duckdb.extension-directory",
                TestTools.duckdbExtensions().toString(),
                "query.tenant-id",
                "acme",
                "query.dataset-id",
                "events",
                "query.sql",
                "SELECT n, hostname FROM events",
                "destination.type",
                "webhook",
                "destination.webhook.url",
                sink.url().toString()));
        settings.putAll(further);
        return TestRun.batch(TestRun.settings(folder, settings));
    }

    private List<Long> numbers() {
        return sink.records().stream()
                .map(record -> Long.parseLong(record.replaceAll("^\\{\"n\":(\\d+),.*", "$1")))
                .toList();
    }
}
