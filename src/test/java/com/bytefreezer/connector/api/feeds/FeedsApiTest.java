package com.bytefreezer.connector.api.feeds;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.bytefreezer.connector.TestApi;
import com.bytefreezer.connector.delivery.Routes;
import com.bytefreezer.connector.kit.ScriptedServer;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.ControlServer;
import com.bytefreezer.connector.testing.MinioServer;
import com.bytefreezer.connector.testing.S3Server;
import com.bytefreezer.connector.testing.TestTools;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the API tells of feeds and packs, in a process that receives and runs no exports. */
@Tag("slow")
class FeedsApiTest {
    @TempDir
    private Path folder;

    private Path routes;
    private final int port = TestTools.freePort();
    private TestApi api;

    @BeforeEach
    void start() throws Exception {
        routes = Routes.copyTo(folder.resolve("routes"));
        api = TestApi.ingesting(routes, settings(Map.of()));
    }

    private Map<String, String> settings(Map<String, String> more) {
        Map<String, String> all = new TreeMap<>(Map.of(
                "lake.root",
                "file:" + folder.resolve("lake"),
                "data.folder",
                folder.toString(),
                "feeds.http-port",
                String.valueOf(port),
                "feeds.default.enabled",
                "true",
                "pack.timeout-seconds",
                "3600"));
        all.putAll(more);
        return all;
    }

    @AfterEach
    void stop() {
        api.close();
    }

