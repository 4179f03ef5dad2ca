package com.bytefreezer.connector.api.send;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.TestApi;
import com.bytefreezer.connector.TestApi.Answer;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.kit.Request;
import com.bytefreezer.connector.kit.ScriptedServer;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.TestTools;
import com.bytefreezer.connector.testing.WebhookServer;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The API on the way to a destination, on the bundled sample, with a webhook that is configured with a token. */
@Tag("slow")
class SendTest {
    private static final Path ROUTES = TestTools.projectDirectory().resolve("routes");
    private static final String FAILED_LOGINS =
            "SELECT timestamp, message FROM events WHERE message LIKE 'Failed password%'";
    private static final String TOKEN = "very-secret-token";

    private static WebhookServer configured;
    private static TestApi connector;

    private WebhookServer server;

    @TempDir
    private Path folder;

    @BeforeAll
    static void start() throws Exception {
        configured = WebhookServer.start();
        connector = TestApi.over(
                ROUTES,
                Map.of(
                        "destination.type",
                        "webhook",
                        "destination.webhook.url",
                        configured.url() + "/in",
                        "destination.webhook.token",
                        TOKEN,
                        "delivery.retry-delay-ms",
                        "10"));
    }

    @AfterAll
    static void stop() {
        connector.close();
        configured.close();
    }

    @BeforeEach
    void startServer() {
        server = WebhookServer.start();
    }

    @AfterEach
    void stopServer() {
        server.close();
        configured.reply(200);
    }

    // -- destinations

    @Test
    void destinationsAreDescribedByTheirFilesHeadsWithoutSecrets() {
        Answer answer = connector.get("destinations");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).doesNotContain(TOKEN);
        assertThat(answer.text("/configured")).isEqualTo("webhook");
        assertThat(answer.json().path("destinations").findValuesAsText("checkable"))
                .hasSize(6)
                .doesNotContain("false");

