package com.bytefreezer.connector.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.app.Connector;
import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.cursor.Cursor;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.TestTools;
import com.bytefreezer.connector.testing.WebhookServer;
import com.bytefreezer.connector.text.Secrets;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code GET /metrics} of a watch, and that the page, the dashboard and the alerts speak of metrics there are. */
@Tag("slow")
class MetricsTest {
    private static final String LANE = "{destination=\"webhook\",export=\"default\"}";
    private static final Pattern OURS = Pattern.compile("bytefreezer_connector_[a-z_]+");
    private static final Pattern ANY = Pattern.compile("\\b(?:bytefreezer_connector|jvm|process|system)_[a-z_]+");

    @TempDir
    private Path folder;

    private final int port = TestTools.freePort();
    private final WebhookServer sink = WebhookServer.start();
    private ParquetLake lake;

    @BeforeEach
    void fillLake() {
        lake = ParquetLake.in(folder.resolve("lake"));
        lake.numbers("year=2026/month=11/day=20/a.parquet", 0, 10);
        lake.numbers("year=2026/month=11/day=21/b.parquet", 10, 10);
    }

    @AfterEach
    void close() {
        sink.close();
    }

    @Test
    void whatWasDeliveredIsCounted() throws Exception {
        try (Connector connector = watch(Map.of())) {
            Await.until("the export", () -> value("objects_total") == 2);
            assertThat(value("records_selected_total")).isEqualTo(20);
            assertThat(value("records_accepted_total")).isEqualTo(20);
            assertThat(value("records_duplicate_total")).isZero();
            assertThat(value("records_rejected_total")).isZero();
            assertThat(value("batches_total")).isEqualTo(2);
            // {"n":0} and its line break, and so on.
            assertThat(value("bytes_total")).isEqualTo(10 * 8 + 10 * 9);
            assertThat(value("batches_in_flight")).isZero();
            Await.until("the end of the run", () -> value("last_success_timestamp_seconds") > 1.7e9);
            assertThat(value("lag_seconds")).isZero();
            assertThat(value("objects_outstanding")).isZero();
            assertThat(value("failing")).isZero();
            assertThat(value("dead_letters")).isZero();
            assertThat(scrape()).contains("jvm_memory_used_bytes{", "bytefreezer_connector_info{version=\"0.");
            assertThat(connector).isNotNull();
        }
    }

    @Test
    void whatCannotBeDeliveredShowsAsRetriesLagAndInFlight() throws Exception {
        sink.reply(Reply.of(503));
        try (Connector connector = watch(Map.of("delivery.max-retries", "3"))) {
            Await.until(
                    "the retries",
                    () -> value("retries_total", "{code=\"503\",destination=\"webhook\",export=\"default\"}") >= 3);
            Await.until("the failure", () -> value("failing") == 1);
            assertThat(value("records_accepted_total")).isZero();
            Await.until("both objects", () -> value("objects_outstanding") == 2);
            Await.until("lag", () -> value("lag_seconds") >= 1);

            sink.reply(Reply.of(200).after(Duration.ofSeconds(2)));
            Await.until("batches in flight", () -> value("batches_in_flight") >= 1);
            assertThat(value("duckdb_memory_bytes")).isGreaterThanOrEqualTo(0);
            sink.reply(Reply.of(200));
            Await.until("the delivery", () -> value("failing") == 0);
            Await.until("no lag", () -> value("lag_seconds") == 0);
            Await.until("no batch in flight", () -> value("batches_in_flight") == 0);
            assertThat(connector).isNotNull();
        }
    }

    @Test
    void aRefusedRecordIsCountedAsRejected() throws Exception {
        sink.replyWhen(request -> request.text().contains("\"n\":7}"), Reply.of(400));
        try (Connector connector = watch(Map.of())) {
            Await.until("the export", () -> value("objects_total") == 2);
            assertThat(value("records_accepted_total")).isEqualTo(19);
            assertThat(value("records_rejected_total")).isEqualTo(1);
            Await.until("the dead letter", () -> value("dead_letters") == 1);
            assertThat(connector).isNotNull();
        }
    }

    @Test
    void itNeedsTheTokenThatTheApiNeeds() throws Exception {
        try (Connector connector = watch(Map.of("server.token", "a-token-of-a-test"))) {
            assertThat(get(null).statusCode()).isEqualTo(401);
            assertThat(get("a-token-of-a-test").statusCode()).isEqualTo(200);
            assertThat(get("a-token-of-a-test").headers().firstValue("Content-Type"))
                    .hasValue("text/plain; version=0.0.4; charset=utf-8");
            assertThat(connector).isNotNull();
        }
    }

    @Test
    void thePageNamesExactlyTheMetricsThereAre() throws Exception {
        Set<String> named = names(OURS, Files.readString(docs("metrics.md")));
        // FeedsApiTest has a bucket.
        named.removeIf(name -> name.startsWith("bytefreezer_connector_source_"));
        assertThat(named).isEqualTo(names(OURS, everything()));
    }

