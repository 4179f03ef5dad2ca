package com.bytefreezer.connector.api.data;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.TestApi;
import com.bytefreezer.connector.TestApi.Answer;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.ControlServer;
import com.bytefreezer.connector.testing.LatencyProxy;
import com.bytefreezer.connector.testing.PackerKeys;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.SimulatedBucket;
import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("slow")
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
        api = TestApi.visited(Map.of("lake.root", "file:" + root));
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

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void namesTheTenantAndTheDatasetWithTheNewestPartitionFirst(boolean bucket) throws Exception {
        List<String> objects = Stream.of(
                        "a/early/data/parquet/year=2026/month=9/day=30/hour=23",
                        "a/late/data/parquet/year=2026/month=11/day=20/hour=5",
                        "a/undated/data/parquet/x",
                        "b/latest/data/parquet/year=2026/month=11/day=21",
                        "c/undated/data/parquet")
                .map(partition -> partition + "/a.parquet")
                .toList();
        Path lake = root.resolve("../newest-first").normalize();
        for (String object : objects) {
            Files.createDirectories(lake.resolve(object).getParent());
        }
        try (SimulatedBucket server = SimulatedBucket.start(objects, key -> Instant.EPOCH, new byte[1]);
                TestApi asked = TestApi.over(
                        bucket
                                ? Map.of(
                                        "s3.endpoint",
                                        server.endpoint().toString(),
                                        "s3.bucket",
                                        SimulatedBucket.NAME,
                                        "s3.access-key",
                                        "a",
                                        "s3.secret-key",
                                        "s")
                                : Map.of("lake.root", "file:" + lake))) {
            JsonNode answer = asked.get("/api/v1/datasets").json().path("datasets");
            assertThat(answer)
                    .extracting(dataset -> dataset.path("tenant_id").asText() + "/"
                            + dataset.path("dataset_id").asText() + " "
                            + dataset.at("/newest/from").asText())
                    .containsExactly(
                            "b/latest 2026-11-21T00:00:00Z",
                            "a/late 2026-11-20T05:00:00Z",
                            "a/early 2026-09-30T23:00:00Z",
                            "a/undated ",
                            "c/undated ");
            assertThat(answer.at("/1/newest/to").asText()).isEqualTo("2026-11-20T06:00:00Z");
            int requests = server.listings().size();
            asked.get("/api/v1/datasets");
            // Those that find the datasets come again: of the root, three tenants and five datasets.
            assertThat(server.listings()).hasSize(bucket ? requests + 1 + 3 + 5 : 0);
        }
    }

    @Test
    void doesNotWaitForNewestPartitionsOfManyDatasetsInSlowLakes() throws Exception {
        List<String> names = IntStream.range(0, 60).mapToObj("d%02d"::formatted).toList();
        List<String> objects = names.stream()
                .map("acme/%s/data/parquet/year=2026/month=11/day=20/hour=01/a.parquet"::formatted)
                .toList();
        try (SimulatedBucket server = SimulatedBucket.start(objects, key -> Instant.EPOCH, new byte[1]);
                LatencyProxy slow = LatencyProxy.start(server.endpoint(), Duration.ofMillis(150));
                ControlServer control = ControlServer.start()) {
            reply(control, "accounts/a/tenants", "{\"items\":[{\"id\":\"acme\"}]}");
            reply(
                    control,
                    "tenants/acme/datasets",
                    "{\"items\":[%s]}"
                            .formatted(names.stream()
                                    .map("{\"id\":\"%s\"}"::formatted)
                                    .collect(Collectors.joining(","))));
            try (TestApi asked = TestApi.over(Map.of(
                    "control.url", control.url().toString(),
                    "control.account-id", "a",
                    "control.api-key", "key-1234",
                    "s3.endpoint", slow.endpoint().toString(),
                    "s3.bucket", SimulatedBucket.NAME,
                    "s3.access-key", "a",
                    "s3.secret-key", "s"))) {
                List<Integer> known = new ArrayList<>();
                Await.until("all are known", () -> {
                    JsonNode answer = asked.get("/api/v1/datasets").json().path("datasets");
                    List<Boolean> dated = new ArrayList<>();
                    answer.forEach(dataset -> dated.add(dataset.path("newest").isObject()));
                    known.add(dated.lastIndexOf(true) + 1);
                    assertThat(dated).hasSize(names.size()).isSortedAccordingTo(Comparator.reverseOrder());
                    return !dated.contains(false);
                });
                assertThat(known).isSorted();
                assertThat(known.get(0)).isLessThan(names.size());
            }
        }
    }

    @Test
    void keepsTheDatasetsItKnowsWhileTheControlPlaneIsAway() throws Exception {
        try (ControlServer control = ControlServer.start()) {
            reply(control, "accounts/a/tenants", "{\"items\":[{\"id\":\"acme\"},{\"id\":\"beta\"}]}");
            reply(control, "tenants/acme/datasets", "{\"items\":[{\"id\":\"events\"}]}");
            reply(control, "tenants/beta/datasets", "{\"items\":[{\"id\":\"logs\"}]}");
            try (TestApi asked = TestApi.over(Map.of(
                    "control.url", control.url().toString(),
                    "control.account-id", "a",
                    "control.api-key", "key-1234"))) {
                JsonNode known = asked.get("/api/v1/datasets").json();
                assertThat(known.path("datasets")).hasSize(2);
                assertThat(known.path("stale").asBoolean()).isFalse();

                control.replyWhen(request -> request.path().contains("/beta/"), Reply.of(500, "broken"));
                JsonNode partly = asked.get("/api/v1/datasets").json();
                assertThat(partly.path("datasets")).isEqualTo(known.path("datasets"));
                assertThat(partly.path("stale").asBoolean()).isTrue();
                assertThat(partly.path("notes")).singleElement().satisfies(note -> assertThat(note.asText())
                        .contains("tenant beta: 500"));

                control.replyWhen(request -> true, Reply.of(503, "down"));
                JsonNode away = asked.get("/api/v1/datasets").json();
                assertThat(away.path("datasets")).isEqualTo(known.path("datasets"));
                assertThat(away.path("stale").asBoolean()).isTrue();
                assertThat(away.path("notes")).singleElement().satisfies(note -> assertThat(note.asText())
                        .contains("503", "These are the datasets of its last answer.")
                        .doesNotContain("\n"));

                reply(control, "accounts/a/tenants", "{\"items\":[{\"id\":\"acme\"}]}");
                reply(control, "tenants/acme/datasets", "{\"items\":[{\"id\":\"events\"}]}");
                JsonNode back = asked.get("/api/v1/datasets").json();
                assertThat(back.path("datasets")).hasSize(1);
                assertThat(back.path("stale").asBoolean()).isFalse();
            }
        }
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
        assertThat(json(EVENTS + "/overview?records=false").path("records").isNull())
                .isTrue();
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
    void saysInHowManyObjectsAColumnHasWhichType() {
        JsonNode columns = json(EVENTS + "/columns?from=all").path("columns");
        assertThat(columns)
                .filteredOn(column -> column.path("name").asText().equals("n"))
                .allSatisfy(column -> assertThat(column.path("seen"))
                        .extracting(JsonNode::toString)
                        .containsExactly("{\"type\":\"BIGINT\",\"objects\":3}", "{\"type\":\"INTEGER\",\"objects\":1}"))
                .hasSize(1);
        assertThat(columns)
                .filteredOn(column -> column.path("name").asText().equals("host"))
                .allSatisfy(column -> assertThat(column.path("seen")).isEmpty())
                .hasSize(1);
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
        "/api/v1/datasets/acme/events/overview?records=yes, 400, records must be true or false.",
        "/api/v1/datasets/acme/events/overview?from=x, 400, 'from must be a time like 2026-11-20T14:00:00Z, or all.'",
        "/api/v1/datasets/acme/events/columns?to=x, 400, to must be a time like 2026-11-20T14:00:00Z.",
        "/api/v1/parquet-path?tenant_id=acme, 400, tenant_id and dataset_id are required"
    })
    void refusesWhatIsWrongInOneLine(String path, int status, String error) {
        Answer answer = api.get(path);
        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.error()).isEqualTo(error);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aLoginPageInsteadOfTheControlPlaneIsOneLine(boolean ofDatasets) throws Exception {
        Reply page = Reply.of(200, "<!DOCTYPE html>\n<html>Sign in</html>").header("Content-Type", "text/html");
        try (ControlServer control = ControlServer.start()) {
            control.reply(page);
            if (ofDatasets) {
                reply(control, "accounts/a/tenants", "{\"items\":[{\"id\":\"acme\"}]}");
            }
            Map<String, String> settings = Map.of(
                    "control.url", control.url().toString(), "control.account-id", "a", "control.api-key", "key-1234");
            try (TestApi controlled = TestApi.over(settings)) {
                Answer answer = controlled.get("/api/v1/datasets");
                String said = ofDatasets ? answer.json().path("notes").path(0).asText() : answer.error();
                assertThat(said)
                        .contains(ofDatasets ? "datasets of tenant acme" : "tenants of account a")
                        .endsWith("the answer is not JSON. Check control.url.")
                        .doesNotContain("\n");
            }
        }
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
                        {"tenant_id":"acme","tenant_name":"Acme","dataset_id":"d1","name":"Web","parquet_path":"","testing":true,"active":false,"newest":null}""");
                assertThat(answer.path("notes"))
                        .extracting(JsonNode::asText)
                        .anyMatch(note -> note.equals("Tenants: the control plane returned 2 of 3."))
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
    void aLookThatIsTooLongOrCancelledEndsInOneLine() throws Exception {
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
            assertThat(answer.get(1, TimeUnit.MINUTES).error()).isEqualTo("The query was cancelled.");
        }
    }

    /** Two hundred pages of a listing, each of which takes a while. */
    @ParameterizedTest
    @CsvSource({"overview, 422", "columns, 422"})
    void aLookAtAVastDatasetEndsInTimeOrWhenCancelled(String look, int status) throws Exception {
        List<String> objects = new PackerKeys(200_000, Duration.ofSeconds(86), Instant.parse("2026-11-21T08:59:00Z"));
        try (SimulatedBucket server = SimulatedBucket.start(objects, PackerKeys::time, new byte[1]);
                LatencyProxy slow = LatencyProxy.start(server.endpoint(), Duration.ofMillis(200))) {
            Map<String, String> lake = Map.of(
                    "s3.endpoint", slow.endpoint().toString(),
                    "s3.bucket", SimulatedBucket.NAME,
                    "s3.access-key", "a",
                    "s3.secret-key", "s",
                    "server.max-queries", "1");
            String path = "/api/v1/datasets/acme/events/" + look + "?query_id=slow";
            try (TestApi patient = TestApi.over(lake)) {
                var answer = CompletableFuture.supplyAsync(() -> patient.get(path));
                Await.until(
                        "it can be cancelled",
                        () -> patient.delete("/api/v1/queries/slow").status() == 204);
                Answer ended = answer.get(1, TimeUnit.MINUTES);
                assertThat(ended.error()).isEqualTo("The query was cancelled.");
                assertThat(ended.status()).isEqualTo(status);
            }
            Map<String, String> hasty = new TreeMap<>(lake);
            hasty.put("server.query-timeout-seconds", "1");
            try (TestApi impatient = TestApi.over(hasty)) {
                Answer late = impatient.get(path);
                assertThat(late.error()).startsWith("The query took longer than 1 s and was stopped.");
                assertThat(late.status()).isEqualTo(status);
                assertThat(server.listings()).hasSizeLessThan(100);
            }
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
