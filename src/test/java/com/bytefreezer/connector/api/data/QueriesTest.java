package com.bytefreezer.connector.api.data;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.TestApi;
import com.bytefreezer.connector.TestApi.Answer;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.LatencyProxy;
import com.bytefreezer.connector.testing.PackerKeys;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.S3Server;
import com.bytefreezer.connector.testing.SimulatedBucket;
import com.bytefreezer.connector.testing.TestTools;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(300)
@Tag("slow")
class QueriesTest {
    private static final Path SAMPLE = TestTools.projectDirectory().resolve("samples/lake");
    private static final String SLOW = "SELECT count(*) FROM range(100000000) a, range(100000000) b";

    @TempDir
    private static Path root;

    private static Path results;

    @AutoClose
    private static TestApi api;

    @BeforeAll
    static void start() throws Exception {
        results = Files.createDirectory(root.resolve("results"));
        ParquetLake.in(root.resolve("lake"))
                .object(
                        "year=2026/month=11/day=20/hour=01/a.parquet",
                        "SELECT 9007199254740993 AS big, 1.10::DECIMAL(4,2) AS price, TIMESTAMP '2026-11-20 01:02:03' AS t, [1, NULL] AS l, '<script>\"''' AS \"<img src=x>\"");
        ParquetLake.in(root.resolve("lake")).object("year=2026/month=11/day=20/hour=02/b.parquet", "SELECT 2 AS big");
        Files.createSymbolicLink(root.resolve("lake/sample"), SAMPLE.resolve("acme"));
        api = TestApi.visited(Map.of(
                "lake.root",
                "file:" + root.resolve("lake"),
                "duckdb.temp-folder",
                results.toString(),
                // What is too big is found out sooner.
                "duckdb.memory-limit",
                "300MB",
                "server.query-timeout-seconds",
                "120",
                "server.max-temporary-bytes",
                "100000000",
                "server.max-result-bytes",
                "1000000"));
    }

    @Test
    void answersInTheOriginalsShape() {
        JsonNode answer = ask("syslog", "SELECT hostname, severity FROM events WHERE severity <= 4 LIMIT 3");
        assertThat(answer.path("columns")).extracting(JsonNode::asText).containsExactly("hostname", "severity");
        assertThat(answer.path("types")).extracting(JsonNode::asText).containsExactly("VARCHAR", "DOUBLE");
        assertThat(answer.path("rows")).hasSize(3).allMatch(row -> row.path("hostname")
                .isTextual());
        assertThat(answer.path("row_count").asInt()).isEqualTo(3);
        assertThat(answer.path("truncated").asBoolean()).isFalse();
        assertThat(answer.path("execution_time_ms").isIntegralNumber()).isTrue();
    }

    @Test
    void rowsHaveTheTextThatWouldBeDelivered() {
        String text = api.post("/api/v1/query", body("acme", "events", "SELECT * FROM events", "from", "all"))
                .text();
        assertThat(text)
                .contains("{\"big\":9007199254740993,\"price\":1.10,\"t\":\"2026-11-20T01:02:03Z\",\"l\":[1,null],")
                .contains("\"<img src=x>\":\"<script>\\\"'\"");
    }

    @Test
    void numbersBeyondJsonAreShownOnlyToThoseWhoAsk() {
        String sql =
                "SELECT 'nan'::DOUBLE AS n, '-inf'::FLOAT AS low, 'inf'::DOUBLE AS high, NULL::DOUBLE AS none, 0.5 AS half";
        assertThat(ask("syslog", sql, "show_not_finite", true).at("/rows/0").toString())
                .isEqualTo("{\"n\":\"NaN\",\"low\":\"-Infinity\",\"high\":\"Infinity\",\"none\":null,\"half\":0.5}");
        assertThat(ask("syslog", sql).at("/rows/0").toString())
                .isEqualTo("{\"n\":null,\"low\":null,\"high\":null,\"none\":null,\"half\":0.5}");
    }

