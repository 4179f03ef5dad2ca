package com.bytefreezer.connector.it;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.MainHere;
import com.bytefreezer.connector.cursor.Counts;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.BusyProxy;
import com.bytefreezer.connector.testing.ConnectorProcess;
import com.bytefreezer.connector.testing.ElasticsearchServer;
import com.bytefreezer.connector.testing.HecServer;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.TestTools;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Many records through the packaged connector into real servers that refuse every twentieth request for a while, the
 * connector killed twice in between: every record is accounted for, and nothing else arrives.
 */
class ConservationIT extends PageBed {
    private static final int OBJECTS = 10;
    private static final int FEW = 3000;
    private static final int MANY = 100_000;
    /** How many batches the records are: the kills, the refusals and what may be repeated are counted in them. */
    private static final int BATCHES_PER_OBJECT = 10;

    private static final int BUSY_EVERY = 20;
    private static final int KILLS = 2;
    private static final int PARALLEL_OBJECTS = 2;
    private static final int IN_FLIGHT = 4;

    /** Every hundredth record has a status that is no number. */
    private static final int ONE_BAD_IN = 100;

    private static final int BAD = 7;
    private static final String QUERY =
            "SELECT n, hostname, CASE WHEN n %% %d = %d THEN 'unknown' ELSE (n %% 600)::VARCHAR END AS status, message FROM events"
                    .formatted(ONE_BAD_IN, BAD);

    @TempDir
    private Path folder;

    private static ElasticsearchServer elasticsearch;

    private ParquetLake lake;
    private int recordsPerObject;
    private int records;
    private int batch;
    private long mostRepeated;

    private void writeLake(int perObject) {
        recordsPerObject = perObject;
        records = OBJECTS * perObject;
        batch = Math.min(perObject / BATCHES_PER_OBJECT, 1000);
        mostRepeated = (long) KILLS * PARALLEL_OBJECTS * IN_FLIGHT * batch;
        lake = ParquetLake.in(folder.resolve("lake"));
        for (int i = 0; i < OBJECTS; i++) {
            lake.numbers(object(i), (long) i * recordsPerObject, recordsPerObject);
        }
    }

    /** One for all that need one: it starts slowly. */
    private static ElasticsearchServer node() {
        if (elasticsearch == null) {
            elasticsearch = ElasticsearchServer.node().start();
        }
        return elasticsearch;
    }

    @AfterAll
    static void stopElasticsearch() {
        if (elasticsearch != null) {
            elasticsearch.close();
        }
    }

    @Test
    void elasticsearchHoldsEveryRecordOnceOrItIsADeadLetterOnce() throws Exception {
        elasticsearch(FEW);
    }

    @Test
    @Tag("soak")
    void elasticsearchHoldsAMillionRecordsOnceOrAsDeadLetters() throws Exception {
        elasticsearch(MANY);
    }

    @Test
    void thePageOfElasticsearchDoesWhatItSays() throws Exception {
        ElasticsearchServer server = node();
        new WrittenPage("docs/destinations/elasticsearch.md", folder)
                .with("http://127.0.0.1:9200", server.url())
                .with("changeme", ElasticsearchServer.PASSWORD)
                .run();
        assertThat(server.count("sample")).isEqualTo(400);
    }

    @Test
    void columnsThatTheMappingWillRefuseAreNamedOnThePage() {
        ElasticsearchServer server = node();
        server.put("/checked", """
                {"mappings": {"dynamic": "strict", "properties": {
                  "timestamp": {"type": "date"}, "hostname": {"type": "ip"}, "message": {"type": "text"}}}}
                """);
        Page page = open(address(Where.FOLDER) + linkTo("acme/syslog", FAILED_LOGINS, "all"));
        assertThat(page.locator(".cost")).containsText("400 records");
        choose(page, "elasticsearch", Map.of("url", server.url().toString()));
        page.locator(".send summary").first().click();
        choose(
                page,
                "elasticsearch",
                Map.of(
                        "index", "checked",
                        "username", ElasticsearchServer.USER,
                        "password", ElasticsearchServer.PASSWORD));
        button(page, "Check").click();
        assertThat(page.locator(".send .verdict.bad")).containsText("will refuse records: column hostname");
        Locator refused = page.getByLabel("Columns that do not fit").locator("li");
        assertThat(refused).hasCount(2);
        assertThat(refused.first()).containsText("hostname");
        assertThat(refused.last()).containsText("source_ip");
        shoot(page, "mapping-check");
        // What is named is what is refused.
        ask(page, "SELECT timestamp, message FROM events WHERE message LIKE 'Failed password%'");
        assertThat(refused).hasCount(0);
        assertThat(page.locator(".cost")).containsText("400 records");
        button(page, "Check").click();
        assertThat(page.locator(".send .verdict.good")).isVisible();
        button(page, "Export once").click();
        assertThat(page.locator(".run .balance"))
                .hasText("400 selected = 400 accepted + 0 duplicates + 0 dead-lettered");
    }

