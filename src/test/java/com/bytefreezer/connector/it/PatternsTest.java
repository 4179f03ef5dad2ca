package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.app.Command;
import com.bytefreezer.connector.app.CommandOptions;
import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.delivery.Routes;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.kit.Request;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.TestTools;
import com.bytefreezer.connector.testing.WebhookServer;
import com.bytefreezer.connector.text.Secrets;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Exports that choose their datasets by lists and patterns. */
@Tag("slow")
class PatternsTest {
    @TempDir
    private Path folder;

    @AutoClose
    private final WebhookServer sink = WebhookServer.start();

    private Path object;
    private int numbers;

    @BeforeEach
    void fill() throws IOException {
        object = ParquetLake.in(folder.resolve("one")).numbers("o.parquet", 0, 3);
        Routes.copyTo(folder.resolve("routes"));
        dataset("acme/dns");
        dataset("acme/syslog");
        dataset("zeta/syslog");
    }

    /** One with one object of three records. */
    private void dataset(String name) throws IOException {
        add(name, "a.parquet");
    }

    private void add(String name, String file) throws IOException {
        Path path = lake().resolve(name)
                .resolve("data/parquet/year=2026/month=11/day=20/hour=01")
                .resolve(file);
        Files.createDirectories(path.getParent());
        // Another one each time, by its size.
        numbers++;
        Files.move(ParquetLake.in(folder.resolve("n" + numbers)).numbers("o.parquet", numbers * 100L, 3), path);
    }

    private Path lake() {
        return folder.resolve("lake");
    }

    private Settings settings(Map<String, String> more) {
        Map<String, String> all = new TreeMap<>(Map.of(
                "lake.root", lake().toString(),
                "query.tenant-id", "acme",
                "query.dataset-id", "*",
                "query.sql", "SELECT n FROM events",
                "destination.type", "webhook",
                "destination.webhook.format", "ndjson",
                "destination.webhook.url", sink.url().resolve("/in") + "/{tenant}/{dataset}",
                "schedule.interval-seconds", "1",
                "schedule.full-listing-seconds", "1"));
        all.putAll(more);
        return TestRun.settings(folder, folder.resolve("routes"), all);
    }

    private List<String> paths() {
        return sink.requests().stream().map(Request::path).sorted().toList();
    }

    private Run command(String export, Settings settings, Work work) throws Exception {
        CommandOptions options = new CommandOptions();
        new CommandLine(options).parseArgs(export.isEmpty() ? new String[0] : new String[] {"--export", export});
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int code = work.of(
                new Command(settings, new Secrets(), options, new PrintStream(out, true, StandardCharsets.UTF_8)));
        return new Run(code, out.toString(StandardCharsets.UTF_8));
    }

    private record Run(int code, String out) {}

    private interface Work {
        int of(Command command) throws Exception;
    }

    @Test
    void eachDatasetOfATenantIsALaneOfItsOwn() throws Exception {
        TestRun run = TestRun.batch(settings(Map.of()));
        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
        assertThat(paths()).containsExactly("/in/acme/dns", "/in/acme/syslog");
        assertThat(run.log()).anyMatch(line -> line.contains("export default@acme/dns: 1 objects, 3 records selected"));
        // Each has its cursor.
        add("acme/dns", "b.parquet");
        assertThat(TestRun.batch(settings(Map.of())).succeeded()).isTrue();
        assertThat(paths()).containsExactly("/in/acme/dns", "/in/acme/dns", "/in/acme/syslog");
    }

    @Test
    void aListIsWrittenWithCommasOrAsYaml() throws Exception {
        Files.delete(folder.resolve("routes/exports/default.camel.yaml"));
        Files.writeString(folder.resolve("routes/exports/some.camel.yaml"), """
                - templatedRoute:
                    routeTemplateRef: export
                    routeId: export-some
                    parameters:
                      - {name: name, value: some}
                      - {name: tenant, value: "*"}
                      - {name: dataset, value: [syslog, acme/d*]}
                      - {name: sql, value: SELECT n FROM events}
                """);
        Settings settings = settings(Map.of("query.tenant-id", "", "query.dataset-id", "", "query.sql", ""));
        assertThat(TestRun.batch(settings).succeeded()).isTrue();
        assertThat(paths()).containsExactly("/in/acme/dns", "/in/acme/syslog", "/in/zeta/syslog");
    }

    @Test
    void oneDatasetKeepsTheLaneThatItHad() throws Exception {
        TestRun run = TestRun.batch(settings(Map.of("query.dataset-id", "acme/dns")));
        assertThat(run.log()).anyMatch(line -> line.contains("export default: 1 objects"));
        assertThat(TestRun.batch(settings(Map.of("query.dataset-id", "dns"))).succeeded())
                .isTrue();
        assertThat(paths()).containsExactly("/in/acme/dns");
    }

