package com.bytefreezer.connector.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.HecServer;
import com.bytefreezer.connector.testing.TestTools;
import com.bytefreezer.connector.testing.WebhookServer;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Traces to the OpenTelemetry Collector's own receiver. */
@Tag("slow")
class TracingTest {
    private static final String PLANTED = "planted-secret";

    @TempDir
    private Path folder;

    @Test
    void aRunIsOneTraceWithExportAndDestinationWithoutSecrets() throws Exception {
        try (HecServer collector = HecServer.start();
                WebhookServer sink = WebhookServer.start()) {
            // The server repeats a secret in an error.
            sink.replyNext(1, Reply.of(503, "busy: " + PLANTED + "-1"));
            TestRun run = TestRun.batch(settings(collector.tracesUrl().toString(), sink));
            assertThat(run.log("ERROR")).isEmpty();

            List<JsonNode> spans = spans(collector);
            assertThat(spans)
                    .extracting(span -> attribute(span, "camel.uri"))
                    .contains(
                            "seda://run?size=1000000",
                            "direct://export",
                            "direct://deliver",
                            "direct://destination-webhook");
            assertThat(spans).anySatisfy(span -> {
                assertThat(attribute(span, "export")).isEqualTo("default");
                assertThat(attribute(span, "destination")).isEqualTo("webhook");
            });
            assertThat(spans)
                    .extracting(span -> span.path("traceId").asText())
                    .containsOnly(spans.get(0).path("traceId").asText());
            assertThat(collector.traceRequests().toString())
                    .contains("bytefreezer-connector", "***", "503", "SELECT")
                    .doesNotContain(PLANTED);
        }
    }

    /** Java's HTTP client would refuse the second name without a word. */
    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "otel_collector.invalid"})
    void aMissingCollectorDisturbsNoExportAndOneLineSaysSo(String host) throws Exception {
        try (WebhookServer sink = WebhookServer.start()) {
            String url = "http://" + host + ":" + TestTools.freePort();
            try (TestRun.Running watch = TestRun.watch(settings(url, sink)
                    .with(Mode.WATCH, Map.of("server.port", "0", "schedule.interval-seconds", "1")))) {
                Await.until("the line", () -> watch.log().stream().anyMatch(line -> line.contains("tracing: ")));
                Await.until("the records", () -> sink.acceptedRecords() == 4000);
                assertThat(watch.log())
                        .filteredOn(line -> !line.startsWith("INFO"))
                        .singleElement()
                        .asString()
                        .startsWith("WARN tracing: " + url + " did not accept the spans (no connection). ")
                        .endsWith("They are dropped; exports continue. Check tracing.url.");
            }
        }
    }

    private Settings settings(String url, WebhookServer sink) {
        return TestRun.settings(
                folder,
                Map.of(
                        "tracing.url",
                        url,
                        "lake.root",
                        "file:" + TestTools.projectDirectory().resolve("samples/lake"),
                        "query.tenant-id",
                        "acme",
                        "query.dataset-id",
                        "syslog",
                        "query.sql",
                        "SELECT message FROM events",
                        "destination.type",
                        "webhook",
                        "destination.webhook.url",
                        sink.url() + "?token=" + PLANTED + "-1",
                        "destination.webhook.token",
                        PLANTED + "-2"));
    }

    private static List<JsonNode> spans(HecServer collector) {
        List<JsonNode> spans = new ArrayList<>();
        for (JsonNode request : collector.traceRequests()) {
            request.findValues("spans").forEach(list -> list.forEach(spans::add));
        }
        return spans;
    }

    private static String attribute(JsonNode span, String name) {
        for (JsonNode attribute : span.path("attributes")) {
            if (attribute.path("key").asText().equals(name)) {
                return attribute.at("/value/stringValue").asText();
            }
        }
        return "";
    }
}
