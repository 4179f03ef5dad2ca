package com.bytefreezer.connector.api.exports;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.app.Connector;
import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.app.Workbench;
import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.cursor.Cursor;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.TestTools;
import com.bytefreezer.connector.testing.WebhookServer;
import com.bytefreezer.connector.text.Secrets;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The first ten records of each of the sample's 12 objects go to a webhook that refuses the fourth one of each. */
@Tag("slow")
class ExportsApiTest {
    private static final String EXPORT = "/api/v1/exports/default/webhook";

    @TempDir
    private Path folder;

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private WebhookServer server;
    private Settings settings;
    private int port;

    @BeforeEach
    void serve() throws Exception {
        server = WebhookServer.start();
        server.replyWhen(request -> request.text().contains("\"n\":3}"), Reply.of(400, "bad <b>record</b>"));
        port = TestTools.freePort();
        settings = TestRun.settings(
                folder,
                Map.of(
                        "server.port",
                        String.valueOf(port),
                        "schedule.interval-seconds",
                        "3600",
                        "destination.type",
                        "webhook",
                        "destination.webhook.url",
                        server.url().toString(),
                        "query.sql",
                        "SELECT message, file_row_number AS n FROM read_parquet('PARQUET_PATH', file_row_number=true)"
                                + " WHERE file_row_number < 10",
                        "delivery.max-retries",
                        "0"));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void aWatchTellsHowItsExportsAreAndReplaysAndBeginsAnew() throws Exception {
        try (Connector watch = watch()) {
            watch.start();
            awaitState("idle");

            JsonNode export = get("/api/v1/exports").at("/exports/0");
            assertThat(export.path("name").asText()).isEqualTo("default");
            assertThat(export.path("destination").asText()).isEqualTo("webhook");
            assertThat(export.path("tenant_id").asText()).isEqualTo("acme");
            assertThat(export.path("sql").asText()).startsWith("SELECT message");
            assertThat(export.path("lag_seconds").asLong(-1)).isZero();
            assertThat(export.path("next_run").asText()).startsWith("20");
            assertThat(export.path("last_error").isNull()).isTrue();
            assertThat(export.path("totals").toString())
                    .isEqualTo("{\"selected\":120,\"accepted\":108,\"duplicates\":0,\"dead_lettered\":12}");
            assertThat(export.path("dead_letters").asInt()).isEqualTo(12);
            assertThat(export.at("/runs/0/state").asText()).isEqualTo("succeeded");
            assertThat(get("/api/v1/ready").toString()).isEqualTo("{\"status\":\"ready\"}");

            assertThat(get(EXPORT + "/log").path("lines"))
                    .extracting(line -> line.path("text").asText())
                    .anyMatch(text -> text.contains("1 of 10 records rejected"))
                    .anyMatch(text -> text.startsWith("export default: 12 objects, 120 records selected"));
            assertThat(export.path("failed_objects")).isEmpty();

            JsonNode letters = get(EXPORT + "/dead-letters?offset=1&limit=2");
            assertThat(letters.path("total").asInt()).isEqualTo(12);
            assertThat(letters.path("dead_letters")).hasSize(2);
            JsonNode letter = letters.at("/dead_letters/0");
            assertThat(letter.path("reason").asText()).startsWith("400 from ").endsWith("bad <b>record</b>");
            assertThat(letter.at("/record/n").asInt()).isEqualTo(3);
            assertThat(letter.path("record_number").asInt()).isEqualTo(3);

            JsonNode reasons = get(EXPORT + "/dead-letters/reasons");
            assertThat(reasons.at("/reasons/0/count").asInt()).isEqualTo(12);
            String reason = reasons.at("/reasons/0/reason").asText();
            assertThat(reason).endsWith("bad <b>record</b>").contains("… from ");
            String query = "?limit=1&reason=" + URLEncoder.encode(reason, StandardCharsets.UTF_8);
            assertThat(get(EXPORT + "/dead-letters" + query).path("total").asInt())
                    .isEqualTo(12);
            assertThat(get(EXPORT + "/dead-letters?reason=other").path("total").asInt())
                    .isZero();
            assertThat(post(EXPORT + "/dead-letters/discard", "{\"reason\":\"other\"}")
                            .statusCode())
                    .isEqualTo(404);
            assertThat(post(EXPORT + "/dead-letters/discard", "{\"reason\":\"x\",\"ids\":[\"y\"]}")
                            .statusCode())
                    .isEqualTo(400);

            server.replyWhen(request -> true, Reply.of(200));
            String one = "{\"ids\":[\"%s\"]}".formatted(letter.path("id").asText());
            assertThat(post(EXPORT + "/dead-letters/replay", one).body())
                    .isEqualTo("{\"replayed\":1,\"failed\":0,\"unmatched\":0,\"tried_again\":0,\"message\":null}");
            String other = "{\"ids\":[\"%s\"]}"
                    .formatted(letters.at("/dead_letters/1/id").asText());
            assertThat(post(EXPORT + "/dead-letters/discard", other).body()).isEqualTo("{\"discarded\":1}");
            assertThat(get(EXPORT + "/dead-letters").path("total").asInt()).isEqualTo(10);
            String ofReason = new ObjectMapper().writeValueAsString(Map.of("reason", reason));
            assertThat(post(EXPORT + "/dead-letters/replay", ofReason).body())
                    .isEqualTo("{\"replayed\":10,\"failed\":0,\"unmatched\":0,\"tried_again\":0,\"message\":null}");
            assertThat(server.records()).hasSize(119);

            assertThat(post(EXPORT + "/reset-cursor", "{}").statusCode()).isEqualTo(400);
            assertThat(post(EXPORT + "/reset-cursor", "{\"confirm\":\"default/webhook\"}")
                            .statusCode())
                    .isEqualTo(204);
            assertThat(get("/api/v1/exports").at("/exports/0/watermark").isNull())
                    .isTrue();

            assertThat(post("/api/v1/exports/default/nosuch/dead-letters/replay", "{}")
                            .statusCode())
                    .isEqualTo(404);
            assertThat(post(EXPORT + "/dead-letters/discard", "{\"ids\":\"all\"}")
                            .statusCode())
                    .isEqualTo(400);
        }
    }

    @Test
    void interactiveModeReadsAWatchsStoreAndCannotResetItsCursor() throws Exception {
        TestRun.batch(settings);
        Workbench workbench = new Workbench(settings.with(Mode.INTERACTIVE, Map.of()), new Secrets());
        try (workbench) {
            workbench.startUnvisited();
            try (Cursor held = Cursor.open(folder.resolve("cursor.db"), Duration.ofHours(1))) {
                assertThat(get("/api/v1/exports").toString()).contains("\"accepted\":108,");
                HttpResponse<String> refused = post(EXPORT + "/reset-cursor", "{\"confirm\":\"default/webhook\"}");
                assertThat(refused.statusCode()).isEqualTo(409);
                assertThat(refused.body()).contains("another connector is using it. Nothing was reset.");
                assertThat(held.lanes().knows(new Lane("default", "webhook"))).isTrue();
            }
            assertThat(post(EXPORT + "/reset-cursor", "{\"confirm\":\"default/webhook\"}")
                            .statusCode())
                    .isEqualTo(204);
            server.replyWhen(request -> true, Reply.of(200));
            assertThat(post(EXPORT + "/dead-letters/replay", "{}").body())
                    .isEqualTo("{\"replayed\":12,\"failed\":0,\"unmatched\":0,\"tried_again\":0,\"message\":null}");
            assertThat(get("/api/v1/ready").path("status").asText()).isEqualTo("ready");

            JsonNode plan = new ObjectMapper()
                    .readTree(post(
                                    "/api/v1/plan",
                                    "{\"tenant_id\":\"acme\",\"dataset_id\":\"syslog\",\"sql\":\"SELECT * FROM events\",\"destination_type\":\"webhook\"}")
                            .body());
            assertThat(plan.path("row_wise").asBoolean()).isTrue();
            assertThat(plan.path("covers").asText()).isEqualTo("incremental");
            assertThat(plan.path("objects").asInt()).isEqualTo(12);
            assertThat(plan.path("sentence").asText())
                    .startsWith("row-wise: each record once · 12 objects · 4,000 records · ~");
            JsonNode counted = new ObjectMapper()
                    .readTree(post(
                                    "/api/v1/plan",
                                    "{\"tenant_id\":\"acme\",\"dataset_id\":\"syslog\",\"sql\":\"SELECT count(*) FROM events\",\"selected\":1}")
                            .body());
            assertThat(counted.path("sentence").asText()).endsWith(" · 1 record · ~1 batch");
            assertThat(post("/api/v1/plan", "{\"tenant_id\":\"acme\"}").body())
                    .isEqualTo("{\"error\":\"\\\"dataset_id\\\" is missing.\"}");
        }
    }

    @Test
    void aWatchWhoseLakeCannotBeListedIsNotReady() throws Exception {
        settings = settings.with(
                Mode.BATCH,
                Map.of(
                        "lake.root", "file:" + folder.resolve("none"),
                        "query.tenant-id", "acme",
                        "query.dataset-id", "syslog",
                        "query.sql", "SELECT 1 AS n FROM events"));
        try (Connector watch = watch()) {
            watch.start();
            awaitState("failed");

            assertThat(send("/api/v1/ready").statusCode()).isEqualTo(503);
            assertThat(get("/api/v1/ready").toString())
                    .isEqualTo(
                            "{\"reason\":\"the lake of export default/webhook cannot be listed; see the log or /api/v1/exports\",\"status\":\"not ready\"}");
            assertThat(get("/api/v1/exports").at("/exports/0/lag_seconds").isNull())
                    .isTrue();
        }
    }

    private void awaitState(String state) {
        Await.until(
                state + " is the state in " + get("/api/v1/exports"),
                () -> get("/api/v1/exports").at("/exports/0/state").asText().equals(state));
    }

    private Connector watch() throws Exception {
        return new Connector(
                settings.with(Mode.WATCH, Map.of()),
                new Secrets(),
                Cursor.open(folder.resolve("cursor.db"), Duration.ofHours(24)),
                Mode.WATCH);
    }

    private JsonNode get(String path) {
        try {
            return new ObjectMapper().readTree(send(path).body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private HttpResponse<String> send(String path) {
        return send(HttpRequest.newBuilder(uri(path)).build());
    }

    private HttpResponse<String> post(String path, String body) {
        return send(HttpRequest.newBuilder(uri(path))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body))
                .build());
    }

    private HttpResponse<String> send(HttpRequest request) {
        try {
            return client.send(request, BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private URI uri(String path) {
        return URI.create("http://localhost:" + port + path);
    }
}
