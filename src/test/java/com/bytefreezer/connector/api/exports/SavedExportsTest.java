package com.bytefreezer.connector.api.exports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.bytefreezer.connector.TestApi;
import com.bytefreezer.connector.TestApi.Answer;
import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.TestTools;
import com.bytefreezer.connector.testing.WebhookServer;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is tried on the page becomes a file, which then runs as it is. */
@Tag("slow")
class SavedExportsTest {
    /** Every character that means something to YAML, to Camel or to properties. */
    private static final String AWKWARD = """
            SELECT n, '{{braces}} {{' AS braces, {'a': {'b': n}} AS nested, 'it''s "quoted" \\ # : - & ${body} %' AS "q {{x}}",
              -- a comment: with 'quotes'
              \t'tab' AS tab, 'ünïcödé 日本 🎉' AS unicode, regexp_matches('{{', '^\\{\\{$') AS regex, '\\' AS backslash
            FROM events WHERE message != '}}' AND message != '\\'""";

    @TempDir
    private Path folder;

    private Path routes;
    private ParquetLake lake;
    private WebhookServer server;
    private TestApi connector;

    @BeforeEach
    void start() throws Exception {
        routes = folder.resolve("routes");
        copy(TestTools.projectDirectory().resolve("routes"), routes);
        lake = ParquetLake.in(folder.resolve("lake"));
        lake.numbers("year=2026/month=11/day=20/hour=01/a.parquet", 0, 10);
        server = WebhookServer.start();
        connector = TestApi.over(routes, Map.of("lake.root", "file:" + lake.root()));
    }

    @AfterEach
    void stop() {
        connector.close();
        server.close();
    }

    @Test
    void aSavedExportRunsAsItIs() throws Exception {
        Map<String, Object> order = order("awkward", AWKWARD);
        order.put("batch_size", 4);
        order.put("interval_seconds", 60);
        Answer once = connector.post("preview", order);
        assertThat(once.status()).as(once.text()).isEqualTo(200);
        Answer saved = connector.post("exports", order);
        assertThat(saved.status()).as(saved.text()).isEqualTo(201);
        assertThat(saved.text("/file")).isEqualTo("routes/exports/awkward.camel.yaml");
        assertThat(Files.readString(routes.resolve("exports/awkward.camel.yaml")))
                .isEqualTo(saved.text("/yaml"));

        Map<String, String> settings = new TreeMap<>(Map.of("lake.root", "file:" + lake.root()));
        Properties needed = new Properties();
        needed.load(new StringReader(saved.text("/settings")));
        needed.forEach((name, value) -> settings.put(name.toString(), value.toString()));
        TestRun run = TestRun.batch(TestRun.settings(folder, routes, settings));

        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
        assertThat(server.requests()).hasSize(3);
        assertThat(server.requests()).extracting(request -> request.text()).contains(once.text("/requests/0/body"));
    }

    @Test
    void theFileIsWrittenForPeople() {
        Map<String, Object> order = order("failed-logins", "SELECT message\nFROM events\nWHERE n > 5");
        order.put("interval_seconds", 30);
        order.put("destination_config", Map.of("url", server.url().toString(), "token", "secret-of-mine"));
        Answer draft = connector.post("exports/draft", order);

        assertThat(draft.text("/yaml")).isEqualTo("""
                # Export "failed-logins", saved from the page. It runs in batch and watch mode; routes/export.camel.yaml lists the
                # parameters.

                - templatedRoute:
                    routeTemplateRef: export
                    routeId: export-failed-logins
                    parameters:
                      - name: name
                        value: failed-logins
                      - name: tenant
                        value: acme
                      - name: dataset
                        value: events
                      - name: sql
                        value: |-
                          SELECT message
                          FROM events
                          WHERE n > 5
                      - name: destination
                        value: webhook
                      - name: intervalSeconds
                        value: "30"
                """);
        assertThat(draft.text("/settings"))
                .isEqualTo("destination.webhook.token=***\ndestination.webhook.url=" + server.url());
        assertThat(draft.text("/command")).isEqualTo("mvn -q compile exec:java -Dexec.args=\"--mode watch\"");
        assertThat(draft.text()).doesNotContain("secret-of-mine", "errors");
        assertThat(routes.resolve("exports/failed-logins.camel.yaml")).doesNotExist();
    }

    @Test
    void aNameIsNoPathAndNoneIsTakenTwice() {
        for (String name : List.of(
                "../x",
                "..",
                "a/b",
                "A",
                "",
                "a b",
                "x\n",
                "-a",
                ".hidden",
                "ü",
                "con",
                "nul",
                "com1",
                "lpt9",
                "a".repeat(101),
                "<img src=x onerror=alert(1)>",
                "x\u0000")) {
            assertThat(connector
                            .post("exports", order(name, "SELECT n FROM events"))
                            .status())
                    .as(name)
                    .isEqualTo(400);
        }
        assertThat(connector
                        .post("exports", order("default", "SELECT n FROM events"))
                        .status())
                .isEqualTo(409);
        assertThat(connector
                        .post("exports", order("one", "SELECT n FROM events"))
                        .status())
                .isEqualTo(201);
        Answer again = connector.post("exports", order("one", "SELECT 1 FROM events"));
        assertThat(again.status()).isEqualTo(409);
        assertThat(again.error()).isEqualTo("There is an export one already. Choose another name.");
    }