    @Test
    void noValueInsideOfAnotherLooksLikeNull() {
        String sql =
                "SELECT {'n': 'nan'::DOUBLE, 'l': ['inf'::FLOAT, NULL], 'm': map {'a': '-infinity'::DATE}} AS nested, 'infinity'::TIMESTAMP AS t, '-infinity'::TIMESTAMPTZ AS z, 'infinity'::TIMESTAMP_NS AS ns, '-infinity'::TIMESTAMP_S AS s, 'infinity'::TIMESTAMP_MS AS ms, NULL::DATE AS none";
        assertThat(ask("syslog", sql, "show_not_finite", true)
                        .at("/rows/0")
                        .toString()
                        .replace('"', '\''))
                .isEqualTo(
                        "{'nested':{'n':'NaN','l':['Infinity',null],'m':{'a':'-infinity'}},'t':'infinity','z':'-infinity','ns':'infinity','s':'-infinity','ms':'infinity','none':null}");
        assertThat(ask("syslog", sql).at("/rows/0").toString().replace('"', '\''))
                .isEqualTo(
                        "{'nested':{'n':null,'l':[null,null],'m':{'a':null}},'t':null,'z':null,'ns':null,'s':null,'ms':null,'none':null}");
    }

    @Test
    void anObjectThatIsRemovedMeanwhileFailsNoQuery() throws Exception {
        ParquetLake fading = ParquetLake.in(root.resolve("fading"));
        List<String> objects =
                List.of("year=2026/month=11/day=20/hour=01/a.parquet", "year=2026/month=11/day=20/hour=02/b.parquet");
        for (int i = 0; i < 2; i++) {
            fading.object(objects.get(i), "SELECT %d AS n".formatted(i));
        }
        Files.createSymbolicLink(root.resolve("lake/fading"), fading.root().resolve("acme"));
        for (int left = 2; left >= 0; left--) {
            JsonNode answer = api.post("/api/v1/query", body("fading", "events", "SELECT n FROM events", "from", "all"))
                    .json();
            assertThat(answer.path("row_count").asInt()).as(answer.toString()).isEqualTo(left);
            if (left > 0) {
                Files.delete(fading.root().resolve("acme/events/data/parquet").resolve(objects.get(2 - left)));
            }
        }
    }

    @Test
    void damagedObjectsHideNoneOfTheNewestRecords() throws Exception {
        ParquetLake lake = ParquetLake.in(root.resolve("damaged"));
        Files.createSymbolicLink(root.resolve("lake/damaged"), root.resolve("damaged/acme"));
        lake.object("year=2026/month=11/day=20/hour=01/a.parquet", "SELECT 1 AS n");
        Path object = lake.object("year=2026/month=11/day=20/hour=02/b.parquet", "SELECT 2 AS n");
        Files.write(object.resolveSibling("c.parquet"), Arrays.copyOf(Files.readAllBytes(object), 60));
        Files.createFile(object.resolveSibling("d.parquet"));
        Path before = Files.createDirectory(object.getParent().resolveSibling("hour=00"));
        Files.createFile(before.resolve("e.parquet"));
        JsonNode newest = askDamaged("SELECT * FROM events", "2026-11-20T02:00:00Z", "2026-11-20T03:00:00Z");
        assertThat(newest.path("rows"))
                .singleElement()
                .satisfies(row -> assertThat(row.path("n").asInt()).isEqualTo(2));
        assertThat(newest.path("objects_damaged"))
                .extracting(one -> one.path("object").asText().replaceAll(".*/", ""))
                .containsExactlyInAnyOrder("c.parquet", "d.parquet");
        assertThat(api.get("/api/v1/datasets/damaged/events/columns").json().path("columns"))
                .extracting(column -> column.path("name").asText())
                .contains("n");
        assertThat(askDamaged("SELECT n FROM events", "2026-11-20T00:00:00Z", "2026-11-20T01:00:00Z")
                        .path("error")
                        .asText())
                .startsWith("No object of this range can be read; the newest is damaged (")
                .endsWith("Choose another range.");
    }

    private static JsonNode askDamaged(String sql, String from, String to) {
        return api.post("/api/v1/query", body("damaged", "events", sql, "newest_first", true, "from", from, "to", to))
                .json();
    }

