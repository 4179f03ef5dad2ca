package com.bytefreezer.connector.destination.elasticsearch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.bytefreezer.connector.TestApi;
import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.kit.ScriptedServer;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.ElasticsearchServer;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.TestTools;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** On one real node; each test has an index of its own. */
@Tag("slow")
class ElasticsearchTest {
    private static final String OBJECT = "year=2026/month=11/day=20/hour=01/a.parquet";

    private static ElasticsearchServer server;

    @TempDir
    private Path folder;

    @BeforeAll
    static void start() {
        server = ElasticsearchServer.node()
                .with("http.max_content_length", "1mb")
                .start();
        // Without the copies that a single node cannot hold.
        server.put(
                "/_index_template/test",
                "{\"index_patterns\":[\"*\"],\"template\":{\"settings\":{\"number_of_replicas\":0}}}");
    }

    @AfterAll
    static void close() {
        server.close();
    }

    private ToElasticsearch to(String index) {
        return ToElasticsearch.of(server, index, folder);
    }

    private ParquetLake lake() {
        return ParquetLake.in(folder.resolve("lake"));
    }

    /** Five records, of which the third has a text where the others have a number. */
    private ParquetLake conflictingLake() {
        var lake = lake();
        lake.object(OBJECT, "SELECT n, CASE n WHEN 3 THEN 'zz' ELSE n::VARCHAR END AS code FROM range(1, 6) t(n)");
        return lake;
    }

    // -- What is sent

    @Test
    void theSampleArrivesWithItsDates() throws Exception {
        var run = to("sample").run();

        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
        assertThat(run.log("INFO")).anyMatch(line -> line.contains("400 accepted by elasticsearch, 0 duplicates"));
        assertThat(server.count("sample")).isEqualTo(ToElasticsearch.SAMPLE_RECORDS);
        assertThat(server.get("/sample/_mapping").at("/sample/mappings/properties/timestamp/type"))
                .hasToString("\"date\"");
        assertThat(server.documents("sample")).allSatisfy(document -> {
            assertThat(document.at("/_source/message").asText()).startsWith("Failed password");
            assertThat(document.at("/_source/timestamp").asText()).matches("2026-11-\\d\\dT[0-9:.]+Z");
        });
        assertThat(to("sample").deadLetters()).isEmpty();
    }

    @Test
    void aDocumentIsExactlyItsRecord() throws Exception {
        var lake = lake();
        lake.object(
                OBJECT,
                "SELECT 1 AS n, 'grün \"<&>\" 🦆' AS text, 1.5::DOUBLE AS number, true AS flag, NULL::VARCHAR AS nothing,"
                        + " [1, 2] AS list, {'a': {'b': 'c'}} AS nested, TIMESTAMP '2026-11-20 01:02:03.5' AS seen");

        var columns = "SELECT n, text, number, flag, nothing, list, nested, seen FROM events";
        assertThat(to("exact").from(lake, columns).run().succeeded()).isTrue();

        assertThat(server.documents("exact")).singleElement().satisfies(document -> assertThat(document.path("_source"))
                .isEqualTo(new ObjectMapper()
                        .readTree("{\"n\":1,\"text\":\"grün \\\"<&>\\\" 🦆\",\"number\":1.5,\"flag\":true,"
                                + "\"nothing\":null,\"list\":[1,2],\"nested\":{\"a\":{\"b\":\"c\"}},"
                                + "\"seen\":\"2026-11-20T01:02:03.5Z\"}")));
    }

    @Test
    void anIngestPipelineSeesEveryDocument() throws Exception {
        server.put("/_ingest/pipeline/who", "{\"processors\":[{\"set_security_user\":{\"field\":\"sender\"}}]}");

        assertThat(to("piped").with("pipeline", "who").run().succeeded()).isTrue();

        assertThat(server.documents("piped"))
                .hasSize(ToElasticsearch.SAMPLE_RECORDS)
                .allSatisfy(document -> assertThat(document.at("/_source/sender/username"))
                        .hasToString('"' + ElasticsearchServer.USER + '"'));
    }

