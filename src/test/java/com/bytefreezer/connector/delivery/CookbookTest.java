package com.bytefreezer.connector.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.kit.ScriptedServer;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.S3Server;
import com.bytefreezer.connector.testing.TestTools;
import com.bytefreezer.connector.testing.WebhookServer;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The routes of {@code docs/cookbook}, taken from their pages as a reader would and run on the sample. */
@Tag("slow")
class CookbookTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path PAGES = TestTools.projectDirectory().resolve("docs/cookbook");
    private static final Pattern BLOCK = Pattern.compile("(?s)```yaml\n(.*?)```");

    @TempDir
    private Path folder;

    @Test
    void everyPageHasATest() throws IOException {
        try (Stream<Path> pages = Files.list(PAGES)) {
            assertThat(pages.map(page -> page.getFileName().toString()))
                    .containsExactlyInAnyOrder(
                            "s3-archive.md",
                            "syslog.md",
                            "slack-alert.md",
                            "kamelet.md",
                            // An export, which WrittenPagesIT runs.
                            "ioc-detection.md");
        }
    }

    @Test
    void s3ArchiveKeepsEachBatchAsAnObject() throws Exception {
        try (var s3 = S3Server.s3proxy()) {
            s3.createBucket("archive");
            var settings = Map.of(
                    "destination.s3-archive.bucket", "archive",
                    "destination.s3-archive.endpoint", s3.endpoint().toString(),
                    "destination.s3-archive.access-key", s3.accessKey(),
                    "destination.s3-archive.secret-key", s3.secretKey());

            assertThat(run("s3-archive", settings).succeeded()).isTrue();

            var keys = s3.list("archive", "acme/syslog/");
            assertThat(keys).hasSize(SampleExport.BATCHES);
            assertThat(keys.stream().flatMap(key -> text(s3, key).lines()))
                    .hasSize(SampleExport.RECORDS)
                    .doesNotHaveDuplicates();
        }
    }

    @Test
    void syslogGetsEachRecordAsAMessage() throws Exception {
        try (var server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            List<String> messages = java.util.Collections.synchronizedList(new ArrayList<>());
            var listener = CompletableFuture.runAsync(() -> listen(server, messages));

            var run = run(
                    "syslog",
                    Map.of(
                            "destination.syslog.host",
                            "127.0.0.1",
                            "destination.syslog.port",
                            String.valueOf(server.getLocalPort())));

            assertThat(run.succeeded()).isTrue();
            Await.until("all messages", () -> messages.size() >= SampleExport.RECORDS);
            assertThat(listener).isNotDone();
            assertThat(messages)
                    .hasSize(SampleExport.RECORDS)
                    .allMatch(line -> line.matches("<134>1 20\\d\\d-\\S+T\\S+ - bytefreezer - - - \\{.*}"))
                    .extracting(line -> line.substring(line.indexOf('{')))
                    .doesNotHaveDuplicates();
        }
    }

    @Test
    void slackIsAlertedOfTheRecordsThatMatchAndNoOthers() throws Exception {
        try (var slack = ScriptedServer.start()) {
            slack.replyNext(1, Reply.of(429).header("Retry-After", "1"));

            var run = run(
                    "slack-alert",
                    Map.of(
                            "destination.slack-alert.url",
                            slack.url() + "/services/secret",
                            "destination.slack-alert.match",
                            "invalid user"));

            assertThat(run.succeeded()).isTrue();
            var matching = records().stream()
                    .filter(record -> record.contains("invalid user"))
                    .count();
            assertThat(matching).isBetween(1L, (long) SampleExport.RECORDS - 1);
            assertThat(slack.requests()).hasSize((int) matching + 1).allSatisfy(request -> {
                assertThat(request.path()).isEqualTo("/services/secret");
                assertThat(JSON.readTree(request.body()).path("text").asText()).contains(": ", "invalid user");
            });
        }
    }

    @Test
    void aKameletGetsEachBatch() throws Exception {
        try (var server = WebhookServer.start()) {
            var run = run(
                    "kamelet",
                    Map.of(
                            "destination.kamelet.url",
                            server.url() + "/sink",
                            "destination.kamelet.folder",
                            folder.resolve("kamelets").toString()));

            assertThat(run.succeeded()).isTrue();
            assertThat(server.requests()).hasSize(SampleExport.BATCHES);
            assertThat(server.records()).hasSize(SampleExport.RECORDS).doesNotHaveDuplicates();
        }
    }

    // -- Helpers

    /** Puts the files of a page where it says and exports the sample. */
    private TestRun run(String name, Map<String, String> settings) throws Exception {
        var routes = Routes.copyTo(folder.resolve("routes"));
        var page = Files.readString(PAGES.resolve(name + ".md"));
        assertThat(page).contains("`routes/destinations/" + name + ".camel.yaml`");
        for (var block : BLOCK.matcher(page).results().toList()) {
            var text = block.group(1);
            if (text.startsWith("# How")) {
                // For the certification, which the page's own test runs.
                continue;
            }
            if (text.startsWith("apiVersion")) {
                Files.createDirectories(folder.resolve("kamelets"));
                Files.writeString(folder.resolve("kamelets/post-sink.kamelet.yaml"), text);
            } else {
                Files.writeString(routes.resolve("destinations/" + name + ".camel.yaml"), text);
            }
        }
        var export = new SampleExport(folder, routes, Map.of("destination.type", name));
        for (var setting : settings.entrySet()) {
            export = export.with(setting.getKey(), setting.getValue());
        }
        return export.run();
    }

    private List<String> records() throws Exception {
        try (var elsewhere = WebhookServer.start()) {
            SampleExport.to(elsewhere.url(), folder.resolve("elsewhere")).run();
            return elsewhere.records();
        }
    }

    private static void listen(ServerSocket server, List<String> messages) {
        while (true) {
            try (var connection = server.accept()) {
                // One after the other is enough: the backlog holds the others.
                new BufferedReader(new InputStreamReader(connection.getInputStream(), StandardCharsets.UTF_8))
                        .lines()
                        .forEach(messages::add);
            } catch (IOException closed) {
                return;
            }
        }
    }

    private static String text(S3Server s3, String key) {
        return new String(s3.get("archive", key), StandardCharsets.UTF_8);
    }
}
