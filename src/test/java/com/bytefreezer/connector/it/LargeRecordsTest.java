package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.WebhookServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Records that are too large to be read many at a time, between small ones. */
@Tag("slow")
class LargeRecordsTest {
    private static final String HOUR = "year=2026/month=11/day=20/hour=%02d/o.parquet";
    /** What no stream gives, with any heap of the tests. */
    private static final int LARGE = 2_000_000;

    @TempDir
    private Path folder;

    private ParquetLake lake;
    private WebhookServer sink;

    @BeforeEach
    void makeLake() {
        lake = ParquetLake.in(folder.resolve("lake"));
        sink = WebhookServer.startCounting(200_000, ParquetLake::number);
    }

    @AfterEach
    void stop() {
        sink.close();
    }

    @Test
    void allArriveOnceWhereverTheLargeOnesStand() throws Exception {
        lake.object(HOUR.formatted(1), large("n % 700 = 0 OR n BETWEEN 2000 AND 2010 OR n = 4999", 0, 5000));
        lake.object(HOUR.formatted(2), large("true", 5000, 5012));
        lake.object(
                HOUR.formatted(3),
                "SELECT n, {'a': range(n * 0, 300000)} AS nested, map(range(n * 0, 100000), range(100000)) AS map, encode(repeat('x', 2000000)) AS blob FROM range(5012, 5015) t(n)");
        TestRun run = run("SELECT * FROM events", Map.of());
        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
        assertThat(sink.acceptedRecords()).isEqualTo(5015);
        assertThat(sink.distinctRecords()).isEqualTo(5015);
    }

    @Test
    void smallObjectsWithLargeRecordsAreNotReadTogether() throws Exception {
        lake.object(HOUR.formatted(1), large("true", 0, 5));
        lake.object(HOUR.formatted(1).replace("o.", "p."), large("true", 5, 9));
        TestRun run = run("SELECT * FROM events", Map.of());
        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
        assertThat(sink.acceptedRecords()).isEqualTo(9);
        assertThat(sink.distinctRecords()).isEqualTo(9);
    }

    @Test
    void thoseOfAQueryOverAllObjectsAreFoundByTheirContent() throws Exception {
        lake.object(HOUR.formatted(1), large("n % 3 = 0", 0, 20));
        lake.object(HOUR.formatted(2), large("n % 3 = 0", 20, 40));
        TestRun run = run("SELECT * FROM events ORDER BY length(text)", Map.of());
        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
        assertThat(sink.acceptedRecords()).isEqualTo(40);
        assertThat(sink.distinctRecords()).isEqualTo(40);
    }

    /** DuckDB needs twice as long for each further level. */
    @Test
    void anObjectWithListsInListsIsSetAsideByItsName() throws Exception {
        lake.object(HOUR.formatted(1), "SELECT 1 AS n, %s1%s AS deep".formatted("[".repeat(18), "]".repeat(18)));
        lake.object(HOUR.formatted(1).replace("o.", "p."), large("false", 1, 10));
        TestRun run = run("SELECT * FROM events", Map.of());
        assertThat(run.succeeded()).isFalse();
        assertThat(run.log("ERROR"))
                .anyMatch(line -> line.contains(HOUR.formatted(1)) && line.contains("lists in lists"));
        assertThat(sink.distinctRecords()).as("the other object").isEqualTo(9);
    }

    @Test
    void aFilteredAndComputedRecordIsFoundAgain() throws Exception {
        lake.object(HOUR.formatted(1), large("n % 3 = 0", 0, 60));
        TestRun run = run("SELECT n, text || 'more' AS text FROM events WHERE n % 2 = 1", Map.of());
        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
        assertThat(sink.distinctRecords()).isEqualTo(30);
    }

    @Test
    void severalOfOneRowAreToldApart() throws Exception {
        lake.object(
                HOUR.formatted(1),
                "SELECT n * 10 AS n, [repeat('x', %1$d), repeat('y', %1$d), 'small', repeat('x', %1$d)] AS texts FROM range(5) t(n)"
                        .formatted(LARGE));
        TestRun run = run("SELECT n + generate_subscripts(texts, 1) AS n, unnest(texts) AS text FROM events", Map.of());
        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
        assertThat(sink.acceptedRecords()).isEqualTo(20);
        assertThat(sink.distinctRecords()).isEqualTo(20);
    }