    @Test
    void theSettingsOfTheOriginalWork() throws Exception {
        var original = new ToElasticsearch(folder, Map.of("destination.type", "elasticsearch"))
                .set("destination.config.url", server.url() + "/")
                .set("destination.config.index", "original")
                .set("destination.config.username", ElasticsearchServer.USER)
                .set("destination.config.password", ElasticsearchServer.PASSWORD);

        assertThat(original.run().succeeded()).isTrue();

        assertThat(server.count("original")).isEqualTo(ToElasticsearch.SAMPLE_RECORDS);
    }

    @Test
    void theCheckNamesTheColumnsThatTheMappingRefuses() throws Exception {
        var login = Map.of("username", ElasticsearchServer.USER, "password", ElasticsearchServer.PASSWORD);
        try (var contract = new MappingCheckContract(server.url(), login, server::request, folder)) {
            contract.namesExactlyWhatTheServerRefuses();
            contract.saysWhatAnIndexRefusesAsAWhole(true);
        }
    }

    @Test
    void theTestRecordOfThePageIsTaken() throws Exception {
        try (var api = TestApi.over(
                TestTools.projectDirectory().resolve("routes"), to("tested").settings())) {
            assertThat(api.post("test-destination", Map.of("type", "elasticsearch"))
                            .text("/status"))
                    .isEqualTo("ok");
        }
        assertThat(server.documents("tested")).singleElement().satisfies(document -> assertThat(
                        document.at("/_source/source").asText())
                .isEqualTo("bytefreezer-connector"));
    }

    @Test
    void aRepeatIsADuplicateButANewDocumentAfterARollover() throws Exception {
        server.put("/rolled-000001", "{\"aliases\":{\"rolled\":{\"is_write_index\":true}}}");
        assertThat(to("rolled").run().succeeded()).isTrue();

        assertThat(to("rolled").in(folder.resolve("again")).run().log("INFO"))
                .anyMatch(line -> line.contains("0 accepted by elasticsearch, 400 duplicates"));
        assertThat(server.count("rolled")).isEqualTo(ToElasticsearch.SAMPLE_RECORDS);

        server.post("/rolled/_rollover", "");
        assertThat(to("rolled").in(folder.resolve("once more")).run().succeeded())
                .isTrue();
        assertThat(server.count("rolled")).isEqualTo(2 * ToElasticsearch.SAMPLE_RECORDS);
    }

    @Test
    void aDataStreamHoldsARecordOncePerGeneration() throws Exception {
        server.put("/_index_template/stream", "{\"index_patterns\":[\"stream\"],\"data_stream\":{},\"priority\":500}");
        var stream = to("stream")
                .set(
                        "query.sql",
                        "SELECT timestamp AS \"@timestamp\", message FROM events WHERE message LIKE 'Failed%'");
        assertThat(stream.run().succeeded()).isTrue();
        long records = server.count("stream");
        assertThat(records).isPositive();

        assertThat(stream.in(folder.resolve("again")).run().succeeded()).isTrue();
        assertThat(server.count("stream")).isEqualTo(records);

        server.post("/stream/_rollover", "");
        assertThat(stream.in(folder.resolve("once more")).run().succeeded()).isTrue();
        assertThat(server.count("stream")).isEqualTo(2 * records);
    }

