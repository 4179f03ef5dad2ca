package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.TestApi;
import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.delivery.Routes;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.kit.Request;
import com.bytefreezer.connector.operate.Operations;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.WebhookServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several configurations of one kind of destination, each under a name of its own. */
@Tag("slow")
class NamedDestinationsTest {
    private static final int RECORDS = 300;

    @TempDir
    private Path folder;

    @AutoClose
    private final WebhookServer production = WebhookServer.start();

    @AutoClose
    private final WebhookServer trial = WebhookServer.start();

    private ParquetLake lake;

    @BeforeEach
    void makeLake() {
        lake = ParquetLake.in(folder.resolve("lake"));
        lake.numbers("year=2026/month=11/day=20/hour=01/o.parquet", 0, RECORDS);
    }

    @Test
    void eachHasItsOwnAddressSecretsRetriesDeadLettersAndCursor() throws Exception {
        production.replyNext(1, Reply.of(503));
        trial.replyWhen(request -> request.text().contains("\"n\":17,"), Reply.of(422, "not here"));
        Map<String, String> given = given();
        // What belongs to the kind, and its secrets, is not theirs.
        given.put("destination.webhook.url", "http://127.0.0.1:1/");
        given.put("destination.webhook.token", "token-of-the-kind");

        TestRun run = TestRun.batch(settings(given));

        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
        assertThat(production.acceptedRecords()).isEqualTo(RECORDS);
        assertThat(trial.acceptedRecords()).isEqualTo(RECORDS - 1);
        assertThat(production.requests()).hasSize(2).allSatisfy(request -> assertThat(authorization(request))
                .isEqualTo("Bearer token-of-production"));
        assertThat(trial.requests())
                .allSatisfy(request -> assertThat(authorization(request)).isEmpty());
        assertThat(run.log("INFO"))
                .anyMatch(line -> line.contains("300 accepted by siem-prod"))
                .anyMatch(line -> line.contains("299 accepted by siem-test"));
        try (Stream<Path> files = Files.walk(folder.resolve("dead-letters/default"))) {
            assertThat(files.filter(Files::isRegularFile)
                            .map(file -> file.getParent().getFileName()))
                    .containsExactly(Path.of("siem-test"));
        }
        assertThat(run.log().toString()).doesNotContain("token-of-production");

        trial.replyWhen(request -> true, Reply.of(200));
        Settings settings = settings(given);
        var result = Operations.ofStore(settings, () -> {
                    throw new AssertionError("a replay asks for no keys");
                })
                .replay()
                .replay(settings.exports().get(1), Set.of());
        assertThat(result.replayed()).isEqualTo(1);
        assertThat(trial.records()).doesNotHaveDuplicates().hasSize(RECORDS);

        assertThat(TestRun.batch(settings(given)).succeeded()).isTrue();
        assertThat(production.acceptedRecords()).isEqualTo(RECORDS);
    }

    @Test
    void anIntegratorsDestinationHasNamesTooAndAWatchTakesThem() throws Exception {
        Path routes = Routes.copyTo(folder.resolve("routes"));
        Files.delete(routes.resolve("exports/default.camel.yaml"));
        Files.writeString(routes.resolve("destinations/mine.camel.yaml"), """
                # Destination "mine": posts records.
                #   destination.mine.server  required  [address] where to post
                - route:
                    id: destination-mine
                    routeConfigurationId: delivery
                    from:
                      uri: direct:destination-mine
                      steps:
                        - removeHeaders: {pattern: "*"}
                        - setHeader: {name: CamelHttpUri, constant: "{{destination.mine.server}}"}
                        - setHeader: {name: Content-Type, constant: application/json}
                        - setBody: {simple: "${body.recordsDocument}"}
                        - to: "direct:mine-post"
                - route:
                    id: mine-post
                    errorHandler: {noErrorHandler: {}}
                    from: {uri: "direct:mine-post", steps: [{to: "http:mine"}]}
                """);
        Map<String, String> given = given();
        given.put("destinations.one.kind", "mine");
        given.put("destinations.one.server", production.url().toString());
        given.put("destinations.two.kind", "mine");
        given.put("destinations.two.server", trial.url().toString());
        given.keySet().removeIf(name -> name.startsWith("query."));
        Files.writeString(routes.resolve("exports/other.camel.yaml"), export("other", "one"));
        given.put("schedule.interval-seconds", "1");
        try (TestRun.Running watch = TestRun.watch(TestRun.settings(folder, routes, given))) {
            Files.writeString(routes.resolve("exports/late.camel.yaml"), export("late", "two"));
            Await.until(
                    "both have all records",
                    () -> production.acceptedRecords() == RECORDS && trial.acceptedRecords() == RECORDS);
            assertThat(watch.log()).noneMatch(line -> line.startsWith("ERROR"));
        }
    }