    @Test
    void ofManySavesAtOnceOneIsWritten() {
        Map<String, Object> order = order("many", "SELECT n FROM events");

        List<Integer> answers = IntStream.range(0, 8)
                .mapToObj(any -> CompletableFuture.supplyAsync(() -> connector.post("exports", order)))
                .toList()
                .stream()
                .map(each -> each.join().status())
                .sorted()
                .toList();

        assertThat(answers).containsExactly(201, 409, 409, 409, 409, 409, 409, 409);
    }

    @Test
    void whatWouldNotRunIsNotSaved() throws Exception {
        assertThat(connector.post("exports", order("two", "SELECT 1; SELECT 2")).status())
                .isEqualTo(400);
        Answer wrong = connector.post("exports/draft", order("two", "SELECT FROM WHERE"));
        assertThat(wrong.text("/errors/0")).startsWith("SQL: ").doesNotContain("\n");
        connector.close();
        connector = TestApi.over(
                routes,
                Map.of(
                        "lake.root", "file:" + lake.root(),
                        "destination.type", "webhook",
                        "destination.webhook.url", "http://configured.example"));
        Answer conflict = connector.post("exports", order("three", "SELECT n FROM events"));
        assertThat(conflict.status()).isEqualTo(400);
        assertThat(conflict.text("/error")).contains("webhook has other settings (url)");
        assertThat(routes.resolve("exports/three.camel.yaml")).doesNotExist();
    }

    @Test
    void aFolderThatCannotBeWrittenIsNamed() throws Exception {
        Path exports = routes.resolve("exports");
        Path aside = Files.move(exports, folder.resolve("aside"));
        // Not by its permissions, which the superuser does not mind.
        Files.writeString(exports, "a file");
        Answer answer = connector.post("exports", order("four", "SELECT n FROM events"));
        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.text("/error")).contains("routes/exports/four.camel.yaml cannot be written");
        assertThat(aside).isDirectory();
        Files.delete(exports);
        Files.createDirectory(exports);
        assumeTrue(TestTools.run("mount", "-t", "tmpfs", "-o", "ro", "tmpfs", exports.toString()), "mount needs root");
        try {
            Map<String, Object> order = order("five", "SELECT n FROM events");
            assertThat(connector
                            .post("exports/draft", order)
                            .json()
                            .path("writable")
                            .asBoolean(true))
                    .isFalse();
            Answer readOnly = connector.post("exports", order);
            assertThat(readOnly.status()).isEqualTo(403);
            assertThat(readOnly.error()).contains("five.camel.yaml cannot be written", "Read-only file system");
        } finally {
            TestTools.run("umount", exports.toString());
        }
    }

    @Test
    void aDestinationOfOnesOwnAppearsByItself() throws Exception {
        String route = """
                # Destination "mine": posts each batch as lines.
                #   destination.mine.url    required  where to post
                #   destination.mine.token  required  stands in the body
                - route:
                    id: destination-mine
                    routeConfigurationId: delivery
                    from:
                      uri: direct:destination-mine
                      steps:
                        - setBody:
                            simple: "{{destination.mine.token}} ${body}"
                        - removeHeaders:
                            pattern: "*"
                        - setHeader:
                            name: CamelHttpUri
                            constant: "{{destination.mine.url}}"
                        - to: https:mine
                """;
        Files.writeString(routes.resolve("destinations/mine.camel.yaml"), route);
        connector.close();
        connector = TestApi.over(routes, Map.of("lake.root", "file:" + lake.root()));
        Map<String, Object> order = order("mine", "SELECT n FROM events LIMIT 1");
        order.put("destination_type", "mine");
        order.put("destination_config", Map.of("url", server.url() + "/in", "token", "secret-of-mine"));

        assertThat(connector.get("destinations").text()).contains("posts each batch as lines.");
        Answer records = connector.post("preview", order);
        assertThat(records.text("/requests/0/body")).isEqualTo("{\"n\":0}\n");
        assertThat(records.text("/note")).contains("mine.test.yaml", "{server}");

        Files.writeString(routes.resolve("destinations/mine.test.yaml"), """
                settings: {destination.mine.url: "{server}", destination.mine.token: any}
                cases:
                  - {name: accepts, records: 1, expect: {outcome: accepted}}
                """);
        Answer request = connector.post("preview", order);
        assertThat(request.text("/requests/0/url")).isEqualTo(server.url() + "/in");
        assertThat(request.text("/requests/0/body")).isEqualTo("*** {\"n\":0}\n");
        assertThat(request.text()).doesNotContain("secret-of-mine");
        assertThat(server.requests()).isEmpty();
    }

    private Map<String, Object> order(String name, String sql) {
        return new HashMap<>(Map.of(
                "name",
                name,
                "tenant_id",
                "acme",
                "dataset_id",
                "events",
                "sql",
                sql,
                "destination_type",
                "webhook",
                "destination_config",
                Map.of("url", server.url().toString())));
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> paths = Files.walk(from)) {
            for (Path path : paths.toList()) {
                Path target = to.resolve(from.relativize(path).toString());
                if (Files.isDirectory(path)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(path, target);
                }
            }
        }
    }
}