    @Test
    void aDatasetThatIsBrokenFailsItsOwnLane() throws Exception {
        Files.writeString(
                lake().resolve("acme/dns/data/parquet/year=2026/month=11/day=20/hour=01/a.parquet"), "no parquet");
        TestRun run = TestRun.batch(settings(Map.of()));
        assertThat(run.succeeded()).isFalse();
        assertThat(paths()).containsExactly("/in/acme/syslog");
        assertThat(run.log("ERROR")).singleElement().asString().contains("export default@acme/dns");
    }

    @Test
    void theStatusOfAPatternThatNoDatasetFitsIsEmpty() throws Exception {
        Run status = command("", settings(Map.of("query.dataset-id", "nothing*")), Command::status);

        assertThat(status.code).isZero();
        assertThat(status.out.lines()).singleElement().asString().startsWith("EXPORT");
    }

    @Test
    void hostileNamesAreDataEverywhere() throws Exception {
        List<String> hostile = List.of(
                "a b", "$(x)", "%s", "$simple(body)", "a@b", "RAW(x)", "?x=y", "日本", "[1]", "*", "x".repeat(200));
        for (String name : hostile) {
            dataset("evil/" + name);
        }
        // What cannot be the name of a dataset is no dataset.
        for (String name : List.of("{tenant}", "${header.x}", "%{+YYYY}", "{{env:HOME}}", "a\\b")) {
            dataset("evil/" + name);
        }
        Settings settings = settings(Map.of("query.tenant-id", "evil", "delivery.max-retries", "0"));
        TestRun run = TestRun.batch(settings);
        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
        assertThat(paths())
                .hasSize(hostile.size())
                .contains("/in/evil/a%20b", "/in/evil/%24%28x%29", "/in/evil/%3Fx%3Dy");
        Run status = command("", settings, Command::status);
        assertThat(status.code).isZero();
        assertThat(status.out.lines()).hasSize(hostile.size() + 1);
        hostile.forEach(name -> assertThat(status.out).contains("default@evil/" + name + "/webhook"));
    }

    @Test
    void datasetsComeAndGoWhileItWatches() throws Exception {
        try (TestRun.Running watch = TestRun.watch(settings(Map.of()))) {
            Await.until("both", () -> paths().size() == 2);
            dataset("acme/new");
            Await.until("a new one", () -> paths().contains("/in/acme/new"));
            Files.move(lake().resolve("acme/dns"), folder.resolve("aside"));
            Await.until("one lane less", () -> watch.lanes().size() == 2);
            Await.until(
                    "a line",
                    () -> watch.log().stream()
                            .anyMatch(
                                    line -> line.contains(
                                            "export default: 1 dataset is no longer there: acme/dns. The cursor keeps what was delivered.")));
            Files.move(folder.resolve("aside"), lake().resolve("acme/dns"));
            add("acme/dns", "b.parquet");
            Await.until(
                    "it goes on",
                    () -> paths().stream().filter("/in/acme/dns"::equals).count() == 2);
            assertThat(watch.lanes())
                    .extracting(lane -> lane.lane().toString())
                    .containsExactly(
                            "default@acme/dns/webhook", "default@acme/new/webhook", "default@acme/syslog/webhook");
            assertThat(watch.metrics()).contains("export=\"default@acme/dns\"");
        }
        // Delivered once each, whatever came and went.
        assertThat(sink.records()).doesNotHaveDuplicates();
    }

    @Test
    void aFileThatChangesIsALineHoweverManyDatasetsItHas() throws Exception {
        Path file = folder.resolve("routes/exports/all.camel.yaml");
        Files.delete(folder.resolve("routes/exports/default.camel.yaml"));
        Map<String, String> parameters =
                new TreeMap<>(Map.of("tenant", "*", "dataset", "*", "sql", "SELECT n FROM events"));
        Files.writeString(file, Routes.export("all", parameters));
        Settings settings = settings(Map.of("query.tenant-id", "", "query.dataset-id", "", "query.sql", ""));
        try (TestRun.Running watch = TestRun.watch(settings)) {
            Await.until("all", () -> paths().size() == 3);
            parameters.put("sql", "SELECT n + 1 AS n FROM events");
            Files.writeString(file, Routes.export("all", parameters));
            Await.until("changed", () -> watch.log().stream().anyMatch(line -> line.contains(": changed.")));
            parameters.put("dataset", "d*");
            Files.writeString(file, Routes.export("all", parameters));
            Await.until("fewer", () -> watch.lanes().size() == 1);
            Files.delete(file);
            Await.until("removed", () -> watch.log().stream().anyMatch(line -> line.contains("removed")));
            assertThat(watch.log().stream().filter(line -> line.startsWith("INFO export all/")))
                    .containsExactly(
                            "INFO export all/webhook: changed. Its datasets go on from their cursors.",
                            "INFO export all/webhook: changed. Its datasets go on from their cursors.",
                            "INFO export all/webhook: removed, with its lanes of many datasets. Their cursors are kept.");
        }
        assertThat(paths()).hasSize(3);
    }

