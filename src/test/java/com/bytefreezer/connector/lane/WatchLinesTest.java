package com.bytefreezer.connector.lane;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.delivery.Routes;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.mcp.Agent;
import com.bytefreezer.connector.operate.LaneStatus;
import com.bytefreezer.connector.signs.Neighbour;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.TestTools;
import com.bytefreezer.connector.testing.WebhookServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a watch says of its exports, and what it does not. */
@Tag("slow")
class WatchLinesTest {
    private static final String PARTITION = "year=2026/month=11/day=20/hour=01/";
    private static final int RECORDS = 100;
    private static final Pattern SUM = Pattern.compile("(\\d+) of \\1 records rejected in \\1 more batches within ");

    @TempDir
    private Path folder;

    @AutoClose
    private final WebhookServer sink = WebhookServer.start();

    private final HttpClient http = HttpClient.newHttpClient();
    private ParquetLake lake;
    private Path exports;

    @BeforeEach
    void makeLakeAndRoutes() throws IOException {
        lake = ParquetLake.in(folder.resolve("lake"));
        lake.numbers(PARTITION + "a.parquet", 0, RECORDS);
        Routes.copyTo(folder.resolve("routes"));
        exports = folder.resolve("routes/exports");
        Files.delete(exports.resolve("default.camel.yaml"));
    }

    @Test
    void readinessGoesAfterAMinuteWithoutAWorkingLaneAndReturns() throws Exception {
        export("a", "SELECT n FROM events");
        export("b", "SELECT n FROM events");
        String port = String.valueOf(TestTools.freePort());
        try (TestRun.Running watch = watch(Map.of("schedule.interval-seconds", "3600", "server.port", port))) {
            Await.until("both runs", () -> watch.lanes().stream().allMatch(lane -> lane.lastSuccess() != null));
            awaitReady(port, 200);
            fail(watch, "a/webhook", 61);
            fail(watch, "b/webhook", 50);
            assertThat(watch.whyNotReady()).isEmpty();
            watch.signs().works(Lane.parse("b/webhook"), Neighbour.DESTINATION);
            fail(watch, "b/webhook", 61);
            assertThat(watch.whyNotReady().orElseThrow()).contains("no export has worked for 60 s");
            awaitReady(port, 503);
            watch.signs().works(Lane.parse("a/webhook"), Neighbour.DESTINATION);
            assertThat(watch.whyNotReady()).isEmpty();
            awaitReady(port, 200);
        }
    }

    @Test
    void agentsAskAWatchForItsExports() throws Exception {
        export("a", "SELECT n FROM events");
        String port = String.valueOf(TestTools.freePort());
        try (TestRun.Running watch = watch(Map.of("schedule.interval-seconds", "3600", "server.port", port))) {
            Await.until("a run", () -> lane(watch).lastSuccess() != null);
            try (Agent agent = Agent.over(URI.create("http://localhost:" + port))) {
                Agent.Told status = agent.call("export_status", "export", "a", "destination", "webhook");
                assertThat(status.at("/runs/0/accepted").asInt()).isEqualTo(RECORDS);
            }
        }
    }

    private static void fail(TestRun.Running watch, String lane, int secondsAgo) {
        watch.signs()
                .failed(
                        Lane.parse(lane),
                        Neighbour.DESTINATION,
                        "it is away",
                        System.nanoTime() - TimeUnit.SECONDS.toNanos(secondsAgo));
    }

    @Test
    void pollsThatFindNothingAreSilent() throws Exception {
        export("a", "SELECT n FROM events");
        try (TestRun.Running watch = watch(Map.of())) {
            Await.until("a run", () -> lane(watch).lastSuccess() != null);
            awaitRuns(watch, 1);
            List<String> before = said(watch, "INFO ", "WARN ", "ERROR ");
            awaitRuns(watch, 3);
            assertThat(said(watch, "INFO ", "WARN ", "ERROR ")).isEqualTo(before);
        }
    }

    private static void awaitRuns(TestRun.Running watch, int count) {
        for (int i = 0; i < count; i++) {
            var last = lane(watch).lastSuccess();
            Await.until("one more run", () -> !last.equals(lane(watch).lastSuccess()));
        }
    }

    @Test
    void refusalsOfManyBatchesAreOneLineAndSums() throws Exception {
        export("a", "SELECT n FROM events");
        sink.reply(Reply.of(400, "no"));
        try (TestRun.Running watch = watch(Map.of("schedule.batch-size", "1", "delivery.max-rejected-ratio", "1"))) {
            Await.until("the sums", () -> summed(watch) == RECORDS - 1);
            // One, unless they take longer than what it sums up.
            assertThat(said(watch, "WARN "))
                    .hasSizeLessThan(10)
                    .allMatch(line -> line.contains("export a"))
                    .filteredOn(line -> line.contains("1 of 1 records rejected in batch"))
                    .hasSize(1);
        }
    }

    private static int summed(TestRun.Running watch) {
        return said(watch, "WARN ").stream()
                .map(SUM::matcher)
                .filter(Matcher::find)
                .mapToInt(found -> Integer.parseInt(found.group(1)))
                .sum();
    }

    @Test
    void everyLineOfARunNamesItsExportAndFile() throws Exception {
        export("a", "SELECT n FROM events LIMIT 1000");
        Path bad = lake.root().resolve("acme/events/data/parquet/" + PARTITION + "b.parquet");
        Files.writeString(bad, "this is no Parquet");
        try (TestRun.Running watch = watch(Map.of())) {
            Await.until("the end of a run", () -> !said(watch, "ERROR ").isEmpty());
            assertThat(said(watch, "WARN ", "ERROR "))
                    .anyMatch(line -> line.contains("the query has a LIMIT"))
                    .anyMatch(line -> line.contains("b.parquet"))
                    .allMatch(line -> line.contains(" webhook, export a (routes/exports/a.camel.yaml)"));
        }
    }

    private static List<String> said(TestRun.Running watch, String... levels) {
        return watch.log().stream()
                .filter(line -> List.of(levels).stream().anyMatch(line::startsWith))
                .toList();
    }

    private static LaneStatus lane(TestRun.Running watch) {
        return watch.lanes().get(0);
    }

    /** An answer is kept for a moment. */
    private void awaitReady(String port, int status) {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:%s/api/v1/ready".formatted(port)))
                .build();
        Await.until(
                "status " + status,
                () -> http.sendAsync(request, HttpResponse.BodyHandlers.discarding())
                                .join()
                                .statusCode()
                        == status);
    }

    private TestRun.Running watch(Map<String, String> given) throws Exception {
        Map<String, String> all = new TreeMap<>(Map.of(
                "lake.root", "file:" + lake.root(),
                "destination.type", "webhook",
                "destination.webhook.url", sink.url().toString(),
                "schedule.interval-seconds", "1",
                "schedule.retry-delay-seconds", "1"));
        all.putAll(given);
        return TestRun.watch(TestRun.settings(folder, folder.resolve("routes"), all, Mode.WATCH));
    }

    private void export(String name, String sql) throws IOException {
        Files.writeString(
                exports.resolve(name + ".camel.yaml"),
                Routes.export(
                        name, Map.of("tenant", "acme", "dataset", "events", "destination", "webhook", "sql", sql)));
    }
}