    @Test
    void theDashboardAndTheAlertsUseMetricsThereAre() throws Exception {
        Path deploy = TestTools.projectDirectory().resolve("deploy");
        Set<String> there = names(ANY, everything());
        JsonNode dashboard = new ObjectMapper()
                .readTree(deploy.resolve("grafana/dashboard.json").toFile());
        List<String> expressions = dashboard.findValuesAsText("expr");
        assertThat(expressions).hasSizeGreaterThan(5);
        Set<String> shown = names(ANY, String.join("\n", expressions));
        // FeedsApiTest has a bucket.
        shown.removeIf(name -> name.startsWith("bytefreezer_connector_source_"));
        assertThat(shown).isNotEmpty().isSubsetOf(there);
        assertThat(shown)
                .containsAll(there.stream()
                        .filter(name -> name.matches("bytefreezer_connector_(feed|spool)_.*"))
                        .toList());

        JsonNode alerts = new YAMLMapper()
                .readTree(deploy.resolve("prometheus/alerts.yaml").toFile());
        Set<String> watched = names(ANY, String.join("\n", alerts.findValuesAsText("expr")));
        watched.removeIf(name -> name.startsWith("bytefreezer_connector_source_"));
        assertThat(watched).isNotEmpty().isSubsetOf(there);
        for (JsonNode rule : alerts.at("/groups/0/rules")) {
            assertThat(rule.path("alert").asText()).matches("[A-Z][A-Za-z]+");
            assertThat(rule.at("/annotations/summary").asText()).isNotBlank();
            assertThat(rule.at("/annotations/description").asText()).isNotBlank();
        }
    }

    /** All metrics, once each has had an occasion. */
    private String everything() throws Exception {
        sink.replyNext(1, Reply.of(503));
        int feeds = TestTools.freePort();
        Map<String, String> feed = Map.of(
                "feeds.default.enabled",
                "true",
                "feeds.http-port",
                "" + feeds,
                "feeds.dead-letters-folder",
                folder.resolve("feed-dead-letters").toString(),
                "spool.folder",
                folder.resolve("spool").toString());
        try (Connector connector = watch(feed)) {
            Await.until("the export", () -> value("objects_total") == 2);
            Await.until("the end of the run", () -> value("last_success_timestamp_seconds") > 0);
            HttpRequest event = HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d/acme/auth".formatted(feeds)))
                    .POST(BodyPublishers.ofString("{}\nno JSON"))
                    .build();
            assertThat(HttpClient.newHttpClient()
                            .send(event, BodyHandlers.ofString())
                            .statusCode())
                    .isEqualTo(200);
            String labels = "{dataset=\"auth\",tenant=\"acme\"}";
            assertThat(value("feed_events_received_total", labels)).isEqualTo(2);
            assertThat(value("feed_events_rejected_total", labels)).isEqualTo(1);
            assertThat(value("feed_spool_events", labels)).isEqualTo(1);
            assertThat(value("feed_last_event_timestamp_seconds", labels)).isGreaterThan(1.7e9);
            assertThat(connector).isNotNull();
            return scrape().lines().filter(line -> !line.startsWith("#")).collect(Collectors.joining("\n"));
        }
    }

    private static Path docs(String page) {
        return TestTools.projectDirectory().resolve("docs").resolve(page);
    }

    private static Set<String> names(Pattern pattern, String text) {
        return pattern.matcher(text)
                .results()
                .map(match -> match.group())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** -1 while it is not there. */
    private double value(String name) {
        return value(name, LANE);
    }

    private double value(String name, String labels) {
        String start = "bytefreezer_connector_" + name + labels + " ";
        return scrape().lines()
                .filter(line -> line.startsWith(start))
                .mapToDouble(line -> Double.parseDouble(line.substring(start.length())))
                .findFirst()
                .orElse(-1);
    }

    private String scrape() {
        try {
            return get(null).body();
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private HttpResponse<String> get(String token) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics"));
        if (token != null) {
            request.header("Authorization", "Bearer " + token);
        }
        return HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofString());
    }

    private Connector watch(Map<String, String> more) throws Exception {
        Map<String, String> given = new TreeMap<>(lake.settings("SELECT n FROM events"));
        given.putAll(Map.of(
                "destination.type", "webhook",
                "destination.webhook.url", sink.url().toString(),
                "schedule.interval-seconds", "1",
                "schedule.retry-delay-seconds", "1",
                "server.port", "" + port));
        given.putAll(more);
        Settings settings = TestRun.settings(folder, given).with(Mode.WATCH, Map.of());
        Cursor cursor = Cursor.open(Path.of(settings.text("cursor.file")), Duration.ofHours(24));
        Connector connector = new Connector(settings, new Secrets(), cursor, Mode.WATCH);
        connector.start();
        return connector;
    }
}