    private void send(String dataset, String body) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d/acme/%s".formatted(port, dataset)))
                .POST(BodyPublishers.ofString(body))
                .build();
        assertThat(HttpClient.newHttpClient()
                        .send(request, BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void aProcessWithoutExportsHasMetricsAndHealth() throws Exception {
        send("auth", "{\"a\":1}\n{\"a\":2}\nno JSON\n");
        assertThat(api.get("/metrics").text())
                .contains("feed_events_received_total{dataset=\"auth\",tenant=\"acme\"} 3.0")
                .contains("feed_events_rejected_total{dataset=\"auth\",tenant=\"acme\"} 1.0");
        assertThat(api.get("ready").status()).isEqualTo(200);
        assertThat(api.get("feeds").json().at("/feeds/0/received").asInt()).isEqualTo(3);
    }

    @Test
    void thePageKnowsTheRateTheNewestEventsAndTheLastPack() throws Exception {
        send("auth", "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n");
        JsonNode first = api.get("feeds/acme/auth/events").json();
        assertThat(first.path("events")).hasSize(3);
        assertThat(first.at("/events/2/text").asText()).endsWith(",\"a\":3}");
        String after = first.path("after").asText();
        assertThat(api.get("feeds/acme/auth/events?after=" + after).json().path("events"))
                .isEmpty();
        send("auth", "{\"a\":\"<b>\",\"b\":1}\n");
        JsonNode next = api.get("feeds/acme/auth/events?after=" + after).json();
        assertThat(next.path("events")).hasSize(1);
        assertThat(next.path("skipped").asBoolean()).isFalse();
        JsonNode dataset = api.get("feeds").json().at("/feeds/0");
        assertThat(dataset.path("events_per_second").asDouble()).isGreaterThan(0);
        assertThat(dataset.has("last_pack")).isFalse();
        assertThat(api.get("feeds/acme/other/events").json().path("events")).isEmpty();
        assertThat(api.get("feeds/acme/a%2Fb/events").status()).isGreaterThanOrEqualTo(400);
    }

    @Test
    void aPackShowsItsObjectAndWhatItChangedInTheColumns() throws Exception {
        api.close();
        api = TestApi.ingesting(routes, settings(Map.of("pack.timeout-seconds", "1")));
        send("auth", "{\"a\":1}\n");
        Await.until("a pack", () -> packs() == 1);
        assertThat(api.get("packs").json().at("/packs/0/added")).isEmpty();
        send("auth", "{\"a\":\"x\",\"b\":1}\n");
        Await.until("another pack", () -> packs() == 2);
        JsonNode pack = api.get("packs").json().at("/packs/0");
        assertThat(pack.path("state").asText()).isEqualTo("packed");
        assertThat(pack.path("object").asText()).endsWith(".parquet");
        assertThat(pack.at("/added/0").asText()).isEqualTo("b");
        assertThat(pack.at("/widened/0").asText()).isEqualTo("a");
        JsonNode dataset = api.get("feeds").json().at("/feeds/0");
        assertThat(dataset.path("columns_added").asInt()).isOne();
        assertThat(dataset.path("columns_widened").asInt()).isOne();
        assertThat(dataset.at("/last_pack/object")).isEqualTo(pack.path("object"));
    }

    private int packs() {
        return api.get("packs").json().path("packs").size();
    }

    @Test
    void objectsOfABucketAreSeenAsTheyWaitAndAsPacks() throws Exception {
        api.close();
        try (MinioServer minio = S3Server.minio()) {
            Map<String, String> bucket = Map.of(
                    "s3source.bucket", "piper",
                    "s3source.endpoint", minio.endpoint().toString(),
                    "s3source.access-key", minio.accessKey(),
                    "s3source.secret-key", minio.secretKey());
            api = TestApi.ingesting(routes, settings(bucket));
            Await.until(
                    "it tells of the bucket",
                    () -> api.get("feeds").text("/source_problem").contains("piper"));
            minio.createBucket("piper");
            minio.put("piper", "acme/web/a.ndjson", "{\"n\":1}\nno JSON\n".getBytes(UTF_8));
            Await.until("it waits", () -> source("waiting_objects").equals("1"));
            assertThat(packs()).isZero();
            Await.until(
                    "it works",
                    () -> api.get("feeds").json().path("source_problem").isNull());
            Map<String, Object> sql = Map.of("sql", "SELECT * FROM incoming WHERE n > 1");
            JsonNode tried = api.post("feeds/acme/web/try", sql).json();
            assertThat(count(tried, "dropped")).isOne();
            assertThat(tried.path("source_object").asText()).isEqualTo("a.ndjson");
            assertThat(api.post("feeds/acme/other/try", sql).error()).contains("acme/other", "source bucket");
            api.close();
            Map<String, String> soon = new TreeMap<>(bucket);
            soon.put("pack.timeout-seconds", "1");
            api = TestApi.ingesting(routes, settings(soon));
            Await.until("a pack", () -> packs() == 1);
            JsonNode pack = api.get("packs").json().at("/packs/0");
            assertThat(List.of(count(pack, "source_objects"), count(pack, "events"), count(pack, "dead_letters")))
                    .containsExactly(1, 1, 1);
            assertThat(source("source_objects") + source("packed") + source("dropped") + source("dead_letters"))
                    .isEqualTo("1101");
            String metrics = api.get("/metrics").text();
            assertThat(metrics)
                    .contains("source_events_packed_total{dataset=\"web\",tenant=\"acme\"} 1.0")
                    .contains("feed_pack_failing{dataset=\"web\",tenant=\"acme\"} 0.0")
                    .contains("pack_columns_widened_total{dataset=\"web\",tenant=\"acme\"} 0.0");
            minio.put("piper", "acme/web/b.ndjson", "{\"n\":\"x\"}\n".getBytes(UTF_8));
            Await.until("a pack that widens a column", () -> packs() == 2);
            assertThat(api.get("/metrics").text())
                    .contains("pack_columns_widened_total{dataset=\"web\",tenant=\"acme\"} 1.0");
            String page = Files.readString(TestTools.projectDirectory().resolve("docs/metrics.md"));
            assertThat(sourceMetrics(page)).isNotEmpty().isEqualTo(sourceMetrics(metrics));
        }
    }

    private static Set<String> sourceMetrics(String text) {
        return Pattern.compile("bytefreezer_connector_source_[a-z_]+")
                .matcher(text)
                .results()
                .map(MatchResult::group)
                .collect(Collectors.toSet());
    }

    private String source(String name) {
        return api.get("feeds").text("/sources/0/" + name);
    }

    @Test
    void peopleAndTheControlPlaneHearOfALakeThatFails() throws Exception {
        api.close();
        try (ControlServer control = ControlServer.start();
                ScriptedServer people = ScriptedServer.start()) {
            control.accept();
            api = TestApi.ingesting(
                    routes,
                    settings(Map.of(
                            "pack.timeout-seconds", "1",
                            "control.url", control.url().toString(),
                            "control.api-key", "the-api-key",
                            "control.account-id", "account-1",
                            "health-reporting.enabled", "true",
                            "health-reporting.report-interval", "1",
                            "notifications.type", "webhook",
                            "notifications.webhook.url", people.url().toString())));
            Await.until(
                    "both are healthy",
                    () -> report(control, "receiver").equals("healthy")
                            && report(control, "packer").equals("healthy"));
            Files.delete(folder.resolve("lake"));
            Files.writeString(folder.resolve("lake"), "no folder");
            send("auth", "{\"a\":1}\n");
            Await.until("a failed pack", () -> packs() == 1);
            JsonNode pack = api.get("packs").json().at("/packs/0");
            assertThat(pack.path("state").asText()).isEqualTo("failed");
            assertThat(api.get("feeds").json().at("/feeds/0/pack_problem").asText())
                    .contains("acme/auth");
            Await.until("people hear of it", () -> !people.requests().isEmpty());
            assertThat(people.requests().get(0).text())
                    .startsWith("{\"dataset\":\"acme/auth\",\"condition\":\"failing\",\"state\":\"begun\"")
                    .contains("dataset acme/auth cannot be packed: 1 events are not in the lake");
            Await.until("a bad report", () -> report(control, "packer").equals("degraded"));
            assertThat(report(control, "receiver")).isEqualTo("healthy");
            assertThat(last(control, "packer").at("/metrics/reason").asText())
                    .startsWith("dataset acme/auth cannot be packed: ");
            assertThat(last(control, "receiver").at("/metrics/events_received").asInt())
                    .isOne();
            Files.delete(folder.resolve("lake"));
            Await.until("its end", () -> people.requests().size() == 2);
            assertThat(people.requests().get(1).text()).contains("\"over\"", "dataset acme/auth is packed again.");
            Await.until("a good report", () -> report(control, "packer").equals("healthy"));
            assertThat(control.calls("register").stream()
                            .map(call -> call.path("service_type").asText()))
                    .containsExactlyInAnyOrder("bytefreezer-connector", "bytefreezer-receiver", "bytefreezer-packer");
            api.close();
            assertThat(control.requests().stream().filter(call -> call.method().equals("DELETE")))
                    .hasSize(3);
        }
    }

    private static String report(ControlServer control, String role) {
        return last(control, role).path("status").asText();
    }

    private static JsonNode last(ControlServer control, String role) {
        return control.calls("report").stream()
                .filter(call -> call.path("service_name").asText().equals("bytefreezer-" + role))
                .reduce(MissingNode.getInstance(), (one, next) -> next);
    }

    @Test
    void aSavedFeedHasNoSecretAndOpensWithItsToken() throws Exception {
        Map<String, Object> wanted = feed("web", Map.of("token", "yes"));
        JsonNode draft = api.post("feeds/draft", wanted).json();
        assertThat(draft.path("errors")).isEmpty();
        assertThat(draft.path("yaml").asText()).contains("{{feeds.web.token}}");
        assertThat(draft.path("settings").asText()).isEqualTo("feeds.web.token=***");
        assertThat(draft.path("test").asText())
                .isEqualTo(
                        "curl -H \"Authorization: Bearer $TOKEN\" --data-binary '{\"message\":\"a test of the feed\"}' http://127.0.0.1:%d/acme/web"
                                .formatted(port));
        assertThat(api.post("feeds", wanted).status()).isEqualTo(201);
        assertThat(api.post("feeds", wanted).status()).isEqualTo(409);
        assertThat(states()).containsEntry("web", "wrong").containsEntry("default", "listening");
        api.close();
        api = TestApi.ingesting(routes, settings(Map.of("feeds.web.token", "a-token-of-the-web-servers")));
        assertThat(states()).containsEntry("web", "listening").containsEntry("syslog", "closed");
        assertThat(api.get("feeds").text()).doesNotContain("a-token-of-the-web");
        Files.delete(routes.resolve("feeds/web.camel.yaml"));
        Await.until("it is closed", () -> !states().containsKey("web"));
    }

    @Test
    void aFeedOpensChangesAndClosesWithoutARestart() throws Exception {
        api.close();
        api = TestApi.ingesting(routes, settings(Map.of("pack.timeout-seconds", "1")));
        int first = TestTools.freePort();
        int second = TestTools.freePort();
        lines(first, "acme");
        Await.until("it listens", () -> "listening".equals(states().get("lines")));
        line(first);
        Await.until("its line is packed", () -> packs() == 1);
        lines(second, "acme");
        Await.until("it listens elsewhere", () -> isOpen(second) && !isOpen(first));
        line(second);
        Await.until("its other line is packed", () -> packs() == 2);

        // What is wrong, or cannot be opened, leaves it as it was.
        lines(first, "*");
        Await.until("it is wrong", () -> "wrong".equals(states().get("lines")));
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            lines(taken.getLocalPort(), "acme");
            Await.until("its port is taken", () -> problem("lines").contains("" + taken.getLocalPort()));
            line(second);
            Await.until("it goes on", () -> packs() == 3);
        }
        line(second);
        Files.delete(routes.resolve("feeds/lines.camel.yaml"));
        Await.until("it is closed", () -> !states().containsKey("lines") && !isOpen(second));
        Await.until(
                "all is packed", () -> api.get("feeds").text("/feeds/0/packed").equals("4"));
    }

    @Test
    void thePortOfHttpIsOpenWhileAFeedNeedsIt() throws Exception {
        Path file = routes.resolve("feeds/default.camel.yaml");
        String described = Files.readString(file);
        Files.writeString(file, described.replace("{{feeds.default.enabled:false}}", "false"));
        Await.until("the port is closed", () -> !isOpen(port));
        assertThat(states()).containsEntry("default", "closed");
        Files.writeString(file, described);
        Await.until("the port is open", () -> isOpen(port) && "listening".equals(states().get("default")));
        send("auth", "{}\n");
    }

    private void lines(int at, String tenant) throws IOException {
        Path file = routes.resolve("feeds/lines.camel.yaml");
        // As a whole, as the page does.
        Path part = routes.resolve("lines.part");
        Files.writeString(part, """
                - templatedRoute:
                    routeTemplateRef: feed
                    routeId: feed-lines
                    parameters:
                      - {name: name, value: lines}
                      - {name: input, value: tcp}
                      - {name: tenant, value: "%s"}
                      - {name: dataset, value: lines}
                      - {name: port, value: "%d"}
                """.formatted(tenant, at));
        Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
    }

    private static void line(int at) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), at)) {
            socket.getOutputStream().write("a line\n".getBytes(UTF_8));
        }
    }

    private static boolean isOpen(int at) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), at)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    private String problem(String name) {
        for (JsonNode feed : api.get("feeds").json().path("files")) {
            if (feed.path("name").asText().equals(name)) {
                return feed.path("problem").asText();
            }
        }
        return "";
    }

    @Test
    void sqlIsTriedOnTheNewestEventsAndEachIsCounted() throws Exception {
        send("auth", """
                {"level":"debug","n":"1"}
                {"level":"info","n":"2","tags":["a","b"]}
                {"level":"info","n":"three"}
                {"level":"error","n":"4"}
                """);
        JsonNode tried = attempt("SELECT level, n::INTEGER AS n, owner FROM incoming WHERE level <> 'debug'")
                .json();
        assertThat(List.of(
                        count(tried, "events"), count(tried, "kept"), count(tried, "dropped"), count(tried, "failed")))
                .containsExactly(4, 2, 1, 1);
        assertThat(tried.at("/outcomes/0/rows")).isEmpty();
        assertThat(tried.at("/outcomes/1/rows/0/text").asText())
                .matches("\\{\"BfTs\":\\d+,\"level\":\"info\",\"n\":2\\}");
        assertThat(tried.at("/outcomes/2/reason").asText()).contains("three");
        assertThat(tried.at("/outcomes/3/event/text").asText()).contains("\"n\":\"4\"");
        assertThat(tried.at("/missing/0").asText()).isEqualTo("owner");
        JsonNode unnested =
                attempt("SELECT level, unnest(tags) AS tag FROM incoming").json();
        assertThat(unnested.at("/outcomes/1/rows")).hasSize(2);
        assertThat(count(unnested, "kept")).isOne();
        assertThat(attempt("SELECT count(*) FROM incoming").status()).isEqualTo(400);
        assertThat(attempt("SELECT * FROM read_csv('/etc/passwd')").status()).isEqualTo(400);
        assertThat(attempt("SELECT * FROM incoming, nobody").error()).contains("nobody");
        assertThat(attempt("SELEC").error()).contains("SQL");
        assertThat(api.post("feeds/acme/other/try", Map.of("sql", "SELECT * FROM incoming"))
                        .status())
                .isEqualTo(409);
        assertThat(count(api.get("feeds").json().at("/feeds/0"), "spooled")).isEqualTo(4);
    }

    private TestApi.Answer attempt(String sql) {
        return api.post("feeds/acme/auth/try", Map.of("sql", sql));
    }

    private static int count(JsonNode of, String name) {
        return of.path(name).asInt(-1);
    }

    @Test
    void savedSqlIsFollowedByTheNextPack() throws Exception {
        api.close();
        api = TestApi.ingesting(routes, settings(Map.of("pack.timeout-seconds", "1")));
        String sql = "SELECT * FROM incoming WHERE level IS DISTINCT FROM 'debug'";
        String address = "feeds/acme/auth/sql";
        assertThat(api.get(address).text("/sql")).isEqualTo("SELECT * FROM incoming");
        Map<String, Object> wanted = new TreeMap<>(Map.of("sql", sql, "name", "no-debug"));
        JsonNode draft = api.post(address + "/draft", wanted).json();
        assertThat(draft.path("yaml").asText()).contains("dataset", "auth", sql);
        assertThat(api.post(address, wanted).error()).contains("confirm");
        assertThat(routes.resolve("packs/no-debug.camel.yaml")).doesNotExist();
        wanted.put("confirm", "no-debug");
        assertThat(api.post(address, wanted).status()).isEqualTo(200);
        send("auth", "{\"level\":\"debug\"}\n{\"level\":\"info\"}\n");
        Await.until("a pack", () -> packs() == 1);
        JsonNode pack = api.get("packs").json().at("/packs/0");
        assertThat(List.of(count(pack, "events"), count(pack, "dropped"))).containsExactly(1, 1);
        assertThat(count(api.get("feeds").json().at("/feeds/0"), "dropped")).isOne();
        assertThat(api.get("/metrics").text())
                .contains("feed_events_dropped_total{dataset=\"auth\",tenant=\"acme\"} 1.0");

        JsonNode present = api.get(address).json();
        assertThat(present.path("name").asText()).isEqualTo("no-debug");
        wanted.put("sql", "SELECT *, 1 AS one FROM incoming");
        assertThat(api.post(address, wanted).status()).isEqualTo(409);
        JsonNode change = api.post(address + "/draft", wanted).json();
        assertThat(change.path("before").asText()).contains("debug");
        wanted.put("version", change.path("version").asText());
        assertThat(api.post(address, wanted).status()).isEqualTo(200);
        assertThat(api.get(address).text("/sql")).contains("one");
    }

    @Test
    void whereItsFolderIsReadOnlySqlIsShownAndNotSaved() throws Exception {
        Path packs = Files.createDirectory(routes.resolve("packs"));
        assumeTrue(TestTools.run("mount", "--bind", packs.toString(), packs.toString()), "mount needs root");
        try {
            assertThat(TestTools.run("mount", "-o", "remount,bind,ro", packs.toString()))
                    .isTrue();
            Map<String, Object> wanted =
                    Map.of("sql", "SELECT * FROM incoming", "name", "no-debug", "confirm", "no-debug");
            JsonNode draft = api.post("feeds/acme/auth/sql/draft", wanted).json();
            assertThat(draft.path("read_only").asText()).isEqualTo("this process cannot write to its folder");
            assertThat(draft.path("yaml").asText()).contains("SELECT * FROM incoming");
            TestApi.Answer answer = api.post("feeds/acme/auth/sql", wanted);
            assertThat(answer.status()).isEqualTo(403);
            assertThat(answer.error()).contains("no-debug.camel.yaml", "cannot write to its folder");
            assertThat(packs).isEmptyDirectory();
        } finally {
            TestTools.run("umount", packs.toString());
        }
    }

    @Test
    void sqlThatIsWrongOrHasNoPlaceIsNotSaved() throws Exception {
        String address = "feeds/acme/auth/sql";
        for (String sql : List.of("", "SELECT 1", "SELECT * FROM events", "SELECT * FROM incoming LIMIT 1")) {
            Map<String, String> wrong = Map.of("sql", sql, "name", "x", "confirm", "x");
            assertThat(api.post(address + "/draft", wrong).json().path("errors"))
                    .isNotEmpty();
            assertThat(api.post(address, wrong).status()).isEqualTo(400);
        }
        Map<String, String> right = Map.of("sql", "SELECT * FROM incoming", "name", "../x", "confirm", "../x");
        assertThat(api.post(address, right).error()).contains("name: use only a-z");
        assertThat(api.post("feeds/acme/a*/sql", right).status()).isEqualTo(400);
        assertThat(routes.resolve("packs")).doesNotExist();
        Files.createDirectories(routes.resolve("packs"));
        Files.writeString(routes.resolve("packs/a.camel.yaml"), "- route: {id: x}\n");
        assertThat(api.get(address).error()).contains("describes no pack");
    }

    @Test
    void aFeedThatWouldBeWrongIsNotWritten() {
        for (String name : List.of("../x", "x\u0000", "\u00af", "")) {
            assertThat(errors(feed(name, Map.of()))).contains("name: use only a-z");
        }
        assertThat(errors(feed("default", Map.of()))).contains("There is a feed default already");
        assertThat(errors(feed("web", Map.of("prot", "1")))).contains("prot is not a parameter");
        Map<String, Object> placed = feed("web", Map.of());
        placed.put("dataset_id", "{{server.token}}");
        assertThat(errors(placed)).contains("stands for the value of a setting");
        Map<String, Object> syslog = feed("fire", Map.of("port", "no port"));
        syslog.put("input", "syslog");
        assertThat(errors(syslog)).contains("port");
        assertThat(routes.resolve("feeds").toFile().list()).hasSize(2);
    }

    private String errors(Map<String, Object> feed) {
        assertThat(api.post("feeds", feed).status()).isBetween(400, 409);
        JsonNode draft = api.post("feeds/draft", feed).json();
        assertThat(draft.path("test").asText()).isEmpty();
        return draft.path("errors").toString();
    }

    private static Map<String, Object> feed(String name, Map<String, String> parameters) {
        return new TreeMap<>(Map.of(
                "name", name, "input", "http", "tenant_id", "acme", "dataset_id", "web", "parameters", parameters));
    }

    private Map<String, String> states() {
        Map<String, String> all = new TreeMap<>();
        api.get("feeds")
                .json()
                .path("files")
                .forEach(file ->
                        all.put(file.path("name").asText(), file.path("state").asText()));
        return all;
    }
}