    @Test
    void splunkGetsEveryRecordAndNoMoreTwiceThanWereInFlight() throws Exception {
        splunk(FEW);
    }

    @Test
    @Tag("soak")
    void splunkGetsAMillionRecordsNoMoreTwiceThanWereInFlight() throws Exception {
        splunk(MANY);
    }

    private void elasticsearch(int perObject) throws Exception {
        writeLake(perObject);
        ElasticsearchServer server = node();
        try (BusyProxy proxy = BusyProxy.start(server.url(), BUSY_EVERY)) {
            server.put("/events", """
                    {"settings": {"number_of_replicas": 0},
                     "mappings": {"dynamic": "strict", "properties": {
                       "n": {"type": "long"}, "hostname": {"type": "keyword"},
                       "status": {"type": "integer"}, "message": {"type": "text"}}}}
                    """);
            exportAndKill(
                    proxy,
                    "elasticsearch",
                    Map.of(
                            "DESTINATION_ELASTICSEARCH_INDEX",
                            "events",
                            "DESTINATION_ELASTICSEARCH_USERNAME",
                            ElasticsearchServer.USER,
                            "DESTINATION_ELASTICSEARCH_PASSWORD",
                            ElasticsearchServer.PASSWORD));

            List<Long> bad = LongStream.range(0, records)
                    .filter(n -> n % ONE_BAD_IN == BAD)
                    .boxed()
                    .toList();
            assertThat(deadLetters()).containsExactlyInAnyOrderElementsOf(bad);
            Counts counts = cursorCounts();
            assertThat(counts.selected()).isEqualTo(records);
            assertThat(counts.balances()).as(counts.toString()).isTrue();
            assertThat(counts.deadLettered()).isEqualTo(bad.size());
            // What a killed connector had written, and could not note.
            assertThat(counts.duplicates()).isBetween(0L, mostRepeated);
            assertThat(server.count("events")).isEqualTo(counts.accepted() + counts.duplicates());
            assertThat(sumOfNumbers(server))
                    .isEqualTo(LongStream.range(0, records).sum()
                            - bad.stream().mapToLong(n -> n).sum());
            System.err.printf(
                    "Elasticsearch, %d kills, %d of %d requests refused: %s%n",
                    KILLS, proxy.refused(), proxy.refused() + proxy.answered(), counts);
        }
    }

    private void splunk(int perObject) throws Exception {
        writeLake(perObject);
        try (HecServer hec = HecServer.start();
                BusyProxy proxy = BusyProxy.start(hec.url(), BUSY_EVERY)) {
            exportAndKill(proxy, "splunk", Map.of("DESTINATION_SPLUNK_TOKEN", HecServer.TOKEN));

            BitSet arrived = new BitSet(records);
            AtomicLong events = new AtomicLong();
            hec.forEachEvent(event -> {
                events.incrementAndGet();
                arrived.set(event.at("/event/n").intValue());
            });
            assertThat(arrived.nextClearBit(0)).isEqualTo(records);
            assertThat(arrived.length()).isEqualTo(records);
            assertThat(events.get() - records).isBetween(0L, mostRepeated);
            assertThat(cursorCounts()).isEqualTo(new Counts(records, records, 0, 0));
            assertThat(deadLetters()).isEmpty();
            System.err.printf(
                    "Splunk, %d kills, %d of %d requests refused: %d of %d events repeated%n",
                    KILLS, proxy.refused(), proxy.refused() + proxy.answered(), events.get() - records, records);
        }
    }