    @Test
    void takesTheNewestPartitionUnlessToldOtherwise() {
        String count =
                "SELECT count(*) AS n FROM read_parquet('PARQUET_PATH', hive_partitioning=true, union_by_name=true)";
        JsonNode newest = ask("syslog", count);
        JsonNode all = ask("syslog", count, "from", "all");
        JsonNode day = ask("syslog", count, "from", "2026-11-18T00:00:00Z", "to", "2026-11-19T00:00:00Z");
        assertThat(newest.path("objects_read").asInt()).isEqualTo(1);
        assertThat(all.path("objects_read").asInt()).isEqualTo(12);
        assertThat(all.at("/rows/0/n").asInt()).isEqualTo(4000);
        assertThat(all.path("bytes_read").asLong()).isEqualTo(122238);
        assertThat(day.path("objects_read").asInt()).isEqualTo(4);
        assertThat(day.path("objects_total").asInt()).isEqualTo(12);
        assertThat(ask("syslog", count, "from", "2030-01-01T00:00:00Z")
                        .path("error")
                        .asText())
                .isEqualTo("dataset sample/syslog: no objects between from and to. Choose another range.");
    }

    /** 1,000 objects a day, a few an hour. */
    @Test
    void theNewestRecordsNeedNoListingOfAllPartitions() throws Exception {
        byte[] content =
                Files.readAllBytes(ParquetLake.in(root.resolve("numbers")).numbers("a.parquet", 0, 1));
        List<String> keys = new PackerKeys(20_000, Duration.ofSeconds(86), Instant.parse("2026-11-20T09:59:00Z"));
        try (SimulatedBucket bucket = SimulatedBucket.start(keys, PackerKeys::time, content);
                TestApi asked = TestApi.over(in(bucket))) {
            Map<String, Object> first = body("acme", "events", "SELECT * FROM events", "newest_first", true);
            JsonNode newest = asked.post("/api/v1/query", first).json();
            // Of 20 for all.
            assertThat(bucket.listings()).hasSizeLessThanOrEqualTo(4 + 1 + 5);
            assertThat(newest.path("objects_read").asInt()).isBetween(40, 43);
            assertThat(newest.path("objects_total").isNull()).isTrue();
            asked.get("/api/v1/datasets/acme/events/overview?records=false");
            JsonNode listed = asked.post("/api/v1/query", first).json();
            assertThat(listed.path("objects_read")).isEqualTo(newest.path("objects_read"));
            assertThat(listed.path("columns")).isEqualTo(newest.path("columns"));
            assertThat(listed.path("objects_total").asInt()).isEqualTo(20_000);
        }
    }

    @Test
    void saysWhenThereIsMore() {
        JsonNode cut = ask("syslog", "SELECT message FROM events", "limit", 10, "from", "all");
        assertThat(cut.path("rows")).hasSize(10);
        assertThat(cut.path("truncated").asBoolean()).isTrue();
        JsonNode exact = ask("syslog", "SELECT message FROM events LIMIT 10", "limit", 10);
        assertThat(exact.path("rows")).hasSize(10);
        assertThat(exact.path("truncated").asBoolean()).isFalse();
        JsonNode long_ = ask("syslog", "SELECT repeat('x', 1000) AS x FROM range(5000)");
        assertThat(long_.path("row_count").asInt())
                .isLessThan(1000)
                .isEqualTo(long_.path("rows").size());
        assertThat(long_.path("truncated").asBoolean()).isTrue();
    }

