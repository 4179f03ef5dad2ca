package com.bytefreezer.connector.api.feeds;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.TestApi;
import com.bytefreezer.connector.delivery.Routes;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.TestTools;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
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
    void aLakeThatCannotBeWrittenIsToldWithItsReason() throws Exception {
        api.close();
        api = TestApi.ingesting(routes, settings(Map.of("pack.timeout-seconds", "1")));
        Files.delete(folder.resolve("lake"));
        Files.writeString(folder.resolve("lake"), "no folder");
        send("auth", "{\"a\":1}\n");
        Await.until("a failed pack", () -> packs() == 1);
        JsonNode pack = api.get("packs").json().at("/packs/0");
        assertThat(pack.path("state").asText()).isEqualTo("failed");
        assertThat(api.get("feeds").json().at("/feeds/0/pack_problem").asText()).contains("acme/auth");
    }

    @Test
    void aSavedFeedHasNoSecretAndOpensAtTheNextStart() throws Exception {
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
        assertThat(states()).containsEntry("web", "changed");
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
