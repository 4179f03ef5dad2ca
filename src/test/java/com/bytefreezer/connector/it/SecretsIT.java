package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.ConnectorProcess;
import com.bytefreezer.connector.testing.ControlServer;
import com.bytefreezer.connector.testing.TestTools;
import com.bytefreezer.connector.testing.WebhookServer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Secrets are planted wherever one can be set, and their servers repeat them in errors. */
class SecretsIT {
    private static final String PLANTED = "planted-secret";

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"text", "json"})
    void noPlantedSecretTurnsUpInLogMetricsApiOrErrors(String format) throws Exception {
        int port = TestTools.freePort();
        try (WebhookServer sink = WebhookServer.start();
                ControlServer control = ControlServer.start()) {
            // Also as a login, and cut within a secret.
            String login =
                    Base64.getEncoder().encodeToString(("ann:" + PLANTED + "-3").getBytes(StandardCharsets.UTF_8));
            String all = "refused: %1$s-1 %1$s-2 %1$s-3 %1$s-4 %2$s ".formatted(PLANTED, login);
            String echo = all + "x".repeat(200 - "refused: *** *** *** *** *** ".length() - 5) + PLANTED + "-3";
            sink.reply(Reply.of(503, echo));
            control.reply(Reply.of(401, echo));
            Map<String, String> environment = new TreeMap<>(Map.of(
                    "LAKE_ROOT", "file:" + TestTools.projectDirectory().resolve("samples/lake"),
                    "QUERY_TENANT_ID", "acme",
                    "QUERY_DATASET_ID", "syslog",
                    "QUERY_SQL", "SELECT message FROM events",
                    "CURSOR_FILE", folder.resolve("cursor.db").toString()));
            environment.putAll(Map.of(
                    "CONTROL_URL",
                    control.url().toString(),
                    "CONTROL_API_KEY",
                    PLANTED + "-1",
                    "ACCOUNT_ID",
                    "account-1",
                    "HEALTH_REPORTING_ENABLED",
                    "true",
                    "DESTINATION_TYPE",
                    "webhook",
                    "DESTINATION_WEBHOOK_URL",
                    sink.url() + "?token=" + PLANTED + "-2",
                    "DESTINATION_WEBHOOK_TOKEN",
                    PLANTED + "-3",
                    "SERVER_TOKEN",
                    PLANTED + "-4"));
            environment.putAll(Map.of(
                    "SERVER_PORT", "" + port,
                    "DELIVERY_MAX_RETRIES", "1",
                    "DELIVERY_RETRY_DELAY_MS", "10",
                    "LOGGING_LEVEL", "debug",
                    "LOGGING_FORMAT", format));
            try (ConnectorProcess connector = ConnectorProcess.start(
                    TestTools.projectDirectory(), environment, List.of("-Xmx256m"), "--mode", "watch")) {
                Await.until("the failed run", () -> connector.standardError().contains("Next try in"));
                Await.until(
                        "the refused registration",
                        () -> connector.standardError().contains("registration"));
                StringBuilder seen = new StringBuilder();
                for (String path : List.of("/metrics", "/api/v1/health", "/api/v1/exports", "/api/v1/nothing")) {
                    seen.append(get(port, path));
                }
                assertThat(seen).contains("bytefreezer_connector_failing");
                connector.terminate();
                connector.waitFor(Duration.ofMinutes(2));
                List<String> log = connector.standardError().lines().toList();
                seen.append(String.join("\n", log));
                assertThat(seen.toString()
                                .lines()
                                .filter(line -> line.contains(PLANTED.substring(0, 5)) || line.contains(login)))
                        .isEmpty();
                assertThat(seen.toString()).contains("***", "401", "503");
                if (format.equals("json")) {
                    assertThat(log).hasSizeGreaterThan(2).allSatisfy(line -> {
                        JsonNode json = new ObjectMapper().readTree(line);
                        assertThat(json.path("time").asText()).endsWith("Z");
                        assertThat(json.path("level").asText()).matches("DEBUG|INFO|WARN|ERROR");
                        assertThat(json.path("msg").asText()).isNotBlank();
                    });
                }
            }
        }
    }

    private static String get(int port, String path) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .header("Authorization", "Bearer " + PLANTED + "-4")
                .build();
        return HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body();
    }
}
