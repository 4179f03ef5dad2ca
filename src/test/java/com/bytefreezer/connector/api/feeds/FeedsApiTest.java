package com.bytefreezer.connector.api.feeds;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.TestApi;
import com.bytefreezer.connector.delivery.Routes;
import com.bytefreezer.connector.testing.TestTools;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the API tells of feeds and packs, in a process that receives and runs no exports. */
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
}