    @Test
    void aPatternWithoutADatasetIsSaidAndSeen() throws Exception {
        Settings settings = settings(Map.of("query.tenant-id", "acmee"));
        TestRun run = TestRun.batch(settings);
        assertThat(run.succeeded()).isTrue();
        assertThat(run.log("WARN"))
                .anyMatch(line -> line.contains("export default: tenant acmee has no dataset * in " + lake()));
        try (TestRun.Running watch = TestRun.watch(settings)) {
            Await.until(
                    "it is seen",
                    () -> watch.lanes().size() == 1 && watch.lanes().get(0).lastError() != null);
            assertThat(watch.lanes().get(0).lastError()).startsWith("tenant acmee has no dataset *");
            assertThat(watch.whyNotReady()).isEmpty();
            dataset("acmee/syslog");
            Await.until("it is there", () -> paths().contains("/in/acmee/syslog"));
            Await.until(
                    "one lane",
                    () -> watch.lanes().size() == 1 && watch.lanes().get(0).lastError() == null);
        }
    }

    @Test
    void thePlanHasALineForEachDataset() throws Exception {
        Run all = command("", settings(Map.of("query.tenant-id", "*")), Command::plan);
        assertThat(all.code).isZero();
        assertThat(all.out)
                .contains(
                        "default@acme/dns/webhook: ", "default@acme/syslog/webhook: ", "default@zeta/syslog/webhook: ");
        Run one = command("default@acme/dns", settings(Map.of()), Command::plan);
        assertThat(one.out.lines().filter(line -> line.startsWith("default@")))
                .singleElement()
                .asString()
                .startsWith("default@acme/dns/webhook: ");
        Run valid = command("", settings(Map.of("query.dataset-id", "*/*")), Command::validate);
        assertThat(valid.out).isEqualTo("valid: 3 exports\n");
    }

    @Test
    void validateSaysWhichDatasetADestinationCannotTake() throws Exception {
        dataset("acme/a b");
        dataset("acme/DNS");
        Run run = command(
                "",
                settings(Map.of(
                        "destination.type", "elasticsearch",
                        "destination.elasticsearch.url", "http://127.0.0.1:1",
                        "destination.elasticsearch.index", "x-{dataset}")),
                Command::validate);
        assertThat(run.code).isEqualTo(1);
        assertThat(run.out.lines())
                .hasSize(2)
                .anyMatch(line -> line.startsWith("export default@acme/a b: dataset acme/a b: its index would be"))
                .anyMatch(line -> line.contains("gives it the name x-dns"));
    }

    @Test
    void theApiKnowsEachLaneByItsName() throws Exception {
        dataset("acme/a b");
        int port = TestTools.freePort();
        sink.replyWhen(request -> request.path().endsWith("/acme/a%20b"), Reply.of(400, "no"));
        Settings settings = settings(Map.of(
                "server.port", String.valueOf(port), "delivery.max-retries", "0", "delivery.max-rejected-ratio", "1"));
        try (TestRun.Running watch = TestRun.watch(settings)) {
            Await.until("dead letters", () -> watch.lanes().stream().anyMatch(lane -> lane.deadLetters() == 3));
            String lane = "http://127.0.0.1:%d/api/v1/exports/default%%40acme%%2Fa%%20b/webhook".formatted(port);
            assertThat(ask(lane + "/dead-letters", "")).contains("\"total\":3");
            assertThat(ask("http://127.0.0.1:%d/api/v1/exports".formatted(port), ""))
                    .contains("\"name\":\"default@acme/a b\"", "\"dataset_id\":\"a b\"");
            sink.replyWhen(request -> request.path().endsWith("/acme/a%20b"), Reply.of(200));
            assertThat(ask(lane + "/dead-letters/replay", "{}")).contains("\"replayed\":3");
            Await.until("idle", () -> ask(lane + "/reset-cursor", "{\"confirm\":\"default@acme/a b/webhook\"}")
                    .isEmpty());
            Await.until(
                    "once more",
                    () -> paths().stream().filter("/in/acme/a%20b"::equals).count() >= 3);
        }
    }

    private static String ask(String url, String body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url));
        if (!body.isEmpty()) {
            request.header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofString(body));
        }
        return HttpClient.newHttpClient()
                .sendAsync(request.build(), HttpResponse.BodyHandlers.ofString())
                .join()
                .body();
    }

    @Test
    void aRangeOfOneDatasetIsReplayed() throws Exception {
        Settings settings = settings(Map.of());
        CommandOptions options = new CommandOptions();
        new CommandLine(options)
                .parseArgs(
                        "--export",
                        "default@acme/dns",
                        "--from",
                        "2026-11-20T00:00:00Z",
                        "--to",
                        "2026-11-21T00:00:00Z");
        int code = new Command(settings.with(Mode.REPLAY, options.settings()), new Secrets(), options, System.err)
                .replay((range, lanes, scratch, prepare) -> {
                    assertThat(lanes.test(Lane.parse("default@acme/dns/webhook")))
                            .isTrue();
                    assertThat(lanes.test(Lane.parse("default@acme/syslog/webhook")))
                            .isFalse();
                    return 0;
                });
        assertThat(code).isZero();
    }
}