        JsonNode webhook = destination(answer, "webhook");
        assertThat(webhook.path("description").asText()).isEqualTo("sends each batch as one HTTP request.");
        assertThat(webhook.path("guarantee").asText())
                .isEqualTo("each record at least once; once where the server honours Idempotency-Key.");
        assertThat(setting(webhook, "url").toString()).isEqualTo("""
                {"name":"url","setting":"destination.webhook.url","default":"","required":true,"secret":false,\
                "description":"where to send batches, e.g. https://siem.example/ingest","configured":true,"value":"%s/in"}""".formatted(configured.url()));
        assertThat(setting(webhook, "token").toString()).isEqualTo("""
                {"name":"token","setting":"destination.webhook.token","default":"","required":false,"secret":true,\
                "description":"sent as a bearer token","configured":true}""");
        assertThat(setting(webhook, "timeout-ms").path("description").asText())
                .isEqualTo("time limit to connect, then for the whole answer");
        assertThat(setting(destination(answer, "file"), "roll-bytes")
                        .path("description")
                        .asText())
                .isEqualTo("a file is complete when it has this many bytes");
        assertThat(setting(destination(answer, "kafka"), "security-protocol")
                        .path("default")
                        .asText())
                .isEqualTo("PLAINTEXT");
    }

    @Test
    void theTestRecordIsTheOriginalsSaveForOneName() {
        Answer answer = connector.post("test-destination", Map.of("type", "webhook", "config", Map.of()));
        assertThat(answer.text()).isEqualTo("{\"status\":\"ok\",\"message\":\"Test record sent to webhook\"}");
        assertThat(last(configured).text())
                .matches(
                        "\\{\"records\":\\[\\{\"_test\":true,\"_timestamp\":\"[0-9TZ:-]+\",\"source\":\"bytefreezer-connector\"}],\"count\":1}");

        configured.reply(Reply.of(401, "token " + TOKEN + " refused"));
        Answer refused = connector.post("test-destination", Map.of("type", "webhook"));
        assertThat(refused.status()).isEqualTo(200);
        assertThat(refused.text("/error"))
                .isEqualTo("send failed: 401 from " + configured.url() + " — token *** refused");
    }

    @Test
    void whatCannotBeTestedSaysWhy() {
        assertThat(test(connector, "nowhere", Map.of()).status()).isEqualTo(400);
        assertThat(test(connector, "nowhere", Map.of()).text("/error"))
                .isEqualTo(
                        "unknown destination \"nowhere\", available: [elasticsearch file kafka splunk stdout webhook]");
        assertThat(test(connector, "elasticsearch", Map.of()).text("/error"))
                .contains("destination.elasticsearch.url is required")
                .doesNotContain("Not started");
        assertThat(test(connector, "webhook", Map.of("ulr", "x")).text("/error"))
                .isEqualTo("destination webhook has no setting ulr. Did you mean url?");
        assertThat(connector.post("test-destination", "{\"type\":").status()).isEqualTo(400);
    }

    @Test
    void aConfiguredSecretGoesOnlyWhereItIsConfiguredToGo() {
        test(Map.of("url", server.url().toString()));
        assertThat(last(server).header("Authorization")).isEmpty();

        // Typed in for this server.
        test(Map.of("url", server.url().toString(), "token", "typed"));
        assertThat(last(server).header("Authorization")).contains("Bearer typed");

        // The same server, and nothing that leads elsewhere.
        test(Map.of("url", configured.url() + "/in", "format", "ndjson", "token", ""));
        assertThat(last(configured).header("Authorization")).contains("Bearer " + TOKEN);

        try (ScriptedServer proxy = ScriptedServer.start()) {
            test(Map.of("proxy-host", "127.0.0.1", "proxy-port", String.valueOf(proxy.port())));
            assertThat(last(proxy).header("Authorization")).isEmpty();
        }
    }

    @Test
    void whatCamelWouldEvaluateIsATextOrNoUrl() {
        for (String value : List.of(
                "#property:destination.webhook.token",
                "resource:file:/etc/passwd",
                "${sysenv.HOME}",
                "http://x/{{destination.webhook.token}}")) {
            Answer answer = test(connector, "webhook", Map.of("url", value));
            assertThat(answer.status()).as(value).isEqualTo(400);
            assertThat(answer.text("/error")).contains("destination.webhook.url must be a URL");
            test(Map.of("url", server.url().toString(), "token", value));
            assertThat(last(server).header("Authorization")).contains("Bearer " + value);
        }
    }

    @Test
    void aCheckWritesNothing() throws Exception {
        int before = configured.requests().size();
        assertThat(check("webhook", Map.of()).text("/status")).isEqualTo("ok");
        assertThat(configured.requests()).hasSize(before);

        Answer down = check("webhook", Map.of("url", "http://127.0.0.1:" + TestTools.freePort()));
        assertThat(down.text("/status")).isEqualTo("failed");
        assertThat(down.text("/message")).startsWith("Connection refused.");

        assertThat(check("file", Map.of("folder", folder + "/new")).text("/message"))
                .endsWith("new can be created.");
        assertThat(folder).isEmptyDirectory();
        assertThat(check("stdout", Map.of()).text("/status")).isEqualTo("ok");
        Answer kafka = check("kafka", Map.of("brokers", "127.0.0.1:" + TestTools.freePort(), "topic", "t"));
        assertThat(kafka.text("/status")).isEqualTo("failed");
        assertThat(kafka.text("/message")).contains("Check brokers");
    }

    @Test
    void elasticsearchAndSplunkAreAskedWhetherTheyTakeTheLogin() {
        try (ScriptedServer other = ScriptedServer.start()) {
            other.reply(Reply.of(200, "{\"version\":{\"number\":\"9.5.3\"}}"));
            Map<String, String> config =
                    Map.of("url", other.url().toString(), "index", "alerts", "username", "me", "password", "mine");
            assertThat(check("elasticsearch", config).text("/message"))
                    .isEqualTo("Elasticsearch 9.5.3 answers and accepts the login.");
            assertThat(last(other).method()).isEqualTo("GET");
            assertThat(last(other).header("Authorization")).isPresent();
            other.reply(401);
            assertThat(check("elasticsearch", config).text("/message")).contains("Check username and password");

            other.reply(Reply.of(200, "{\"text\":\"HEC is healthy\",\"code\":17}"));
            other.replyWhen(
                    request -> request.method().equals("POST") && request.body().length == 0,
                    Reply.of(403, "{\"text\":\"Invalid token\",\"code\":4}"));
            Answer splunk = check("splunk", Map.of("url", other.url().toString(), "token", "wrong-token"));
            assertThat(splunk.text("/status")).isEqualTo("failed");
            assertThat(splunk.text("/message")).isEqualTo("403 (Invalid token). Check token.");
        }
    }

    // -- preview

    @Test
    void aPreviewOfWrongSqlPointsAtItAsAQueryDoes() {
        Answer preview = connector.post(
                "preview",
                Map.of(
                        "tenant_id",
                        "acme",
                        "dataset_id",
                        "syslog",
                        "sql",
                        "SELECT\nFROM FROM",
                        "destination_type",
                        "webhook"));

        assertThat(preview.status()).isEqualTo(400);
        assertThat(preview.text("/error")).startsWith("SQL: line 2, column ").doesNotContain("Nothing was exported");
        assertThat(preview.json().path("line").asInt()).isEqualTo(2);
    }

    @Test
    void thePreviewIsByteForByteWhatARunSends() {
        Map<String, Object> order = order("webhook", Map.of("url", server.url() + "/hook?key=abc"));
        order.put("batch_size", 20);
        Answer preview = connector.post("preview", order);
        assertThat(preview.status()).as(preview.text()).isEqualTo(200);
        assertThat(server.requests()).isEmpty();
        JsonNode shown = preview.json().at("/requests/0");
        assertThat(shown.path("url").asText()).isEqualTo(server.url() + "/hook?key=***");

        assertThat(export(order).text("/status")).isEqualTo("ok");
        String key = shown.at("/headers/Idempotency-key").asText();
        Request sent = server.requests().stream()
                .filter(request -> request.header("Idempotency-Key").orElse("").equals(key))
                .findFirst()
                .orElseThrow();
        assertThat(shown.path("body").asText()).isEqualTo(sent.text());
        assertThat(shown.path("bytes").asInt()).isEqualTo(sent.body().length);
        assertThat(shown.path("method").asText()).isEqualTo(sent.method());
        sent.headers().forEach((name, values) -> assertThat(
                        shown.path("headers").path(name).asText())
                .as(name)
                .isEqualTo(values.get(0)));
        assertThat(preview.json().path("records_in_batch").asInt())
                .isEqualTo(sent.text().split("\"message\"", -1).length - 1);
    }

    @Test
    void aBulkPreviewIsByteForByteWhatARunSends() {
        try (ScriptedServer elasticsearch = ScriptedServer.start()) {
            elasticsearch.reply(Reply.of(401));
            String url = elasticsearch.url().toString();
            Map<String, Object> order =
                    order("elasticsearch", Map.of("url", url, "index", "alerts", "api_key", "secret-of-mine"));
            // A single batch, so that the refusal of another does not come first.
            order.put("from", "2026-11-18T00:00:00Z");
            order.put("to", "2026-11-18T01:00:00Z");
            Answer preview = connector.post("preview", order);
            assertThat(preview.status()).as(preview.text()).isEqualTo(200);
            assertThat(preview.text()).doesNotContain("secret-of-mine");
            assertThat(preview.text("/note")).isEmpty();
            assertThat(elasticsearch.requests()).isEmpty();

            assertThat(export(order).text("/error")).contains("401", url);
            assertThat(elasticsearch.requests()).extracting(Request::text).contains(preview.text("/requests/0/body"));
            assertThat(elasticsearch.requests())
                    .extracting(request -> url + request.path())
                    .contains(preview.text("/requests/0/url"));
            assertThat(preview.text("/requests/0/headers/Authorization")).isEqualTo("ApiKey ***");
        }
    }

    @Test
    void thePreviewOfEventsIsByteForByteWhatARunSends() {
        try (ScriptedServer splunk = ScriptedServer.start()) {
            splunk.reply(Reply.of(200, "{\"text\":\"Success\",\"code\":0}"));
            Map<String, Object> order = order(
                    "splunk", Map.of("url", splunk.url().toString(), "token", "of-mine", "time_column", "timestamp"));
            Answer preview = connector.post("preview", order);
            assertThat(preview.text("/requests/0/body")).startsWith("{\"time\":");
            assertThat(splunk.requests()).isEmpty();

            assertThat(export(order).text("/status")).isEqualTo("ok");
            assertThat(splunk.requests()).extracting(Request::text).contains(preview.text("/requests/0/body"));
        }
    }

    @Test
    void linesAndMessagesAreShownAsTheyAre() {
        Answer lines = connector.post("preview", order("stdout", Map.of()));
        assertThat(lines.text("/requests/0/body").lines())
                .hasSize(lines.json().path("records_in_batch").asInt())
                .allMatch(line -> line.startsWith("{\"timestamp\":"));

        assertThat(lines.text("/note")).isEmpty();

        Answer file = connector.post("preview", order("file", Map.of("folder", folder + "/never")));
        assertThat(file.text("/requests/0/url")).isEqualTo("file:" + folder + "/never");
        assertThat(file.text("/requests/0/body")).isEqualTo(lines.text("/requests/0/body"));
        assertThat(folder.resolve("never")).doesNotExist();

        Answer messages = connector.post(
                "preview",
                order("kafka", Map.of("brokers", "nowhere:1", "topic", "alerts", "key_column", "timestamp")));
        assertThat(messages.text("/requests/0/url")).isEqualTo("kafka:alerts");
        assertThat(messages.text("/requests/0/headers/key")).startsWith("2026-");
        assertThat(messages.text("/requests/0/body")).startsWith("{\"timestamp\":");
    }

    @Test
    void valuesThatLookLikeMarkupStayData() {
        Map<String, Object> order = order("stdout", Map.of());
        order.put(
                "sql",
                "SELECT '<script>alert(1)</script>' AS \"<img src=x onerror=y>\", '\"&''' AS q FROM events LIMIT 1");
        assertThat(connector.post("preview", order).text("/requests/0/body"))
                .isEqualTo("{\"<img src=x onerror=y>\":\"<script>alert(1)</script>\",\"q\":\"\\\"&'\"}\n");
    }

    @Test
    void whatCannotBePreviewedSaysWhyInOneLine() {
        Map<String, Object> order = order("stdout", Map.of());
        order.put("sql", "SELECT nothing FROM events");
        assertThat(connector.post("preview", order).text("/error"))
                .contains("nothing")
                .doesNotContain("\n");
        order.put("sql", "SELECT message FROM events WHERE message = 'never'");
        assertThat(connector.post("preview", order).text())
                .contains("The query selects no records.", "\"records_in_batch\":0");
        order.put("sql", FAILED_LOGINS);
        order.put("from", "yesterday");
        assertThat(connector.post("preview", order).text("/error"))
                .isEqualTo("query.from must be a time like 2026-11-01T00:00:00Z, not \"yesterday\".");
        order.put("from", "all");
        order.put("dataset_id", "../../../..");
        assertThat(connector.post("preview", order).text("/error")).contains("must be names of a tenant and a dataset");
        order.put("sql", "");
        Answer incomplete = connector.post("preview", order);
        assertThat(incomplete.status()).isEqualTo(400);
        assertThat(incomplete.error()).isEqualTo("tenant_id, dataset_id, and sql are required");
    }

    @Test
    void aPreviewEndsAtTheTimeLimitOfQueries() throws Exception {
        try (TestApi impatient = TestApi.over(ROUTES, Map.of("server.query-timeout-seconds", "1"))) {
            Map<String, Object> order = order("stdout", Map.of());
            order.put(
                    "sql",
                    "SELECT count(*) AS n FROM events a CROSS JOIN events b CROSS JOIN events c CROSS JOIN events d");

            Answer preview = impatient.post("preview", order);

            assertThat(preview.text("/error"))
                    .isEqualTo(
                            "The query took longer than 1 s and was stopped. Choose a smaller range, or raise server.query-timeout-seconds.");
        }
    }

    @Test
    void aPreviewReadsOnUntilThereIsARecord() {
        Map<String, Object> order = order("stdout", Map.of());
        order.put("sql", "SELECT \"timestamp\" FROM events WHERE \"timestamp\" >= '2026-11-20'");

        Answer preview = connector.post("preview", order);

        assertThat(preview.text("/requests/0/body")).startsWith("{\"timestamp\":\"2026-11-2");
    }

    // -- export once

    @Test
    void anExportReadsTheRangeAndLeavesNoTrace() throws Exception {
        Map<String, Object> order = order("webhook", Map.of("url", server.url().toString(), "format", "ndjson"));
        order.put("from", "2026-11-18T00:00:00Z");
        order.put("to", "2026-11-18T01:00:00Z");
        Answer part = export(order);
        assertThat(part.text("/status")).as(part.text()).isEqualTo("ok");
        assertThat(part.text("/destination")).isEqualTo("webhook");
        assertThat(part.json().path("execution_time_ms").isIntegralNumber()).isTrue();
        long records = part.json().path("row_count").asLong();
        assertThat(records).isBetween(1L, 399L).isEqualTo(server.acceptedRecords());
        assertThat(server.records()).allMatch(record -> record.matches("\\{\"timestamp\":\"2026-11-1(7T23|8T00):.*"));

        order.put("from", null);
        order.put("to", null);
        assertThat(export(order).json().path("row_count").asLong()).isEqualTo(400);
        assertThat(Path.of("cursor.db")).doesNotExist();
    }

    @Test
    void anExportDoesNotTouchTheCursorThatReplicasShare() throws Exception {
        // Nobody is there, so that whoever asks it fails.
        String shared = "jdbc:postgresql://127.0.0.1:%d/cursor".formatted(TestTools.freePort());
        try (TestApi replica = TestApi.over(ROUTES, Map.of("cursor.url", shared))) {
            Answer sent = replica.post(
                    "export", order("webhook", Map.of("url", server.url().toString())));
            assertThat(sent.text("/status")).as(sent.text()).isEqualTo("ok");
        }
        assertThat(server.acceptedRecords()).isEqualTo(400);
    }

    @Test
    void aRunListsTheObjectsThatItCannotRead(@TempDir Path folder) throws Exception {
        ParquetLake lake = ParquetLake.in(folder);
        lake.numbers("year=2026/month=11/day=20/hour=01/a.parquet", 0, 5);
        lake.bytes("year=2026/month=11/day=20/hour=02/b.parquet", new byte[100]);
        Map<String, String> settings = lake.settings("SELECT * FROM events");
        try (TestApi own = TestApi.over(settings)) {
            Map<String, Object> order = Map.of(
                    "tenant_id", settings.get("query.tenant-id"),
                    "dataset_id", settings.get("query.dataset-id"),
                    "sql", "SELECT n FROM events",
                    "destination_type", "webhook",
                    "destination_config", Map.of("url", server.url().toString(), "token", "very-secret-of-run"));
            String path = "runs/" + own.post("runs", order).text("/id");
            Await.until("the run ends", () -> !own.get(path).text("/state").equals("running"));
            JsonNode run = own.get(path).json();
            assertThat(run.path("accepted").asInt()).isEqualTo(5);
            assertThat(run.path("failed_objects")).singleElement().satisfies(failed -> {
                assertThat(failed.path("object").asText()).contains("b.parquet");
                assertThat(failed.path("reason").asText()).isNotEmpty();
            });
            assertThat(own.get(path + "/log").text()).contains("b.parquet").doesNotContain("very-secret-of-run");
        }
    }

    @Test
    void aRunTellsItsProgressAndWhereItsDeadLettersAre() throws Exception {
        server.replyWhen(request -> request.text().contains("invalid user"), Reply.of(400, "not wanted"));
        Map<String, Object> order = order("webhook", Map.of("url", server.url().toString()));
        order.put("to", "2026-11-18T06:00:00Z");
        Answer started = connector.post("runs", order);
        assertThat(started.status()).isEqualTo(202);
        String path = "runs/" + started.text("/id");
        JsonNode run = awaitEnd(path);

        assertThat(run.path("state").asText()).as(run.toString()).isEqualTo("succeeded");
        long selected = run.path("selected").asLong();
        assertThat(selected).isPositive();
        assertThat(run.path("dead_lettered").asLong()).isPositive();
        assertThat(run.path("accepted").asLong())
                .isEqualTo(selected - run.path("dead_lettered").asLong())
                .isEqualTo(server.acceptedRecords());
        assertThat(run.path("objects_done").asLong())
                .isEqualTo(run.path("objects_total").asLong())
                .isPositive();
        Path letters = Path.of(run.path("dead_letters_folder").asText());
        assertThat(letters).isDirectoryRecursivelyContaining("glob:**.ndjson");
        try (Stream<Path> left = Files.list(letters.getParent())) {
            assertThat(left).containsExactly(letters);
        }
        JsonNode refused = connector.get(path + "/dead-letters?limit=1").json();
        assertThat(refused.path("total").asLong())
                .isEqualTo(run.path("dead_lettered").asLong());
        assertThat(refused.path("dead_letters")).singleElement().satisfies(letter -> {
            assertThat(letter.path("reason").asText()).contains("not wanted");
            assertThat(letter.path("record").path("message").asText()).contains("invalid user");
        });
        assertThat(connector.get("runs").json().at("/runs/0")).isEqualTo(run);
        JsonNode lines = connector.get(path + "/log").json().path("lines");
        assertThat(lines).hasSizeBetween(1, 50).anySatisfy(line -> {
            assertThat(line.path("level").asText()).isEqualTo("WARN");
            assertThat(line.path("text").asText()).contains("records rejected", "not wanted");
            assertThat(line.path("at").asText()).startsWith("20");
        });
        long count = run.path("dead_lettered").asLong();
        String one = refused.at("/dead_letters/0/id").asText();
        server.replyWhen(request -> true, Reply.of(200));
        assertThat(connector
                        .post(path + "/dead-letters/discard", Map.of("ids", List.of(one)))
                        .text())
                .isEqualTo("{\"discarded\":1}");
        assertThat(connector
                        .post(path + "/dead-letters/replay", Map.of())
                        .json()
                        .path("replayed")
                        .asLong())
                .isEqualTo(count - 1);
        JsonNode replayed = connector.get(path).json();
        assertThat(replayed.path("accepted").asLong()).isEqualTo(selected - 1).isEqualTo(server.acceptedRecords());
        assertThat(replayed.path("dead_lettered").asLong()).isEqualTo(1);
        assertThat(connector.get(path + "/dead-letters").json().path("total").asLong())
                .isZero();
        assertThat(connector.get("runs/none").status()).isEqualTo(404);
        assertThat(connector.get("runs/none/log").status()).isEqualTo(404);
        assertThat(connector.get("runs/none/dead-letters").status()).isEqualTo(404);
    }

    @Test
    void aRunToADestinationThatIsDownFailsWithOneLine() {
        String url = "http://127.0.0.1:" + TestTools.freePort();
        Answer failed = export(order("webhook", Map.of("url", url)));
        assertThat(failed.status()).isEqualTo(200);
        assertThat(failed.text("/error")).contains("Connection refused").doesNotContain("\n");
        assertThat(failed.json().path("accepted").asLong()).isZero();
    }

    @Test
    void aRunTellsWhyItDoesNotGetOn() {
        server.reply(Reply.of(503));
        String path = "runs/"
                + connector
                        .post(
                                "runs",
                                order("webhook", Map.of("url", server.url().toString())))
                        .text("/id");
        Await.until(
                "a retry", () -> connector.get(path).json().at("/retries/503").asInt() > 0);

        connector.delete(path);
        JsonNode run = awaitEnd(path);
        assertThat(run.path("accepted").asLong()).isZero();
        assertThat(run.path("message").asText()).doesNotContain("export default", "cursor");
    }

    @Test
    void aFractionOfASecondIsNoInterval() {
        Map<String, Object> order = order("webhook", Map.of("url", server.url().toString()));
        order.put("name", "hourly");
        order.put("interval_seconds", 1.5);
        Answer draft = connector.post("exports/draft", order);
        assertThat(draft.status()).isEqualTo(400);
        assertThat(draft.error()).isEqualTo("invalid request: interval_seconds must be a whole number, not 1.5.");
    }

    @Test
    void aRunCanBeStopped() {
        server.reply(Reply.of(200).after(Duration.ofMillis(300)));
        Map<String, Object> order = order("webhook", Map.of("url", server.url().toString()));
        order.put("batch_size", 1);
        String path = "runs/" + connector.post("runs", order).text("/id");
        Await.until("records", () -> server.acceptedRecords() > 0);

        assertThat(connector.delete(path)).extracting(Answer::status).isEqualTo(204);
        JsonNode run = awaitEnd(path);
        assertThat(run.path("state").asText()).isEqualTo("cancelled");
        assertThat(run.path("accepted").asLong())
                .isEqualTo(server.acceptedRecords())
                .isLessThan(400);
    }

    @Test
    void onlySoManyRunAtTheSameTime() {
        server.holdAt(1);
        Map<String, Object> order = order("webhook", Map.of("url", server.url().toString()));
        List<Answer> started = IntStream.rangeClosed(1, 5)
                .mapToObj(size -> {
                    order.put("batch_size", 1000 + size);
                    return connector.post("runs", order);
                })
                .toList();
        assertThat(started).extracting(Answer::status).containsExactly(202, 202, 202, 202, 429);
        server.answerAll();
        started.stream().limit(4).forEach(run -> connector.delete("runs/" + run.text("/id")));
        started.stream().limit(4).forEach(run -> awaitEnd("runs/" + run.text("/id")));
    }

    @Test
    void aDoubleClickStartsOneRun() {
        server.holdAt(1);
        Map<String, Object> order = order("webhook", Map.of("url", server.url().toString()));
        List<String> ids = IntStream.range(0, 8)
                .parallel()
                .mapToObj(click -> connector.post("runs", order).text("/id"))
                .distinct()
                .toList();
        server.answerAll();
        assertThat(ids).singleElement().satisfies(id -> awaitEnd("runs/" + id));
        assertThat(server.acceptedRecords()).isEqualTo(400);
        // Once it has ended, a person may want it again.
        String again = connector.post("runs", order).text("/id");
        assertThat(ids).doesNotContain(again);
        awaitEnd("runs/" + again);
    }

    @Test
    void recordsGoToFiles() throws Exception {
        Path out = folder.resolve("out");
        Answer exported = export(order("file", Map.of("folder", out.toString())));
        assertThat(exported.text("/status")).as(exported.text()).isEqualTo("ok");
        try (FileChannel journal = FileChannel.open(out.resolve(".written"), StandardOpenOption.WRITE)) {
            // As an export of the same process has it.
            assertThat(journal.tryLock()).isNotNull();
            assertThat(export(order("file", Map.of("folder", out.toString()))).text("/error"))
                    .contains("writes to " + out);
        }
        try (Stream<Path> files = Files.walk(out)) {
            assertThat(files.filter(file -> file.toString().endsWith(".ndjson"))
                            .mapToLong(SendTest::lines)
                            .sum())
                    .isEqualTo(400);
        }
    }

    @Test
    void runsEndWithTheProcess() throws Exception {
        TestApi other = TestApi.over(ROUTES, Map.of());
        server.reply(Reply.of(200).after(Duration.ofMillis(300)));
        Map<String, Object> order = order("webhook", Map.of("url", server.url().toString()));
        order.put("batch_size", 1);
        assertThat(other.post("runs", order).status()).isEqualTo(202);
        Await.until("records", () -> server.acceptedRecords() > 0);

        other.close();
        // A thread that has ended is among them for a moment.
        Await.until("no thread of a run", () -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().startsWith("run-")));
        assertThat(server.acceptedRecords()).isLessThan(400);
    }

    // -- what is allowed

    @Test
    void fromOtherMachinesOnlyWhatIsConfiguredOrAllowedCanBeReached() throws Exception {
        Map<String, String> wide = new HashMap<>(Map.of(
                "server.host",
                "0.0.0.0",
                "server.token",
                TestApi.TOKEN,
                "destination.type",
                "webhook",
                "destination.webhook.url",
                configured.url() + "/in",
                "destination.webhook.token",
                TOKEN));
        try (TestApi open = TestApi.over(ROUTES, wide)) {
            assertThat(test(open, "webhook", Map.of()).text("/status")).isEqualTo("ok");
            Map<String, String> elsewhere = Map.of("url", server.url().toString());
            assertThat(test(open, "webhook", elsewhere).status()).isEqualTo(403);
            assertThat(test(open, "webhook", Map.of("format", "ndjson")).status())
                    .isEqualTo(403);
            assertThat(test(open, "stdout", Map.of()).status()).isEqualTo(403);
            assertThat(open.post("check-destination", Map.of("type", "webhook", "config", elsewhere))
                            .status())
                    .isEqualTo(403);
            for (String path : List.of("preview", "export", "runs", "exports/draft", "exports")) {
                assertThat(open.post(path, order("webhook", elsewhere)).status())
                        .as(path)
                        .isEqualTo(403);
            }
        }
        wide.put("server.allow-destinations", "file, " + server.url() + "/allowed");
        try (TestApi open = TestApi.over(ROUTES, wide)) {
            assertThat(test(open, "file", Map.of("folder", folder.toString())).text("/status"))
                    .isEqualTo("ok");
            assertThat(test(open, "webhook", Map.of("url", server.url() + "/allowed/in"))
                            .text("/status"))
                    .isEqualTo("ok");
            assertThat(last(server).header("Authorization")).isEmpty();
            for (String url : List.of(
                    server.url() + "/allowed-not",
                    server.url() + "/allowed/../in",
                    server.url() + "/allowed/%2e%2e/in",
                    "http://127.0.0.1:1/allowed",
                    server.url() + "@evil.example/allowed",
                    server.url() + ".evil.example/allowed",
                    other("localhost"),
                    other("[::1]"),
                    other("0.0.0.0"),
                    other("2130706433"),
                    other("0x7f.0.0.1"),
                    other("127.1"))) {
                assertThat(test(open, "webhook", Map.of("url", url)).status())
                        .as(url)
                        .isEqualTo(403);
            }
            assertThat(test(open, "webhook", Map.of("url", server.url() + "/allowed", "proxy-host", "evil.example"))
                            .status())
                    .isEqualTo(403);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {301, 302, 303, 307, 308})
    void nobodyIsLedElsewhere(int status) {
        int before = configured.requests().size();
        server.replyWhen(request -> true, Reply.of(status).header("Location", configured.url() + "/elsewhere"));
        String url = server.url().toString();
        Map<String, Map<String, String>> targets = Map.of(
                "webhook", Map.of("url", url, "token", "of-the-webhook"),
                "elasticsearch", Map.of("url", url, "index", "x", "api-key", "of-the-cluster"),
                "splunk", Map.of("url", url, "token", "of-the-collector"));
        targets.forEach((type, config) -> {
            assertThat(test(connector, type, config).error())
                    .as(type)
                    .isNotEmpty()
                    .doesNotContain("\n");
            if (!type.equals("webhook")) {
                assertThat(check(type, config).text("/status")).as(type).isEqualTo("failed");
            }
        });
        assertThat(server.requests()).hasSizeGreaterThanOrEqualTo(targets.size());
        assertThat(configured.requests()).hasSize(before);
    }

    // -- helpers

    /** The allowed address by another name of the same machine. */
    private String other(String host) {
        return "http://%s:%d/allowed".formatted(host, server.url().getPort());
    }

    private static JsonNode awaitEnd(String path) {
        Await.until(
                "the end of the run", () -> !connector.get(path).text("/state").equals("running"));
        return connector.get(path).json();
    }

    private static Map<String, Object> order(String type, Map<String, String> config) {
        return new HashMap<>(Map.of(
                "tenant_id", "acme",
                "dataset_id", "syslog",
                "sql", FAILED_LOGINS,
                "destination_type", type,
                "destination_config", config));
    }

    private static Answer export(Map<String, Object> order) {
        return connector.post("export", order);
    }

    private static void test(Map<String, String> config) {
        Answer answer = test(connector, "webhook", config);
        assertThat(answer.text("/status")).as(answer.text()).isEqualTo("ok");
    }

    private static Answer test(TestApi at, String type, Map<String, String> config) {
        return at.post("test-destination", Map.of("type", type, "config", config));
    }

    private static Answer check(String type, Map<String, String> config) {
        return connector.post("check-destination", Map.of("type", type, "config", config));
    }

    private static Request last(ScriptedServer server) {
        List<Request> all = server.requests();
        return all.get(all.size() - 1);
    }

    private static JsonNode destination(Answer answer, String name) {
        return named(answer.json().path("destinations"), name);
    }

    private static JsonNode setting(JsonNode destination, String name) {
        return named(destination.path("settings"), name);
    }

    private static JsonNode named(JsonNode list, String name) {
        return StreamSupport.stream(list.spliterator(), false)
                .filter(one -> one.path("name").asText().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static long lines(Path file) {
        try {
            return Files.readAllLines(file).size();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