    @Test
    void requestsCanBeCompressed() throws Exception {
        assertThat(to("gzip").with("compression", true).run().succeeded()).isTrue();
        assertThat(server.count("gzip")).isEqualTo(ToElasticsearch.SAMPLE_RECORDS);

        try (var proxy = ScriptedServer.start()) {
            to("gzip")
                    .in(folder.resolve("other"))
                    .with("compression", true)
                    .with("proxy-host", "127.0.0.1")
                    .with("proxy-port", proxy.port())
                    .set("delivery.max-retries", 0)
                    .run();
            assertThat(proxy.requests()).isNotEmpty().allSatisfy(request -> {
                assertThat(request.path()).startsWith(server.url() + "/_bulk?filter_path=");
                assertThat(request.header("Content-Encoding")).contains("gzip");
                assertThat(request.body()).startsWith(0x1f, 0x8b);
            });
        }
    }

    @Test
    void aHostWithAnUnderscoreIsTaken() throws Exception {
        try (var proxy = ScriptedServer.start()) {
            to("underscored")
                    .in(folder.resolve("underscored"))
                    .with("url", "http://es_node:9200,http://es_node_2")
                    .with("proxy-host", "127.0.0.1")
                    .with("proxy-port", proxy.port())
                    .set("delivery.max-retries", 0)
                    .run();
            assertThat(proxy.requests()).isNotEmpty().allSatisfy(request -> assertThat(request.path())
                    .matches("http://es_node(:9200|_2:80)/_bulk.*"));
        }
    }

    @Test
    void largerBatchesThanTheServerTakesAreHalvedAtTheFirstTry() throws Exception {
        var lake = lake();
        lake.object(
                OBJECT,
                "SELECT n, repeat('x', CASE n WHEN 700 THEN 8000000 ELSE 2000 END) AS text FROM range(5000) t(n)");

        var export = to("large").from(lake, "SELECT n, text FROM events").set("schedule.batch-size", 5000);
        var run = export.run();

        assertThat(run.succeeded()).isTrue();
        assertThat(run.log("WARN")).noneMatch(line -> line.contains("The connector retries"));
        assertThat(server.count("large")).isEqualTo(4999);
        assertThat(export.deadLetters())
                .singleElement()
                .satisfies(letter -> assertThat(letter.path("reason").asText()).startsWith("413 from " + server.url()));
    }

    @Test
    void largerBatchesThanToldAreHalved() throws Exception {
        var run = to("halved")
                .with("max-batch-bytes", 2000)
                .set("query.sync", "full")
                .run();

        assertThat(run.succeeded()).isTrue();
        assertThat(run.log("WARN")).isEmpty();
        assertThat(server.count("halved")).isEqualTo(ToElasticsearch.SAMPLE_RECORDS);
    }

    @Test
    void theRequestsAnnounceNoVersionAndCarryThePipeline() throws Exception {
        try (var fake = ScriptedServer.start()) {
            fake.reply(Reply.of(404, "{}"));
            to("x").with("url", fake.url() + "/es/").with("pipeline", "enrich").run();

            assertThat(fake.requests()).isNotEmpty().allSatisfy(request -> {
                assertThat(request.path()).startsWith("/es/_bulk?filter_path=");
                assertThat(request.header("Content-Type")).contains("application/json");
                assertThat(request.header("Accept")).contains("application/json");
                assertThat(request.text()).contains("\"pipeline\":\"enrich\"", "\"_index\":\"x\"", "{\"create\":");
            });
        }
    }

    // -- Ids and repeats

    @Test
    void whatIsThereAlreadyCountsAsDuplicate() throws Exception {
        assertThat(to("twice").run().succeeded()).isTrue();

        var again = to("twice").in(folder.resolve("fresh-cursor")).run();

        assertThat(again.succeeded()).isTrue();
        assertThat(again.log("INFO")).anyMatch(line -> line.contains("0 accepted by elasticsearch, 400 duplicates"));
        assertThat(server.count("twice")).isEqualTo(ToElasticsearch.SAMPLE_RECORDS);
    }

