package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.MinioServer;
import com.bytefreezer.connector.testing.S3Server;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Exports whose records are joined with lookups: each is delivered, also when the lookup changes in the middle. */
@Tag("slow")
class LookupRunTest extends FaultBed {
    private static final int RECORDS = 40_000;
    private static final String JOIN = "SELECT n, hostname, why FROM events JOIN ioc ON ioc.id = n % 100";
    private static final long WAS_IN_FLIGHT = (long) IN_FLIGHT * BATCH;

    private Path ioc;

    @BeforeEach
    void makeLookup() throws IOException {
        ioc = Files.createDirectories(folder.resolve("lookups")).resolve("ioc.ndjson");
        entries(0, 100);
    }

    @Test
    void anObjectIsResumedWhereItsRecordsWereDelivered() throws Exception {
        lake.numbers(OBJECT + "a.parquet", 0, RECORDS);
        breakOffHalfWay();

        TestRun run = TestRun.batch(settings(JOIN));

        assertThat(run.succeeded()).isTrue();
        assertThat(run.log("WARN")).isEmpty();
        assertThat(sink.distinctRecords()).isEqualTo(RECORDS);
        assertThat(sink.acceptedRecords() - RECORDS).isBetween(0L, WAS_IN_FLIGHT);
    }

    @Test
    void anObjectBeginsAnewWhenItsLookupHasChanged() throws Exception {
        lake.numbers(OBJECT + "a.parquet", 0, RECORDS);
        entries(50, 100);
        breakOffHalfWay();
        entries(0, 100);

        TestRun run = TestRun.batch(settings(JOIN));

        assertThat(run.succeeded()).isTrue();
        assertThat(run.log("WARN"))
                .singleElement()
                .asString()
                .contains("the lookups have changed since 1 objects were begun");
        assertThat(sink.distinctRecords()).isEqualTo(RECORDS);
    }

    @Test
    void aLookupInABucketHasOneVersionInARun() throws Exception {
        for (int i = 0; i < 3; i++) {
            large("%d.parquet".formatted(i), i * 10_000, 10_000);
        }
        try (MinioServer minio = filled(S3Server.minio())) {
            minio.put("lake", "soc/lists/ioc.ndjson", ioc);
            Map<String, String> all = new TreeMap<>(onS3(minio));
            all.put("query.sql", JOIN);
            all.put("lookups.folder", "s3://lake/soc/lists/");
            Set<String> versions = ConcurrentHashMap.newKeySet();
            Files.writeString(ioc, Files.readString(ioc).replace(":\"w", ":\"new w"));
            sink.replyWhen(
                    request -> {
                        if (versions.isEmpty()) {
                            minio.put("lake", "soc/lists/ioc.ndjson", ioc);
                        }
                        return versions.add(request.text().contains("\"why\":\"new") ? "new" : "old");
                    },
                    Reply.of(200));

            assertThat(TestRun.batch(settings(all)).succeeded()).isTrue();
            assertThat(sink.acceptedRecords()).isEqualTo(30_000);
            assertThat(versions).as("the run that had begun").containsExactly("old");

            large("3.parquet", 30_000, 1000);
            minio.uploadFolder("lake", "", lake.root());
            assertThat(TestRun.batch(settings(all)).succeeded()).isTrue();
            assertThat(versions).as("the next run").contains("new");
        }
        assertThat(sink.acceptedRecords()).isEqualTo(31_000);
        assertThat(sink.distinctRecords()).isEqualTo(31_000);
    }

    @Test
    void aNewObjectIsJoinedWithoutReadingTheOldOnes() throws Exception {
        lake.numbers(OBJECT + "a.parquet", 0, 1000);
        TestRun first = TestRun.batch(settings(JOIN));
        assertThat(first.log("INFO"))
                .anyMatch(line -> line.contains("it only filters, projects and joins each record"));
        lake.numbers(OBJECT + "b.parquet", 1000, 1000);
        entries(0, 50);

        assertThat(TestRun.batch(settings(JOIN)).succeeded()).isTrue();

        assertThat(sink.acceptedRecords()).isEqualTo(1500);
    }

    @Test
    void aQueryOverTheWholeDatasetRunsAgainWhenItsLookupChanges() throws Exception {
        lake.numbers(OBJECT + "a.parquet", 0, 1000);
        entries(0, 1);
        String count = "SELECT id AS n, count(*) AS records FROM events JOIN ioc ON ioc.id = n % 100 GROUP BY id";

        try (TestRun.Running watch = watch(options(count))) {
            Await.until("the first result", () -> sink.acceptedRecords() == 1);
            entries(0, 3);
            Await.until("the result with the new entries", () -> sink.acceptedRecords() == 4);
            assertThat(watch.log()).noneMatch(line -> line.contains("ERROR"));
        }
        assertThat(sink.distinctRecords()).isEqualTo(3);
    }

    @Test
    void aBrokenLookupStopsOnlyTheExportsThatUseIt() throws Exception {
        lake.numbers(OBJECT + "a.parquet", 0, 1000);
        Files.writeString(ioc, "{\"id\":");

        TestRun broken = TestRun.batch(settings(JOIN));

        assertThat(broken.succeeded()).isFalse();
        assertThat(broken.log("ERROR"))
                .singleElement()
                .asString()
                .contains("lookup ioc (" + ioc + "): line 1 is not JSON");
        assertThat(sink.acceptedRecords()).isZero();
        assertThat(TestRun.batch(settings("SELECT n, hostname FROM events")).succeeded())
                .isTrue();
        assertThat(sink.acceptedRecords()).isEqualTo(1000);
    }

    private void entries(int from, int to) throws IOException {
        Path part = Files.writeString(
                ioc.resolveSibling("part"),
                IntStream.range(from, to)
                        .mapToObj("{\"id\":%1$d,\"why\":\"w%1$d\"}"::formatted)
                        .collect(Collectors.joining("\n")));
        // As a whole, since a watch may read it at any time.
        Files.move(part, ioc, StandardCopyOption.REPLACE_EXISTING);
    }

    private void breakOffHalfWay() throws Exception {
        sink.replyWhen(request -> sink.acceptedRecords() >= RECORDS / 4, Reply.of(503));
        assertThat(TestRun.batch(settings(JOIN)).succeeded()).isFalse();
        assertThat(sink.acceptedRecords()).isBetween(1L, RECORDS - 1L);
        sink.replyWhen(request -> true, Reply.of(200));
    }

    private Settings settings(String sql) {
        return settings(options(sql));
    }

    private Map<String, String> options(String sql) {
        Map<String, String> all = new TreeMap<>();
        all.put("query.sql", sql);
        all.put("lookups.folder", ioc.resolveSibling("").toString());
        return all;
    }
}