    @Test
    void twoTabsOnTwoDatasetsDoNotMix() {
        List<String> datasets = List.of("syslog", "firewall");
        Map<String, String> ownColumn = Map.of("syslog", "app_name", "firewall", "DST");
        List<CompletableFuture<JsonNode>> answers = IntStream.range(0, 12)
                .mapToObj(i -> datasets.get(i % 2))
                .map(dataset -> body("sample", dataset, "SELECT \"%s\" FROM events".formatted(ownColumn.get(dataset))))
                .map(body ->
                        CompletableFuture.supplyAsync(() -> retried(api, body).json()))
                .toList();
        assertThat(answers)
                .extracting(CompletableFuture::join)
                .allMatch(answer -> answer.path("row_count").asInt() > 0);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        SELEC 1                                      | 1 | 1
        SELECT hostname,\\n  nosuch FROM events      | 2 | 3
        SELECT hostname, count(*) FROM events        | 1 | 8
        SELECT *\\nFROM nosuch                       | 2 | 6
        SELECT 'é', nosuch(hostname) FROM events     | 1 | 13
        """)
    void pointsAtWhatIsWrong(String sql, int line, int column) {
        JsonNode answer = ask("syslog", sql.replace("\\n", "\n"));
        assertThat(answer.path("error").asText())
                .doesNotContain("\n", "Nothing was exported")
                .startsWith("SQL: line ");
        assertThat(List.of(answer.path("line").asInt(), answer.path("column").asInt()))
                .containsExactly(line, column);
    }

    @Test
    void namesColumnsThatComeTwice() {
        assertThat(ask("syslog", "SELECT 1 AS a, 2 AS b, 3 AS a, 4 AS b, 5 AS a")
                        .path("error")
                        .asText())
                .isEqualTo("SQL: the result has several columns named a, b. Give each its own name with AS.");
    }

    /** What the original ran, and more. {@code OTHER} is another tenant's folder. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "COPY (SELECT 1) TO 'OTHER/new.csv'",
                "COPY events TO 'DATASET/new.parquet'",
                "EXPORT DATABASE 'OTHER'",
                "ATTACH 'OTHER/new.db'",
                "INSTALL httpfs",
                "LOAD httpfs",
                "SET memory_limit='1TB'",
                "RESET enable_external_access",
                "PRAGMA database_list",
                "CREATE SECRET (TYPE s3, KEY_ID 'a', SECRET 'b')",
                "CREATE TABLE t AS SELECT 1",
                "CALL pragma_version()",
                "SELECT 1; SELECT 2",
                "SELECT * FROM duckdb_secrets()",
                "SELECT * FROM duckdb_settings()",
                "SELECT * FROM read_text('/etc/passwd')",
                "SELECT * FROM read_csv('/etc/passwd')",
                "SELECT * FROM '/etc/passwd'",
                "SELECT * FROM glob('/etc/*')",
                "SELECT * FROM read_parquet('OTHER/a.parquet')",
                "SELECT * FROM read_parquet('DATASET/../../../events/data/parquet/**/*.parquet')",
                "SELECT * FROM read_parquet('https://127.0.0.1:1/a.parquet')",
                "SELECT * FROM read_parquet('s3://other/a.parquet')",
                "SELECT getenv('HOME')",
                "SELECT current_setting('s3_secret_access_key')",
                "SELECT * FROM sniff_csv('/etc/passwd')",
                "SELECT * FROM read_json('/proc/self/environ')",
                "SELECT * FROM read_blob('DATASET/**')",
                "WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x",
                "SELECT * FROM parquet_metadata('OTHER/a.parquet')",
                "FROM query('SELECT 1')"
            })
    void refusesAttacksInOneLine(String attack) throws Exception {
        List<Path> before = files();
        String sql = attack.replace("OTHER", root + "/lake/acme/events/data/parquet")
                .replace("DATASET", root + "/lake/sample/syslog/data/parquet");
        Answer answer = api.post("/api/v1/query", body("sample", "syslog", sql));
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.error()).isNotEmpty().doesNotContain("\n", "Exception");
        assertThat(answer.json().has("rows")).isFalse();
        assertThat(files()).isEqualTo(before);
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', quoteCharacter = '"', textBlock = """
        SELECT string_agg(message || range, '') FROM events, range(10000000) ; The query needs more memory and temporary space
        SELECT list(range) FROM range(1000000000)                            ; The query needs more memory and temporary space
        SELECT repeat('x', 100000000) AS x FROM range(30)                    ; The query needs more memory and temporary space
        SELECT repeat('x', 2000000) AS x                                     ; The first record has 2000008 bytes, more than
        SELECT range FROM range(1000000000) ORDER BY hash(range), range LIMIT 5 OFFSET 900000000 ; The query needs more memory and temporary space
        """)
    void survivesWhatIsTooBig(String sql, String end) {
        Answer answer = api.post("/api/v1/query", body("sample", "syslog", sql, "query_id", "big"));
        assertThat(answer.error()).startsWith(end).doesNotContain("\n");
        assertThat(ask("syslog", "SELECT 1 AS one").at("/rows/0/one").asInt()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                SLOW,
                "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t",
                "SELECT range FROM range(100000000000) WHERE range < 3000 OR range % 99999999999 = 7",
                "SELECT a.range FROM range(100000000) a, range(1000000) b WHERE a.range + b.range = 5"
            })
    void cancelsASlowQuery(String sql) throws Exception {
        var answer = CompletableFuture.supplyAsync(
                () -> api.post("/api/v1/query", body("sample", "syslog", sql, "query_id", "slow", "limit", 100000)));
        Await.until(
                "it can be cancelled",
                () -> !answer.isDone() && api.delete("/api/v1/queries/slow").status() == 204);
        assertThat(answer.get(1, TimeUnit.MINUTES).error()).isEqualTo("The query was cancelled.");
        assertThat(api.delete("/api/v1/queries/slow").error()).isEqualTo("No query with the query_id slow runs.");
    }

    @Test
    void runsOnlySoManyAtOnceAndStopsThemInTime() throws Exception {
        try (TestApi small = TestApi.over(Map.of(
                "lake.root", "file:" + SAMPLE, "server.max-queries", "1", "server.query-timeout-seconds", "5"))) {
            var slow = CompletableFuture.supplyAsync(() -> retried(small, body("acme", "syslog", SLOW)));
            Await.until("it is full", () -> {
                Answer answer = small.post("/api/v1/query", body("acme", "syslog", "SELECT 1"));
                assertThat(slow.isDone()).isFalse();
                return answer.status() == 429 && answer.error().startsWith("1 queries are running already");
            });
            assertThat(slow.get(1, TimeUnit.MINUTES).error())
                    .startsWith("The query took longer than 5 s and was stopped.");
            assertThat(small.post("/api/v1/query", body("acme", "syslog", "SELECT 1 AS one"))
                            .status())
                    .isEqualTo(200);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        {                                                                     | invalid request: the body is not the expected JSON
        []                                                                    | invalid request: the body is not the expected JSON
        {"tenant_id":"sample","dataset_id":"syslog"}                          | tenant_id, dataset_id, and sql are required
        {"tenant_id":"sample","dataset_id":"","sql":"SELECT 1"}               | tenant_id, dataset_id, and sql are required
        {"tenant_id":"sample","dataset_id":"../..","sql":"SELECT 1"}          | tenant_id and dataset_id must be names
        {"tenant_id":"..","dataset_id":"syslog","sql":"SELECT 1"}             | tenant_id and dataset_id must be names
        {"tenant_id":"sample","dataset_id":"syslog","sql":"x","limit":100001} | limit must be from 1 to 100000
        {"tenant_id":"sample","dataset_id":"syslog","sql":"x","limit":1.5}    | invalid request: limit must be a whole number, not 1.5.
        {"tenant_id":"sample","dataset_id":"syslog","sql":"x","limit":"few"}  | invalid request: limit must be a whole number, not few.
        {"tenant_id":"sample","dataset_id":"syslog","sql":"SELECT 1","from":"now"} | from must be a time like
        """)
    void refusesAnIncompleteRequest(String body, String message) {
        Answer answer = api.post("/api/v1/query", body);
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.error()).startsWith(message).doesNotContain("\n");
    }

    @Test
    void leavesNoResultBehind() throws Exception {
        ask("syslog", "SELECT * FROM events");
        ask("syslog", "SELECT nosuch FROM events");
        // The processes of queries have theirs, which is empty.
        Await.until(
                "the results are gone",
                () -> list(results).stream()
                                .allMatch(path -> path.getFileName().toString().startsWith("bytefreezer-queries-"))
                        && list(results).stream()
                                .flatMap(path -> list(path).stream())
                                .filter(Files::isDirectory)
                                .allMatch(cell -> list(cell).isEmpty()));
    }

    @Test
    void aQueryEndsInTimeEvenWhileBoundOverAFarBucket() throws Exception {
        try (S3Server s3 = sampleBucket()) {
            try (LatencyProxy far = LatencyProxy.start(s3.endpoint(), Duration.ofMillis(600))) {
                Map<String, String> settings = new TreeMap<>(bucket(s3, far.endpoint()));
                settings.put("server.query-timeout-seconds", "3");
                try (TestApi bucket = TestApi.over(settings)) {
                    // DuckDB itself does not let go of the first before it has read all footers.
                    var bound = query(bucket, "SELECT count(*) AS n FROM events WHERE severity < 3", "all");
                    var runs = query(bucket, SLOW, "2026-11-20T14:00:00Z");

                    for (var late : List.of(bound, runs)) {
                        JsonNode answer = late.get(60, TimeUnit.SECONDS).json();
                        assertThat(answer.path("error").asText()).startsWith("The query took longer than 3 s");
                        assertThat(answer.path("execution_time_ms").asInt()).isLessThan(10_000);
                    }
                }
            }
        }
    }

    @Test
    void aProbeIsAnsweredWhileManyWaitForALakeThatHangs() throws Exception {
        var pages = Executors.newCachedThreadPool();
        try (S3Server s3 = sampleBucket();
                LatencyProxy lake = LatencyProxy.start(s3.endpoint(), Duration.ZERO)) {
            Map<String, String> settings = new TreeMap<>(bucket(s3, lake.endpoint()));
            settings.put("server.max-queries", "1");
            try (TestApi bucket = TestApi.over(settings)) {
                lake.hang();
                List<Future<Integer>> looks = Stream.generate(
                                () -> pages.submit(() -> bucket.get("/api/v1/datasets/acme/syslog/overview")
                                        .status()))
                        .limit(50)
                        .toList();
                Await.until(
                        "all that may wait do",
                        () -> looks.stream().filter(Future::isDone).count() == 17);

                assertThat(pages.submit(() -> bucket.get("/api/v1/health").status())
                                .get(1, TimeUnit.MINUTES))
                        .isEqualTo(200);
                lake.heal();
                for (Future<Integer> look : looks) {
                    assertThat(look.get()).isIn(200, 429);
                }
            }
        } finally {
            pages.shutdownNow();
        }
    }

    private static CompletableFuture<Answer> query(TestApi api, String sql, String from) {
        return CompletableFuture.supplyAsync(
                () -> api.post("/api/v1/query", body("acme", "syslog", sql, "from", from)));
    }

    private static S3Server sampleBucket() {
        S3Server s3 = S3Server.s3proxy();
        s3.createBucket("lake");
        s3.uploadFolder("lake", "acme/syslog", SAMPLE.resolve("acme/syslog"));
        return s3;
    }

    private static Map<String, String> bucket(S3Server s3, URI endpoint) {
        return Map.of(
                "s3.bucket", "lake",
                "s3.endpoint", endpoint.toString(),
                "s3.access-key", s3.accessKey(),
                "s3.secret-key", s3.secretKey(),
                "duckdb.extension-directory", TestTools.duckdbExtensions().toString());
    }

    @Test
    void readsABucket() throws Exception {
        try (S3Server s3 = sampleBucket()) {
            try (TestApi bucket = TestApi.visited(bucket(s3, s3.endpoint()))) {
                JsonNode datasets = bucket.get("/api/v1/datasets").json().path("datasets");
                assertThat(datasets).hasSize(1);
                assertThat(datasets.at("/0/parquet_path").asText())
                        .isEqualTo("s3://lake/acme/syslog/data/parquet/**/*.parquet");
                JsonNode answer = bucket.post(
                                "/api/v1/query",
                                body("acme", "syslog", "SELECT count(*) AS n FROM events", "from", "all"))
                        .json();
                assertThat(answer.at("/rows/0/n").asInt()).isEqualTo(4000);
                assertThat(bucket.get("/api/v1/datasets/acme/syslog/overview")
                                .json()
                                .path("records")
                                .asInt())
                        .isEqualTo(4000);
                for (String attack : List.of(
                        "SELECT * FROM read_parquet('s3://lake/other/*.parquet')",
                        "SELECT * FROM duckdb_secrets()",
                        "SELECT * FROM read_parquet('http://%s/lake/x')"
                                .formatted(s3.endpoint().getAuthority()))) {
                    assertThat(bucket.post("/api/v1/query", body("acme", "syslog", attack))
                                    .text())
                            .contains("\"error\"")
                            .doesNotContain(s3.secretKey(), s3.accessKey());
                }
            }
        }
    }

    @Test
    void theFirstRecordsAreTheNewestAndLeaveOutWhatIsNull() {
        JsonNode answer = ask(
                "syslog", "SELECT * FROM events", "from", "all", "limit", 5, "newest_first", true, "omit_nulls", true);
        JsonNode sorted =
                ask("syslog", "SELECT timestamp FROM events ORDER BY timestamp DESC", "from", "all", "limit", 5);
        assertThat(answer.path("newest_first_by").asText()).isEqualTo("timestamp");
        assertThat(answer.path("limited_by").asText()).isEqualTo("records");
        assertThat(answer.path("rows"))
                .extracting(row -> row.path("timestamp"))
                .containsExactlyElementsOf(sorted.findValues("timestamp"));
        assertThat(answer.path("rows")).noneMatch(row -> row.toString().contains("null"));
        assertThat(sorted.path("newest_first_by").isNull()).isTrue();
        assertThat(ask("syslog", "SELECT * FROM events", "newest_first", true, "time_column", "BfTs")
                        .path("newest_first_by")
                        .asText())
                .isEqualTo("BfTs");
    }

    @Test
    void columnsStandInTheSameOrderWhateverIsAskedFirst() throws Exception {
        ParquetLake lake = ParquetLake.in(root.resolve("order"));
        for (int hour = 0; hour < 4; hour++) {
            lake.object(
                    "year=2026/month=11/day=20/hour=0%d/a.parquet".formatted(hour),
                    "SELECT 1 AS only_%d, 2 AS common, 3 AS since_%d".formatted(hour, hour / 2));
        }
        List<List<JsonNode>> seen = new ArrayList<>();
        for (List<String> ranges :
                List.of(List.of("all"), List.of("newest", "all"), List.of("2026-11-20T01:00:00Z", "all"))) {
            try (TestApi fresh = TestApi.over(Map.of("lake.root", "file:" + root.resolve("order")))) {
                JsonNode answer = null;
                for (String from : ranges) {
                    fresh.get("/api/v1/datasets/acme/events/columns" + (from.equals("newest") ? "" : "?from=" + from));
                    answer = fresh.post(
                                    "/api/v1/query",
                                    body(
                                            "acme",
                                            "events",
                                            "SELECT * FROM events",
                                            "from",
                                            from.equals("newest") ? "" : from))
                            .json();
                }
                seen.add(List.copyOf(answer.findValues("columns")));
            }
        }
        assertThat(seen).allMatch(seen.get(0)::equals);
    }

    @Test
    void summarizeAndDescribeTellOfTheColumns() {
        JsonNode summary = ask("syslog", "SUMMARIZE SELECT hostname, severity FROM events WHERE severity <= 4");
        assertThat(summary.at("/rows/1/column_name").asText()).isEqualTo("severity");
        assertThat(summary.at("/rows/1/max").asText()).isEqualTo("4.0");
        assertThat(ask("syslog", "DESCRIBE SELECT hostname FROM events")
                        .at("/rows/0/column_type")
                        .asText())
                .isEqualTo("VARCHAR");
        assertThat(ask("syslog", "SUMMARIZE events").path("row_count").asInt()).isGreaterThan(10);
    }

    @Test
    void answersAreCompressedForClientsThatTakeIt() throws Exception {
        byte[] body =
                new ObjectMapper().writeValueAsBytes(body("sample", "syslog", "SELECT * FROM events", "from", "all"));
        HttpResponse<byte[]> answer = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(api.uri("query"))
                                .header("Content-Type", "application/json")
                                .header("Accept-Encoding", "gzip")
                                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                                .build(),
                        HttpResponse.BodyHandlers.ofByteArray());
        assertThat(answer.headers().firstValue("Content-Encoding")).contains("gzip");
        byte[] plain = new GZIPInputStream(new ByteArrayInputStream(answer.body())).readAllBytes();
        assertThat(new ObjectMapper().readTree(plain).path("row_count").asInt()).isGreaterThan(1000);
        assertThat(answer.body().length).isLessThan(plain.length / 4);
    }

    private static JsonNode ask(String dataset, String sql, Object... more) {
        return api.post("/api/v1/query", body("sample", dataset, sql, more)).json();
    }

    /** While others run, it is refused. */
    private static Answer retried(TestApi asked, Map<String, Object> body) {
        while (true) {
            Answer answer = asked.post("/api/v1/query", body);
            if (answer.status() != 429) {
                return answer;
            }
        }
    }

    private static Map<String, String> in(SimulatedBucket bucket) {
        Map<String, String> settings = new TreeMap<>(S3Server.settings(bucket.endpoint()));
        settings.put("s3.bucket", SimulatedBucket.NAME);
        return settings;
    }

    private static Map<String, Object> body(String tenant, String dataset, String sql, Object... more) {
        Map<String, Object> body = new TreeMap<>(Map.of("tenant_id", tenant, "dataset_id", dataset, "sql", sql));
        for (int i = 0; i < more.length; i += 2) {
            body.put((String) more[i], more[i + 1]);
        }
        return body;
    }

    private static List<Path> files() throws Exception {
        try (Stream<Path> files = Files.walk(root.resolve("lake"))) {
            return files.sorted().toList();
        }
    }

    private static List<Path> list(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