    @Test
    void documentsCanBeReplaced() throws Exception {
        var lake = lake();
        lake.numbers(OBJECT, 0, 10);
        var export = to("replaced").with("op-type", "index").with("id-column", "n");
        export.from(lake, "SELECT n, 'old' AS state FROM events").run();

        var run = export.in(folder.resolve("other"))
                .from(lake, "SELECT n, 'new' AS state FROM events")
                .run();

        assertThat(run.log("INFO")).anyMatch(line -> line.contains("10 accepted by elasticsearch, 0 duplicates"));
        assertThat(server.documents("replaced")).hasSize(10).allSatisfy(document -> assertThat(
                        document.at("/_source/state").asText())
                .isEqualTo("new"));
    }

    @Test
    void withoutAStableOrderElasticsearchMakesTheIds() throws Exception {
        var full = to("unordered").set("query.sync", "full");
        assertThat(full.run().succeeded()).isTrue();
        assertThat(full.in(folder.resolve("other")).run().succeeded()).isTrue();

        assertThat(server.count("unordered")).isEqualTo(2 * ToElasticsearch.SAMPLE_RECORDS);
    }

    @Test
    void aColumnGivesTheIdAndRecordsWithoutItAreKeptAside() throws Exception {
        var lake = lake();
        lake.object(
                OBJECT,
                "SELECT n, {'id': 'inner'} AS nested, CASE n WHEN 2 THEN NULL WHEN 3 THEN '' WHEN 4 THEN repeat('x', 513)"
                        + " ELSE 'id-' || n END AS id FROM range(1, 6) t(n)");
        var export = to("by-column").with("id-column", "id").from(lake, "SELECT * FROM events");

        assertThat(export.run().succeeded()).isTrue();

        assertThat(server.documents("by-column"))
                .extracting(document -> document.path("_id").asText())
                .containsExactlyInAnyOrder("id-1", "id-5");
        assertThat(export.deadLetters())
                .extracting(letter -> letter.at("/record/n").asInt(), letter -> letter.path("reason")
                        .asText())
                .containsExactlyInAnyOrder(
                        tuple(2, "no id: column id is missing, null or nested"),
                        tuple(3, "no id: column id is missing, null or nested"),
                        tuple(4, "no id: column id has more than 512 bytes"));
    }

    @Test
    void anIdCanHoldAnyText() throws Exception {
        var lake = lake();
        lake.object(OBJECT, "SELECT n, n || ' \"\\ ü\n\t}' AS id FROM range(3) t(n)");

        assertThat(to("any-id")
                        .with("id-column", "id")
                        .from(lake, "SELECT * FROM events")
                        .run()
                        .succeeded())
                .isTrue();

        assertThat(server.documents("any-id"))
                .extracting(document -> document.path("_id").asText())
                .containsExactlyInAnyOrder("0 \"\\ ü\n\t}", "1 \"\\ ü\n\t}", "2 \"\\ ü\n\t}");
    }

    // -- The index

    @Test
    void theDateInTheIndexIsThatOfTheObjectsPartition() throws Exception {
        var lake = lake();
        lake.numbers("year=2026/month=11/day=19/hour=23/a.parquet", 0, 3);
        lake.numbers("year=2026/month=11/day=20/hour=01/b.parquet", 3, 4);

        var run = to("parts-{yyyy.MM.dd}-x").from(lake, "SELECT * FROM events").run();

        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
        assertThat(server.count("parts-2026.11.19-x")).isEqualTo(3);
        assertThat(server.count("parts-2026.11.20-x")).isEqualTo(4);
    }