    @Test
    void thePageShowsChecksAndUsesThemWithoutTheirSecrets() throws Exception {
        production.reply(Reply.of(200));
        Map<String, String> given = given();
        given.put("server.allow-destinations", "stdout");
        try (TestApi api = TestApi.over(given)) {
            String listed = api.get("destinations").text();
            assertThat(listed)
                    .contains(
                            "\"name\":\"siem-prod\",\"kind\":\"webhook\"", "\"setting\":\"destinations.siem-prod.url\"")
                    .doesNotContain("token-of-production");
            assertThat(api.post("check-destination", Map.of("type", "siem-prod"))
                            .text("/status"))
                    .isEqualTo("ok");
            assertThat(api.post("test-destination", Map.of("type", "siem-prod")).text("/message"))
                    .isEqualTo("Test record sent to siem-prod");
            assertThat(production.requests()).singleElement().satisfies(request -> assertThat(authorization(request))
                    .isEqualTo("Bearer token-of-production"));
            Map<String, Object> elsewhere = Map.of(
                    "type", "siem-prod", "config", Map.of("url", trial.url().toString()));
            assertThat(api.post("test-destination", elsewhere).error())
                    .contains("destination siem-prod", "not allowed");
            Map<String, Object> send = new HashMap<>(Map.of(
                    "tenant_id", "acme", "dataset_id", "events", "sql", "SELECT n FROM events", "batch_size", 2));
            send.put("destination_type", "siem-prod");
            assertThat(api.post("preview", send).text("/requests/0/url"))
                    .startsWith(production.url().toString());
            assertThat(api.post("export", send).text()).contains("\"destination\":\"siem-prod\"", "\"accepted\":300");
        }
        given.remove("server.allow-destinations");
        try (TestApi api = TestApi.over(given)) {
            Map<String, Object> elsewhere = Map.of(
                    "type", "siem-prod", "config", Map.of("url", trial.url().toString()));
            assertThat(api.post("test-destination", elsewhere).text("/status")).isEqualTo("ok");
        }
        // A typed address does not get the secrets of the configured one.
        assertThat(trial.requests()).singleElement().satisfies(request -> assertThat(authorization(request))
                .isEmpty());
    }

    @Test
    void aWrongOneIsAProblemBeforeTheStart() {
        assertThatThrownBy(() -> settings(Map.of("destination.type", "siem", "destinations.siem.kind", "webhok")))
                .hasMessageContaining("destinations.siem.kind: unknown kind \"webhok\"")
                .hasMessageContaining("Did you mean webhook?");
        assertThatThrownBy(() -> settings(Map.of("destination.type", "siem", "destinations.siem.kind", "webhook")))
                .hasMessageContaining("destinations.siem.url is required by routes/destinations/webhook.camel.yaml.");
        assertThatThrownBy(() -> settings(Map.of("destinations.siem.kind", "webhook", "destinations.siem.ulr", "x")))
                .hasMessageContaining("destinations.siem.ulr is not a setting. Did you mean destinations.siem.url?");
        assertThatThrownBy(() -> settings(Map.of("destinations.stdout.kind", "webhook")))
                .hasMessageContaining("has a destination of this name already");
        assertThatThrownBy(() -> settings(Map.of(
                        "destinations.siem.kind", "webhook",
                        "destinations.siem.url", "http://h/",
                        "destinations.siem.timeout-ms", "soon")))
                .hasMessageContaining("destinations.siem.timeout-ms must be");
    }

    private static String export(String name, String destination) {
        return Routes.export(
                name,
                Map.of(
                        "tenant", "acme",
                        "dataset", "events",
                        "destination", destination,
                        "sql", "SELECT n, hostname FROM events"));
    }

    private static String authorization(Request request) {
        return request.header("Authorization").orElse("");
    }

    private Map<String, String> given() {
        Map<String, String> given = new TreeMap<>(lake.settings("SELECT n, hostname FROM events"));
        given.putAll(Map.of(
                "destination.type", "siem-prod,siem-test",
                "destinations.siem-prod.kind", "webhook",
                "destinations.siem-prod.url", production.url().toString(),
                "destinations.siem-prod.token", "token-of-production",
                "destinations.siem-test.kind", "webhook",
                "destinations.siem-test.url", trial.url().toString()));
        return given;
    }

    private Settings settings(Map<String, String> given) {
        Map<String, String> all = new TreeMap<>(lake.settings("SELECT n, hostname FROM events"));
        all.putAll(given);
        return TestRun.settings(folder, all);
    }
}
