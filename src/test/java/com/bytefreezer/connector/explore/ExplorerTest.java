package com.bytefreezer.connector.explore;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.TestApi;
import com.bytefreezer.connector.TestApi.Answer;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.ControlServer;
import com.bytefreezer.connector.testing.ParquetLake;
import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExplorerTest {
    private static final String EVENTS = "/api/v1/datasets/acme/events";
    private static final String MARKUP = "<b>\"/'é";

    @TempDir
    private static Path root;

    @AutoClose
    private static TestApi api;

    @BeforeAll
    static void start() throws Exception {
        ParquetLake lake = ParquetLake.in(root);
        for (int hour = 0; hour < 3; hour++) {
            lake.object(
                    "year=2026/month=11/day=20/hour=0%d/a.parquet".formatted(hour),
                    "SELECT n, CASE WHEN n %% 10 > 0 THEN 'host-' || n %% 3 END AS host, n = 0 AS ok, [n] AS l, TIMESTAMP '2026-11-20 0%d:00:00' + n * INTERVAL 1 SECOND AS t, '<i>' AS \"%s\" FROM range(100) r(n)"
                            .formatted(hour, MARKUP.replace("\"", "\"\"")));
        }
        lake.object("late.parquet", "SELECT 7 AS n");
        lake.bytes("year=2026/month=11/day=20/hour=00/a.parquet.tmp", new byte[] {1});
        Files.createDirectories(root.resolve("other/empty/data/parquet"));
        Files.createDirectories(root.resolve("other/no-dataset"));
        api = TestApi.over(Map.of("lake.root", "file:" + root));
    }

    @Test
    void findsDatasetsByTheLayoutOfTheLake() {
        JsonNode answer = json("/api/v1/datasets");
        assertThat(answer.path("datasets"))
                .extracting(dataset -> dataset.path("tenant_id").asText() + "/"
                        + dataset.path("dataset_id").asText())
                .containsExactly("acme/events", "other/empty");
        assertThat(answer.has("tried")).isFalse();
        assertThat(answer.path("dashboard_url").asText()).isEmpty();
    }

    @Test
    void saysWhereItLookedWhenThereIsNone() throws Exception {
        Path empty = Files.createDirectory(root.resolve("nothing"));
        try (TestApi nothing = TestApi.over(Map.of("lake.root", "file:" + empty))) {
            JsonNode answer = nothing.get("/api/v1/datasets").json();
            assertThat(answer.path("datasets")).isEmpty();
            assertThat(answer.at("/tried/0").asText()).isEqualTo(empty + "/{tenant}/{dataset}/data/parquet");
        }
        Files.delete(empty);
    }

    @Test
    void tellsTheSizeFromListingAndFooters() {
        JsonNode overview = json(EVENTS + "/overview");
        assertThat(overview.path("objects").asInt()).isEqualTo(4);
        assertThat(overview.path("records").asInt()).isEqualTo(301);
        assertThat(overview.path("first").asText()).isEqualTo("2026-11-20T00:00:00Z");
        assertThat(overview.path("last").asText()).isEqualTo("2026-11-20T02:00:00Z");
        assertThat(overview.path("partitions")).hasSize(3);
        assertThat(overview.at("/partitions/1/to").asText()).isEqualTo("2026-11-20T02:00:00Z");
        assertThat(overview.at("/newest/from").asText()).isEqualTo("2026-11-20T02:00:00Z");
        assertThat(overview.at("/newest/to").asText()).isEqualTo("2026-11-20T03:00:00Z");
        JsonNode part = json(EVENTS + "/overview?from=2026-11-20T01:00:00Z&to=2026-11-20T02:00:00Z");
        assertThat(part.path("objects").asInt()).isEqualTo(2);
        assertThat(part.path("records").asInt()).isEqualTo(101);
        assertThat(json("/api/v1/datasets/other/empty/overview").path("newest").isNull())
                .isTrue();
    }

    @Test
    void namesTheNewestPartitionsPath() {
        assertThat(json("/api/v1/parquet-path?tenant_id=acme&dataset_id=events")
                        .path("parquet_path")
                        .asText())
                .endsWith("/acme/events/data/parquet/year=2026/month=11/day=20/hour=02/*.parquet");
    }

    @Test
    void tellsTheColumns() {
        JsonNode columns = json(EVENTS + "/columns").path("columns");
        assertThat(columns)
                .extracting(column ->
                        column.path("name").asText() + " " + column.path("kind").asText() + " "
                                + column.path("partition").asBoolean())
                .contains("n number false", "host text false", "ok boolean false", "l nested false", "t time false")
                .contains("hour number true", MARKUP + " text false");
    }

    @Test
    void profilesAColumn() {
        JsonNode host = profile("host", "?from=2026-11-20T00:00:00Z");
        assertThat(host.path("total").asInt()).isEqualTo(301);
        assertThat(host.path("nulls").asInt()).isEqualTo(31);
        assertThat(host.path("distinct").asInt()).isBetween(2, 4);
        assertThat(host.path("min").asText()).isEqualTo("host-0");
        assertThat(host.path("top")).hasSize(3);
        assertThat(host.path("histogram").isNull()).isTrue();
        JsonNode number = profile("n", "");
        assertThat(number.path("objects_read").asInt()).isEqualTo(2);
        assertThat(number.path("histogram")).hasSize(20);
        assertThat(number.at("/histogram/0/from").asInt()).isZero();
        int sum = 0;
        for (JsonNode bar : number.path("histogram")) {
            sum += bar.path("count").asInt();
        }
        assertThat(sum).isEqualTo(101);
        assertThat(profile("t", "").at("/histogram/0/from").asText()).isEqualTo("2026-11-20T02:00:00Z");
        assertThat(profile("l", "").path("min").isNull()).isTrue();
        assertThat(profile("ok", "").path("top")).hasSize(2);
        assertThat(profile("hour", "?from=all").at("/histogram/0/count").asInt())
                .isEqualTo(100);
        assertThat(profile(MARKUP, "").at("/top/0/value").asText()).isEqualTo("<i>");
    }

    @ParameterizedTest
    @CsvSource({
        "/api/v1/datasets/acme/events/columns/nosuch/profile, 404, dataset acme/events has no column nosuch in this range.",
        "/api/v1/datasets/acme/..%2F..%2Fx/overview, 400, tenant_id and dataset_id must be names of a tenant and a dataset.",
        "/api/v1/datasets/acme/events/overview?from=x, 400, 'from must be a time like 2026-11-20T14:00:00Z, or all.'",
        "/api/v1/datasets/acme/events/columns?to=x, 400, to must be a time like 2026-11-20T14:00:00Z.",
        "/api/v1/parquet-path?tenant_id=acme, 400, tenant_id and dataset_id are required"
    })
    void refusesWhatIsWrongInOneLine(String path, int status, String error) {
        Answer answer = api.get(path);
        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.error()).isEqualTo(error);
    }

    @Test
    void asksTheControlPlaneAndGoesOnWithoutATenantThatFails() throws Exception {
        try (ControlServer control = ControlServer.start()) {
            reply(control, "accounts/a%20b/tenants", """
                    {"items":[{"id":"acme","name":"Acme","active":true,"x":1},{"id":"gone","name":"Gone"}],"total":3}""");
            reply(control, "tenants/acme/datasets", """
                    {"items":[{"id":"d1","name":"Web","active":false,"testing":true}],"total":1}""");
            Map<String, String> settings = Map.of(
                    "control.url",
                    control.url().toString(),
                    "control.account-id",
                    "a b",
                    "control.api-key",
                    "key-1234");
            try (TestApi controlled = TestApi.over(settings)) {
                JsonNode answer = controlled.get("/api/v1/datasets").json();
                assertThat(answer.path("datasets")).hasSize(1);
                assertThat(answer.at("/datasets/0").toString()).isEqualTo("""
                        {"tenant_id":"acme","tenant_name":"Acme","dataset_id":"d1","name":"Web","parquet_path":"","testing":true,"active":false}""");
                assertThat(answer.path("notes"))
                        .extracting(JsonNode::asText)
                        .anyMatch(note -> note.equals("Tenants: the control plane gave 2 of 3."))
                        .anyMatch(note -> note.contains("datasets of tenant gone: 404"));
                assertThat(control.authorizations()).containsOnly("Bearer key-1234");
            }
        }
        try (TestApi unanswered = TestApi.over(Map.of(
                "control.url", "http://127.0.0.1:1", "control.account-id", "a", "control.api-key", "key-1234"))) {
            Answer answer = unanswered.get("/api/v1/datasets");
            assertThat(answer.status()).isEqualTo(502);
            assertThat(answer.error())
                    .startsWith("control plane http://127.0.0.1:1: no answer (")
                    .doesNotContain("\n", "key-1234");
        }
    }

    @Test
    void aLookThatTakesTooLongOrIsCancelledEndsInOneLine() throws Exception {
        ParquetLake heavy = ParquetLake.in(root.resolve("heavy"));
        heavy.object("year=2026/month=11/day=20/a.parquet", "SELECT range::VARCHAR AS text FROM range(20000000)");
        String profile = EVENTS + "/columns/text/profile?query_id=slow";
        try (TestApi impatient =
                        TestApi.over(Map.of("lake.root", "file:" + heavy.root(), "server.query-timeout-seconds", "1"));
                TestApi patient = TestApi.over(Map.of("lake.root", "file:" + heavy.root()))) {
            Answer late = impatient.get(profile);
            assertThat(late.status()).as(late.text()).isEqualTo(422);
            assertThat(late.error()).startsWith("The query took longer than 1 s and was stopped.");
            var answer = CompletableFuture.supplyAsync(() -> patient.get(profile));
            Await.until(
                    "it can be cancelled",
                    () -> patient.delete("/api/v1/queries/slow").status() == 204);
            assertThat(answer.get(10, TimeUnit.SECONDS).error()).isEqualTo("The query was cancelled.");
        }
    }

    private static void reply(ControlServer control, String path, String body) {
        String decoded = "/api/v1/" + path.replace("%20", " ");
        control.replyWhen(
                request -> request.path().split("\\?")[0].replace("%20", " ").equals(decoded),
                Reply.of(200, body).header("Content-Type", "application/json"));
    }

    private static JsonNode profile(String column, String range) {
        String name = URLEncoder.encode(column, StandardCharsets.UTF_8).replace("+", "%20");
        return json(EVENTS + "/columns/" + name + "/profile" + range);
    }

    private static JsonNode json(String path) {
        Answer answer = api.get(path);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer.json();
    }
}