    @Test
    void theDateInTheIndexCanBeThatOfTheRecord() throws Exception {
        var lake = lake();
        lake.object(
                OBJECT,
                "SELECT n, CASE n WHEN 0 THEN '2026-01-31T23:59:59Z' WHEN 1 THEN '2026-01-31T23:59:59-05:00'"
                        + " WHEN 2 THEN '2026-03-01' WHEN 3 THEN '1769904000' WHEN 4 THEN 'yesterday' END AS at"
                        + " FROM range(6) t(n)");
        var export = to("by-record-{yyyy.MM}")
                .with("index-time-column", "at")
                .set("query.sync", "full")
                .from(lake, "SELECT * FROM events");

        assertThat(export.run().succeeded()).isTrue();

        assertThat(numbers("by-record-2026.01")).containsExactly(0);
        assertThat(numbers("by-record-2026.02")).containsExactly(1, 3);
        assertThat(numbers("by-record-2026.03")).containsExactly(2);
        assertThat(export.deadLetters())
                .extracting(letter -> letter.path("reason").asText())
                .containsExactlyInAnyOrder(
                        "no index: column at is not a time", "no index: column at is missing, null or nested");
    }

    /** How many documents were written, without making them visible. */
    private static long written(String index) {
        return server.get("/" + index + "/_stats/indexing")
                .at("/_all/total/indexing/index_total")
                .asLong();
    }

    private static List<Integer> numbers(String index) {
        return server.documents(index).stream()
                .map(document -> document.at("/_source/n").asInt())
                .sorted()
                .toList();
    }

    @Test
    void anUnknownDateFailsTheRunAndSaysWhatToSet() throws Exception {
        var run = to("dated-{yyyy}").set("query.sync", "full").run();

        assertThat(run.succeeded()).isFalse();
        assertThat(run.log("ERROR"))
                .singleElement()
                .asString()
                .contains("destination.elasticsearch.index", "index-time-column");
        assertThat(run.log("WARN")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"alerts-{nonsense}", "alerts-{b}"})
    void aDateThatIsNoneStopsTheStart(String index) {
        assertThatThrownBy(() -> to(index).run())
                .hasStackTraceContaining("Not started")
                .hasStackTraceContaining("is not a date");
    }

    @ParameterizedTest
    @ValueSource(strings = {"es.example:9200", "ftp://es.example", "https://:9200", "https://a b", ""})
    void anUrlThatIsNoneStopsTheStart(String url) {
        assertThatThrownBy(() -> to("x").with("url", url).run())
                .hasStackTraceContaining("destination.elasticsearch.url")
                .hasStackTraceContaining("Not started");
    }

    @Test
    void aUserInTheUrlStopsTheStart() {
        assertThatThrownBy(() -> to("x").with("url", "http://bob:very-secret-wrong@127.0.0.1:9")
                        .run())
                .hasStackTraceContaining("must not contain a user")
                .satisfies(e -> assertThat(e).hasToString(e.toString().replace("very-secret-wrong", "")));
    }

    // -- Refusals

    @Test
    void aWrongPasswordFailsTheRunAndTheRightOneDeliversAll() throws Exception {
        var run = to("login").with("password", "very-secret-wrong").run();

        assertThat(run.succeeded()).isFalse();
        assertThat(run.log("WARN")).isEmpty();
        assertThat(run.log("ERROR"))
                .singleElement()
                .asString()
                .contains("elasticsearch", "401 from " + server.url(), "security_exception", "unable to authenticate");
        assertThat(to("login").run().succeeded()).isTrue();
        assertThat(server.count("login")).isEqualTo(ToElasticsearch.SAMPLE_RECORDS);
    }

    @Test
    void anApiKeyLogsIn() throws Exception {
        var key = server.post(
                        "/_security/api_key",
                        "{\"name\":\"connector\",\"role_descriptors\":{\"w\":{\"indices\":[{\"names\":[\"keyed\"],"
                                + "\"privileges\":[\"create_doc\",\"auto_configure\"]}]}}}")
                .path("encoded")
                .asText();
        var export = to("keyed").with("username", "").with("password", "").with("api-key", key);

        var run = export.run();

        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
        assertThat(server.count("keyed")).isEqualTo(ToElasticsearch.SAMPLE_RECORDS);
        assertThat(run.log()).noneMatch(line -> line.contains(key));
    }

