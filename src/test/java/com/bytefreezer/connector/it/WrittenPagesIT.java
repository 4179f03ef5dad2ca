package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.kit.Request;
import com.bytefreezer.connector.kit.ScriptedServer;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.KafkaServer;
import com.bytefreezer.connector.testing.S3Server;
import com.bytefreezer.connector.testing.TestTools;
import com.bytefreezer.connector.testing.WebhookServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The pages of docs/destinations and docs/cookbook, done word for word: each exports the sample. That of Elasticsearch is
 * in {@link ConservationIT}, which has a node. It is the longest class, so its name puts it among the first.
 */
class WrittenPagesIT {
    private static final int RECORDS = 400;
    private static final int BATCHES = 9;

    @TempDir
    private Path folder;

    @Test
    void everyPageHasATest() throws IOException {
        try (Stream<Path> pages = Stream.concat(
                Files.list(TestTools.projectDirectory().resolve("docs/destinations")),
                Files.list(TestTools.projectDirectory().resolve("docs/cookbook")))) {
            assertThat(pages.map(page -> page.getFileName().toString().replaceFirst("\\.md$", "")))
                    .containsExactlyInAnyOrder(
                            "stdout",
                            "file",
                            "webhook",
                            "splunk",
                            "elasticsearch",
                            "kafka",
                            "s3-archive",
                            "slack-alert",
                            "kamelet",
                            "ioc-detection",
                            "syslog");
        }
    }

    private WrittenPage page(String name) {
        return new WrittenPage("docs/destinations/" + name + ".md", folder);
    }

    private WrittenPage recipe(String name) {
        return new WrittenPage("docs/cookbook/" + name + ".md", folder);
    }

    @Test
    void stdout() throws Exception {
        assertThat(page("stdout").run().compared()).isOne();
    }

    @Test
    void file() throws Exception {
        assertThat(page("file").run().compared()).isOne();
    }

    @Test
    void webhook() throws Exception {
        WrittenPage.Done done =
                page("webhook").with("8000", TestTools.freePort()).run();
        assertThat(done.compared()).isOne();
    }

    @Test
    void splunk() throws Exception {
        // Skips where it is not installed, rather than to build it here.
        TestTools.hec();
        WrittenPage.Done done = page("splunk")
                .with("127.0.0.1:8088", "127.0.0.1:" + TestTools.freePort())
                .with("~/.cache/bytefreezer-connector-test", TestTools.cacheDirectory())
                .run();
        assertThat(done.compared()).isOne();
    }

    @Test
    void kafka() throws Exception {
        try (KafkaServer kafka = KafkaServer.start()) {
            kafka.createTopic("events", 1, Map.of());
            kafka.createTopic("certify", 1, Map.of());
            WrittenPage.Done done =
                    page("kafka").with("127.0.0.1:9092", kafka.brokers()).run();
            assertThat(kafka.messageCount("events")).isEqualTo(RECORDS);
            assertThat(done.printed().get(1)).contains("kafka: certified.");
        }
    }

    @Test
    void s3Archive() throws Exception {
        try (S3Server s3 = S3Server.s3proxy()) {
            s3.createBucket("archive");
            recipe("s3-archive")
                    .with("https://s3.eu-central-1.amazonaws.com", s3.endpoint())
                    .with("archivist", s3.accessKey())
                    .with("changeme", s3.secretKey())
                    .run();
            assertThat(s3.list("archive", "acme/syslog/")).hasSize(BATCHES);
        }
    }

    @Test
    void slackAlert() throws Exception {
        try (ScriptedServer slack = ScriptedServer.start()) {
            recipe("slack-alert").with("https://hooks.slack.com", slack.url()).run();
            assertThat(slack.requests())
                    .isNotEmpty()
                    .hasSizeLessThan(RECORDS)
                    .extracting(Request::text)
                    .allMatch(message -> message.contains("invalid user"));
        }
    }

    @Test
    void iocDetection() throws Exception {
        assertThat(recipe("ioc-detection").run().compared()).isOne();
    }

    @Test
    void kamelet() throws Exception {
        try (WebhookServer server = WebhookServer.start()) {
            WrittenPage.Done done = recipe("kamelet")
                    .with("http://127.0.0.1:8000", server.url())
                    .run();
            assertThat(server.records()).hasSize(RECORDS).doesNotHaveDuplicates();
            assertThat(done.printed().get(1)).contains("kamelet: certified.");
        }
    }

    @Test
    void syslog() throws Exception {
        AtomicLong messages = new AtomicLong();
        try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            CompletableFuture.runAsync(() -> count(server, messages));
            WrittenPage.Done done = recipe("syslog")
                    .with("5140", String.valueOf(server.getLocalPort()))
                    .run();
            // What was sent may still be on its way to the reader.
            Await.until("all messages", () -> messages.get() >= RECORDS);
            assertThat(messages.get()).isEqualTo(RECORDS);
            List<String> table = done.printed().get(1).lines().toList();
            assertThat(table).anyMatch(line -> line.startsWith("no fault") && line.endsWith("| yes"));
            assertThat(table)
                    .anyMatch(line -> line.startsWith("connection breaks in the middle") && line.endsWith("| NO"));
        }
    }

    private static void count(ServerSocket server, AtomicLong lines) {
        while (true) {
            try (var connection = server.accept();
                    var reader = new java.io.BufferedReader(new java.io.InputStreamReader(
                            connection.getInputStream(), java.nio.charset.StandardCharsets.UTF_8))) {
                reader.lines().forEach(line -> lines.incrementAndGet());
            } catch (IOException closed) {
                return;
            }
        }
    }
}