    @Test
    void thoseWithTheTimeOfTheQueryArrive() throws Exception {
        lake.object(HOUR.formatted(1), large("n % 3 = 0", 0, 20));
        TestRun run = run("SELECT *, now() AS read_at, random() AS chance FROM events", Map.of());
        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
        assertThat(sink.acceptedRecords()).isEqualTo(20);
        assertThat(sink.distinctRecords()).isEqualTo(20);
    }

    @Test
    void oneThatTheQueryDoesNotGiveAgainIsADeadLetter() throws Exception {
        lake.object(HOUR.formatted(1), large("n = 3", 0, 20));
        TestRun run = run("WITH few AS (SELECT *, random() AS chance FROM events) SELECT * FROM few", Map.of());
        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
        assertThat(sink.distinctRecords()).isEqualTo(19);
        assertThat(run.log("INFO"))
                .anyMatch(line -> line.contains("19 accepted by webhook, 0 duplicates, 1 dead-lettered"));
    }

    @Test
    void thoseOfHundredsOfColumnsAreWholeAmongSmallOnes() throws Exception {
        lake.object(
                HOUR.formatted(1),
                "SELECT n, CASE WHEN n %% 4 = 0 THEN repeat('x', %d) END AS text, %s FROM range(40) t(n)"
                        .formatted(
                                LARGE,
                                IntStream.range(0, 300)
                                        .mapToObj(i -> "CASE WHEN n %% 7 = %d THEN 'v' END AS c%d".formatted(i / 43, i))
                                        .collect(Collectors.joining(", "))));
        TestRun run = run("SELECT * FROM events", Map.of());
        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
        assertThat(sink.distinctRecords()).isEqualTo(40);
    }

    @Test
    void joinedOnesAreWholeAndInOrderAlsoWithHundredsOfColumns() throws Exception {
        Path lookups = Files.createDirectories(folder.resolve("lookups"));
        Files.writeString(lookups.resolve("twice.csv"), "id,k\n0,0\n0,1\n1,0\n1,1\n");
        lake.object(
                HOUR.formatted(1),
                "SELECT n, CASE WHEN n = 8 THEN repeat('x', 12000000) WHEN n %% 4 = 0 THEN repeat('x', %d) END AS text, %s FROM range(20) t(n)"
                        .formatted(
                                LARGE,
                                IntStream.range(0, 450)
                                        .mapToObj(i -> "CASE WHEN n %% 7 = %d THEN 'v' END AS c%d".formatted(i / 65, i))
                                        .collect(Collectors.joining(", "))));
        TestRun run = run(
                "SELECT e.* REPLACE (n * 2 + t.k::INTEGER AS n) FROM events e JOIN twice t ON t.id = (n % 2)::VARCHAR",
                Map.of("lookups.folder", lookups.toString()));
        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
        assertThat(run.log("INFO")).anyMatch(line -> line.contains("it only filters, projects and joins each record"));
        assertThat(sink.acceptedRecords()).isEqualTo(40);
        assertThat(sink.distinctRecords()).isEqualTo(40);
    }

    @Test
    void aLargerOneThanAllowedBecomesADeadLetterWithItsSize() throws Exception {
        lake.object(HOUR.formatted(1), large("n = 7", 0, 20));
        TestRun run = run("SELECT * FROM events", Map.of("records.max-bytes", "1000000"));
        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
        assertThat(sink.distinctRecords()).isEqualTo(19);
        assertThat(run.log("INFO"))
                .anyMatch(line ->
                        line.contains("20 records selected, 19 accepted by webhook, 0 duplicates, 1 dead-lettered"));
        try (Stream<Path> files = Files.walk(folder.resolve("dead-letters"))) {
            assertThat(files.filter(Files::isRegularFile)).singleElement().satisfies(file -> assertThat(
                            Files.readString(file))
                    .contains("more than records.max-bytes", "\"too_large\":{\"bytes\":2000", "\"record_number\":7"));
        }
    }

    private static String large(String which, int from, int to) {
        return "SELECT n, CASE WHEN %s THEN repeat('x', %d) ELSE 'small' END AS text FROM range(%d, %d) t(n)"
                .formatted(which, LARGE, from, to);
    }

    private TestRun run(String sql, Map<String, String> further) throws Exception {
        Map<String, String> given = new HashMap<>(lake.settings(sql));
        given.putAll(Map.of(
                "destination.type", "webhook",
                "destination.webhook.url", sink.url().toString(),
                "destination.webhook.format", "ndjson"));
        given.putAll(further);
        return TestRun.batch(TestRun.settings(folder, given));
    }
}