    @Test
    void aRoleWithoutTheIndexFailsTheRunAndNothingIsConsumed() throws Exception {
        server.put(
                "/_security/role/other",
                "{\"indices\":[{\"names\":[\"other-*\"],\"privileges\":[\"create_doc\",\"auto_configure\"]}]}");
        server.put("/_security/user/bob", "{\"password\":\"very-secret-wrong\",\"roles\":[\"other\"]}");
        var export = to("forbidden").with("username", "bob").with("password", "very-secret-wrong");

        var run = export.run();

        assertThat(run.succeeded()).isFalse();
        assertThat(run.log("WARN")).isEmpty();
        assertThat(run.log("ERROR"))
                .singleElement()
                .asString()
                .contains("403 from " + server.url(), "forbidden: security_exception", "Check the settings");
        assertThat(export.deadLetters()).isEmpty();
        assertThat(to("forbidden").run().succeeded()).isTrue();
        assertThat(server.count("forbidden")).isEqualTo(ToElasticsearch.SAMPLE_RECORDS);
    }

    @Test
    void aRecordThatDoesNotFitTheMappingIsKeptWithReason() throws Exception {
        server.put("/conflict", "{\"mappings\":{\"properties\":{\"code\":{\"type\":\"long\"}}}}");
        var export = to("conflict").from(conflictingLake(), "SELECT * FROM events");

        var run = export.run();

        assertThat(run.succeeded()).isTrue();
        assertThat(numbers("conflict")).containsExactly(1, 2, 4, 5);
        assertThat(run.log("WARN"))
                .singleElement()
                .asString()
                .contains("1 of 5 records rejected", "document_parsing_exception", "cursor advances");
        assertThat(export.deadLetters()).singleElement().satisfies(letter -> {
            assertThat(letter.at("/record/n").asInt()).isEqualTo(3);
            assertThat(letter.path("reason").asText())
                    .startsWith("document_parsing_exception: ")
                    .contains("field [code]", "'zz'");
        });
    }

    @Test
    void aRejectionCanHoldTheCursor() throws Exception {
        server.put("/held", "{\"mappings\":{\"properties\":{\"code\":{\"type\":\"long\"}}}}");
        var export = to("held").from(conflictingLake(), "SELECT * FROM events").set("delivery.on-rejected", "stop");

        var run = export.run();

        assertThat(run.succeeded()).isFalse();
        assertThat(run.log("ERROR")).singleElement().asString().contains("1 of 5", "delivery.on-rejected");
        assertThat(export.deadLetters()).isEmpty();
    }

