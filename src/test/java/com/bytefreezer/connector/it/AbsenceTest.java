package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.delivery.DeadLetters;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.operate.LaneStatus;
import com.bytefreezer.connector.operate.Status;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.LatencyProxy;
import com.bytefreezer.connector.testing.MinioServer;
import com.bytefreezer.connector.testing.PostgresServer;
import com.bytefreezer.connector.testing.S3Server;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What does not answer is heard of within 15 seconds, wherever one looks, and that it is over is said, too. */
@Tag("slow")
class AbsenceTest extends FaultBed {
    private final HttpClient http = HttpClient.newHttpClient();

    @Test
    void aBucketThatDiesIsHeardOfAndThatItIsBack() throws Exception {
        try (MinioServer minio = withObjects(30)) {
            watched(onS3(minio), minio::kill, minio::restart, "onnect");
        }
    }

    @Test
    void aFrozenBucketIsHeardOfAndSoIsItsReturn() throws Exception {
        try (MinioServer minio = withObjects(30)) {
            watched(onS3(minio), minio::pause, minio::resume, "no answer");
        }
    }

    @Test
    void aDestinationThatDiesIsHeardOfAndThatItIsBack() throws Exception {
        objects(30);
        try (LatencyProxy network = LatencyProxy.start(sink.url(), Duration.ZERO)) {
            watched(to(network), network::cut, network::heal, "webhook");
        }
    }

    @Test
    void aFrozenDestinationIsHeardOfAndSoIsItsReturn() throws Exception {
        objects(30);
        try (LatencyProxy network = LatencyProxy.start(sink.url(), Duration.ZERO)) {
            watched(to(network), network::hang, network::heal, "webhook: no answer for 1");
        }
    }

    @Test
    void aDatabaseThatDiesIsHeardOfAndThatItIsBack() throws Exception {
        objects(30);
        try (PostgresServer postgres = PostgresServer.start()) {
            watched(on(postgres), postgres::kill, postgres::restart, "cursor");
        }
    }

    @Test
    void aFrozenDatabaseIsHeardOfAndSoIsItsReturn() throws Exception {
        objects(30);
        try (PostgresServer postgres = PostgresServer.start()) {
            watched(on(postgres), postgres::pause, postgres::resume, "cursor");
        }
    }

    @Test
    void aDestinationThatRefusesEverythingIsHeardOfUntilItIsMended() throws Exception {
        objects(30);
        watched(
                Map.of(),
                () -> sink.reply(Reply.of(400, "no").after(Duration.ofMillis(100))),
                () -> sink.reply(Reply.of(200).after(Duration.ofMillis(10))),
                "webhook refuses every record (400 from");
    }

    @Test
    void deadLettersThatCannotBeKeptAreHeardOf() throws Exception {
        large("a.parquet", 0, 200);
        Path inTheWay = folder.resolve("dead-letters/default");
        sink.reply(Reply.of(400, "no"));
        Settings settings = settings(Map.of("delivery.max-rejected-ratio", "1"));
        Files.createDirectories(inTheWay.getParent());
        Files.writeString(inTheWay, "");
        try (TestRun.Running watch = TestRun.watch(settings)) {
            Await.until("a sign", () -> retrying(settings) > 0);
            assertThat(watch.signs()
                            .of(new Lane("default", "webhook"))
                            .orElseThrow()
                            .why())
                    .contains("dead letters");
            // Nothing is searched for that could not be kept.
            assertThat(sink.requests()).hasSizeLessThan(20);
            Files.delete(inTheWay);
            Await.until("the end of it", () -> retrying(settings) == 0);
        }
    }

    private void watched(Map<String, String> given, Runnable failure, Runnable end, String word) throws Exception {
        sink.reply(Reply.of(200).after(Duration.ofMillis(100)));
        // So that there is something to deliver when it fails.
        sink.holdAt(1);
        Settings settings = settings(given);
        try (TestRun.Running watch = TestRun.watch(settings)) {
            Await.until("the first records", () -> sink.acceptedRecords() > 0);
            assertThat(retrying(settings)).isZero();
            try {
                failure.run();
                long failed = System.nanoTime();
                sink.answerAll();
                Await.until("a sign", () -> retrying(settings) > 0);
                double metric = since(failed);
                Await.until("a line", () -> !waits(watch).isEmpty());
                double line = since(failed);
                // The rows of docs/reliability.md.
                System.err.printf(
                        "signs: metrics %.1f s, line %.1f s: %s%n",
                        metric, line, waits(watch).get(0));
                assertThat(waits(watch)).singleElement().asString().contains(word);
                if (!given.containsKey("cursor.url")) {
                    // With the next heartbeat.
                    Await.until(
                            "a sign for others",
                            () -> fromOutside(settings).state().equals("retrying"));
                }
            } finally {
                end.run();
            }
            Await.until("the end of it", () -> retrying(settings) == 0);
            Await.until("a line", () -> lines(watch, "INFO ").stream()
                    .anyMatch(line -> line.contains("it works again, after")));
            assertThat(waits(watch)).hasSize(1);
        }
    }

    private static double since(long nanos) {
        return (System.nanoTime() - nanos) / 1e9;
    }

    private static List<String> waits(TestRun.Running watch) {
        return lines(watch, "WARN ").stream()
                .filter(line -> line.contains("The connector retries; nothing is lost"))
                .toList();
    }

    private static LaneStatus fromOutside(Settings settings) {
        return Status.ofStore(settings, new DeadLetters(settings.deadLettersFolder()))
                .lanes()
                .get(0);
    }

    private double retrying(Settings settings) {
        URI metrics = URI.create("http://127.0.0.1:%s/metrics".formatted(settings.text("server.port")));
        try {
            String page = http.send(HttpRequest.newBuilder(metrics).build(), HttpResponse.BodyHandlers.ofString())
                    .body();
            return page.lines()
                    .filter(line -> line.startsWith("bytefreezer_connector_retrying{"))
                    .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                    .sum();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private MinioServer withObjects(int count) {
        objects(count);
        return filled(S3Server.minio());
    }

    private void objects(int count) {
        for (int i = 0; i < count; i++) {
            large(i + ".parquet", i * 10_000, 10_000);
        }
    }

    private static Map<String, String> to(LatencyProxy network) {
        return Map.of("destination.webhook.url", network.endpoint().toString());
    }

    private static Map<String, String> on(PostgresServer postgres) {
        return new TreeMap<>(Map.of(
                "cursor.url", postgres.url(),
                "cursor.username", PostgresServer.USERNAME,
                "cursor.password", PostgresServer.PASSWORD));
    }
}