    /** Kills the connector after each third of the export. */
    private void exportAndKill(BusyProxy proxy, String destination, Map<String, String> its) {
        for (int kill = 1; kill <= KILLS; kill++) {
            long requests = (long) records / batch * kill / (KILLS + 1);
            proxy.holdAt(requests);
            try (ConnectorProcess connector = start(proxy.url(), destination, its)) {
                Await.until(requests + " requests", Duration.ofMinutes(3), () -> proxy.answered() >= requests);
                connector.killHard();
            }
        }
        proxy.answerAll();
        MainHere last = MainHere.runIn(environment(proxy.url(), destination, its), "--mode", "batch");
        assertThat(last.code()).as(last.shown()).isZero();
        assertThat(proxy.refused()).isGreaterThanOrEqualTo(records / batch / BUSY_EVERY);
    }

    /** The number of each record among them, after a look at whether it stands there with its own object and number. */
    private List<Long> deadLetters() throws IOException {
        Path files = folder.resolve("dead-letters/default/elasticsearch");
        List<Long> numbers = new ArrayList<>();
        if (!Files.exists(files)) {
            return numbers;
        }
        ObjectMapper json = new ObjectMapper();
        try (var all = Files.newDirectoryStream(files, "*.ndjson")) {
            for (Path file : all) {
                for (String line : Files.readAllLines(file)) {
                    JsonNode letter = json.readTree(line);
                    long n = letter.at("/record/n").longValue();
                    assertThat(letter.path("object").textValue()).endsWith(object((int) (n / recordsPerObject)));
                    assertThat(letter.path("record_number").longValue()).isEqualTo(n % recordsPerObject);
                    numbers.add(n);
                }
            }
        }
        return numbers;
    }

    /** What the cursor has recorded of all objects. */
    private Counts cursorCounts() throws SQLException {
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("cursor.db"));
                var statement = connection.createStatement();
                var row = statement.executeQuery(
                        "SELECT sum(selected), sum(accepted), sum(duplicates), sum(dead_lettered) FROM object WHERE complete")) {
            return new Counts(row.getLong(1), row.getLong(2), row.getLong(3), row.getLong(4));
        }
    }

    private static long sumOfNumbers(ElasticsearchServer server) {
        return server.post("/events/_search?size=0", "{\"aggs\":{\"sum\":{\"sum\":{\"field\":\"n\"}}}}")
                .at("/aggregations/sum/value")
                .asLong();
    }

    private static String object(int number) {
        return "year=2026/month=11/day=20/hour=%02d/o.parquet".formatted(number);
    }

    private ConnectorProcess start(URI url, String destination, Map<String, String> its) {
        return ConnectorProcess.start(
                TestTools.projectDirectory(),
                environment(url, destination, its),
                List.of("-Xmx256m"),
                "--mode",
                "batch");
    }

    private Map<String, String> environment(URI url, String destination, Map<String, String> its) {
        Map<String, String> environment = new HashMap<>(its);
        environment.putAll(Map.ofEntries(
                Map.entry("LAKE_ROOT", "file:" + lake.root()),
                Map.entry("QUERY_TENANT_ID", "acme"),
                Map.entry("QUERY_DATASET_ID", "events"),
                Map.entry("QUERY_SQL", QUERY),
                Map.entry("DESTINATION_TYPE", destination),
                Map.entry("DESTINATION_" + destination.toUpperCase(Locale.ROOT) + "_URL", url.toString()),
                Map.entry("SCHEDULE_BATCH_SIZE", String.valueOf(batch)),
                Map.entry("DELIVERY_MAX_IN_FLIGHT", String.valueOf(IN_FLIGHT)),
                Map.entry("DELIVERY_RETRY_DELAY_MS", "50"),
                Map.entry(
                        "DELIVERY_DEAD_LETTERS_FOLDER",
                        folder.resolve("dead-letters").toString()),
                Map.entry("EXPORT_PARALLEL_OBJECTS", String.valueOf(PARALLEL_OBJECTS)),
                Map.entry("CURSOR_FILE", folder.resolve("cursor.db").toString())));
        return environment;
    }
}