    @Test
    void aFieldThatAStrictMappingDoesNotKnowIsARejection() throws Exception {
        server.put("/strict", "{\"mappings\":{\"dynamic\":\"strict\",\"properties\":{\"n\":{\"type\":\"long\"}}}}");
        var export = to("strict").from(conflictingLake(), "SELECT * FROM events");

        assertThat(export.run().succeeded()).isTrue();

        assertThat(server.count("strict")).isZero();
        assertThat(export.deadLetters()).hasSize(5).allSatisfy(letter -> assertThat(
                        letter.path("reason").asText())
                .contains("strict_dynamic_mapping_exception", "[code]"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "UPPERCASE",
                "with-pipeline",
                "closed",
                "not-there",
                "no-write-index",
                "routed",
                "series",
                "one-shard-more"
            })
    void whatNoRecordCausedFailsTheRunAndNothingIsConsumed(String index) throws Exception {
        var export = to(index);
        var expected = "invalid_index_name_exception";
        switch (index) {
            case "with-pipeline" -> {
                export = export.with("pipeline", "missing");
                expected = "pipeline with id [missing] does not exist";
            }
            case "closed" -> {
                server.put("/closed", "");
                server.post("/closed/_close", "");
                expected = "index_closed_exception";
            }
            case "not-there" -> {
                server.put("/_cluster/settings", "{\"persistent\":{\"action.auto_create_index\":\"-not-there,+*\"}}");
                expected = "index_not_found_exception";
            }
            case "no-write-index" -> {
                var alias = "{\"aliases\":{\"no-write-index\":{\"is_write_index\":false}}}";
                server.put("/behind-alias", alias);
                expected = "no write index is defined for alias";
            }
            case "routed" -> {
                server.put("/routed", "{\"mappings\":{\"_routing\":{\"required\":true}}}");
                expected = "routing_missing_exception";
            }
            case "series" -> {
                server.put(
                        "/series",
                        "{\"settings\":{\"mode\":\"time_series\",\"routing_path\":[\"place\"],"
                                + "\"time_series\":{\"start_time\":\"2026-01-01T00:00:00Z\",\"end_time\":\"2027-01-01T00:00:00Z\"}},"
                                + "\"mappings\":{\"properties\":{\"@timestamp\":{\"type\":\"date\"},"
                                + "\"place\":{\"type\":\"keyword\",\"time_series_dimension\":true}}}}");
                export = export.set("query.sql", "SELECT timestamp AS \"@timestamp\", hostname AS place FROM events");
                expected = "_id must be unset";
            }
            case "one-shard-more" -> {
                server.put("/_cluster/settings", "{\"persistent\":{\"cluster.max_shards_per_node\":1}}");
                expected = "maximum normal shards open";
            }
            default -> {}
        }

        TestRun run;
        try {
            run = export.run();
        } finally {
            server.put(
                    "/_cluster/settings",
                    "{\"persistent\":{\"action.auto_create_index\":null,\"cluster.max_shards_per_node\":null}}");
        }

        assertThat(run.succeeded()).isFalse();
        assertThat(run.log("ERROR")).singleElement().asString().contains(expected, "from " + server.url());
        assertThat(run.log("WARN")).isEmpty();
        assertThat(export.deadLetters()).isEmpty();
    }

    @Test
    void onlyTheRecordThatIsToBlameIsRejected() throws Exception {
        server.put(
                "/blamed",
                "{\"settings\":{\"mapping.depth.limit\":3},\"mappings\":{\"properties\":{\"k\":{\"type\":\"keyword\"},"
                        + "\"d\":{\"type\":\"date\"},\"g\":{\"type\":\"geo_point\"},\"o\":{\"type\":\"object\"}}}}");
        var lake = lake();
        lake.object(
                OBJECT,
                "SELECT n, CASE n WHEN 1 THEN repeat('k', 40000) END AS k,"
                        + " CASE n WHEN 2 THEN 'never' END AS d, CASE n WHEN 3 THEN 'nowhere' END AS g,"
                        + " CASE n WHEN 4 THEN 'text' END AS o,"
                        + " CASE n WHEN 5 THEN '{\"a\":{\"b\":{\"c\":{\"d\":1}}}}' WHEN 6 THEN '{\"\":1}' ELSE '{}' END::JSON AS j"
                        + " FROM range(20) t(n)");
        var export = to("blamed").from(lake, "SELECT * FROM events");

        var run = export.run();

        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
        assertThat(export.deadLetters())
                .extracting(letter -> letter.at("/record/n").asInt())
                .containsExactlyInAnyOrder(1, 2, 3, 4, 5, 6);
        assertThat(server.count("blamed")).isEqualTo(14);
    }

    @Test
    void aDestinationThatRefusesNearlyAllStopsTheRun() throws Exception {
        server.put("/nothing-fits", "{\"mappings\":{\"dynamic\":\"strict\"}}");
        var lake = lake();
        lake.numbers(OBJECT, 0, 3_000);
        var export = to("nothing-fits").from(lake, "SELECT * FROM events").set("delivery.max-in-flight", 1);

        var run = export.run();

        assertThat(run.succeeded()).isFalse();
        assertThat(run.log("ERROR"))
                .singleElement()
                .asString()
                .contains("1,000 of 1,000 records were rejected", "strict_dynamic", "delivery.max-rejected-ratio");
        assertThat(export.deadLetters()).isEmpty();
        assertThat(export.set("delivery.max-rejected-ratio", "1").run().succeeded())
                .isTrue();
        assertThat(export.deadLetters()).hasSize(3_000);
    }

    @Test
    void aRefusedRequestIsNotTakenForOneOfItsRecords() throws Exception {
        try (var fake = ScriptedServer.start()) {
            fake.reply(Reply.of(400, "{\"error\":{\"type\":\"some_exception\",\"reason\":\"no\"},\"status\":400}")
                    .header("Content-Type", "application/json"));
            var export = to("x").with("url", fake.url());

            var run = export.run();

            assertThat(run.succeeded()).isFalse();
            assertThat(run.log("ERROR"))
                    .singleElement()
                    .asString()
                    .contains("400 from " + fake.url() + " — some_exception: no");
            assertThat(export.deadLetters()).isEmpty();
        }
    }

    // -- Outages

    @Test
    void aServerThatIsNotThereIsTriedAgain() throws Exception {
        var nowhere = "http://127.0.0.1:" + TestTools.freePort();

        var run = to("x").with("url", nowhere).set("query.sync", "full").run();

        assertThat(run.succeeded()).isFalse();
        assertThat(run.log("DEBUG")).hasSize(3).allMatch(line -> line.contains("Connection refused"));
        assertThat(run.log("ERROR")).singleElement().asString().contains("elasticsearch", "Connection refused");
    }

    @Test
    void anotherNodeTakesOverForOneThatIsNotThere() throws Exception {
        var nowhere = "http://127.0.0.1:" + TestTools.freePort();

        var run = to("failover").with("url", nowhere + ", " + server.url()).run();

        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
        assertThat(server.count("failover")).isEqualTo(ToElasticsearch.SAMPLE_RECORDS);
    }

    @Test
    void anAnswerThatIsNoneIsTriedAgain() throws Exception {
        try (var fake = ScriptedServer.start()) {
            fake.reply(Reply.of(200, "<html>").header("Content-Type", "text/html"));
            var export = to("x").with("url", fake.url()).set("query.sync", "full");

            var run = export.run();

            assertThat(run.succeeded()).isFalse();
            assertThat(fake.requests()).hasSize(4);
            assertThat(run.log("ERROR")).singleElement().asString().contains("elasticsearch");
            assertThat(export.deadLetters()).isEmpty();
        }
    }

    @Test
    void aNodeKilledInTheMiddleHasEveryRecordOnceWhenBack() throws Exception {
        var lake = lake();
        var objects = 4;
        var each = 10_000;
        for (var i = 0; i < objects; i++) {
            lake.numbers("year=2026/month=11/day=20/hour=%02d/o.parquet".formatted(i), (long) i * each, each);
        }
        // Slow enough that the node is never killed too late.
        var export = to("killed")
                .from(lake, "SELECT * FROM events")
                .set("delivery.max-records-per-second", 4000)
                .set("delivery.max-retries", -1)
                .set("delivery.max-retry-delay-ms", 1000);
        server.put("/killed", "");
        var running = CompletableFuture.supplyAsync(() -> {
            try {
                return export.run();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        Await.until("some records", () -> written("killed") > 2000 || running.isDone());
        server.kill();
        assertThat(running).isNotDone();
        server.restart();

        var run = running.join();

        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
        assertThat(run.log("WARN")).isNotEmpty();
        assertThat(server.count("killed")).isEqualTo((long) objects * each);
        var sum = server.request("POST", "/killed/_search?size=0", "{\"aggs\":{\"s\":{\"sum\":{\"field\":\"n\"}}}}");
        assertThat(sum.at("/aggregations/s/value").asLong())
                .isEqualTo(LongStream.range(0, (long) objects * each).sum());
    }
}
