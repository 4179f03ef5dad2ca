package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.TestLog;
import com.bytefreezer.connector.app.Feeds;
import com.bytefreezer.connector.config.SettingsException;
import com.bytefreezer.connector.kit.CertifiedInput;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.KinesisServer;
import com.bytefreezer.connector.testing.TestTools;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/** A stream that speaks Kinesis to the spool. */
@Tag("slow")
class KinesisFeedTest {
    private static final String SECRET = "secret-key-of-the-stream";

    private static KinesisServer server;

    @TempDir
    private Path folder;

    private OneFeed bed;

    private String stream;

    @BeforeAll
    static void startServer() {
        server = KinesisServer.start();
    }

    @AfterAll
    static void stopServer() {
        if (server != null) {
            server.close();
        }
    }

    @BeforeEach
    void copyRoutes(TestInfo test) throws Exception {
        stream = test.getTestMethod().orElseThrow().getName();
        bed = new OneFeed(folder);
    }

    private void feed(KinesisServer server, Map<String, String> more) throws Exception {
        bed.feed(
                "kinesis",
                new TreeMap<>(Map.of(
                        "stream-name",
                        stream,
                        "endpoint",
                        server.endpoint().toString(),
                        "access-key",
                        "any",
                        "secret-key",
                        SECRET)),
                more);
    }

    private static String[] numbers(int from, int to) {
        return IntStream.range(from, to).mapToObj("{\"n\":%d}"::formatted).toArray(String[]::new);
    }

    private static List<Integer> all(int to) {
        return IntStream.range(0, to).boxed().toList();
    }

    private void awaitNumbers(int count) {
        Await.until(count + " are stored", () -> bed.numbers().size() >= count);
    }

    @Test
    void shardsAreReadOnceAcrossSplitMergeAndStarts() throws Exception {
        server.createStream(stream, 1);
        feed(server, Map.of());
        server.put(stream, numbers(0, 20));
        bed.run(Map.of(), () -> {
            awaitNumbers(20);
            server.split(stream, server.openShards(stream).get(0));
            server.put(stream, numbers(20, 60));
            awaitNumbers(60);
        });
        // While it does not run: its parents are read first.
        server.put(stream, numbers(60, 100));
        List<String> two = server.openShards(stream);
        assertThat(two).hasSize(2);
        server.merge(stream, two.get(0), two.get(1));
        server.put(stream, numbers(100, 120));
        bed.run(Map.of(), () -> awaitNumbers(120));
        assertThat(bed.packAll()).isTrue();
        bed.run(Map.of(), () -> {
            server.put(stream, "{\"n\":120}");
            awaitNumbers(1);
        });
        assertThat(bed.numbers()).containsExactly(120);
        assertThat(bed.inLake("n")).containsExactlyInAnyOrderElementsOf(all(120));
        assertThat(bed.inLake("n").subList(100, 120)).containsExactlyInAnyOrderElementsOf(all(120).subList(100, 120));
        assertThat(bed.deadLetters()).isEmpty();
    }

    @Test
    void itGoesOnOnceServerStreamAndRoomAreThere() throws Exception {
        try (KinesisServer late = KinesisServer.stopped();
                TestLog log = TestLog.of(Class.forName("com.bytefreezer.connector.input.kinesis.StreamConsumer"))) {
            feed(late, Map.of());
            bed.run(Map.of("spool.max-bytes", "100000"), () -> {
                Await.until("it tells of the server", () -> !log.lines().isEmpty());
                late.begin();
                Await.until("it tells of the stream", () -> log.lines().stream()
                        .anyMatch(line -> line.contains("there is no stream %s. Create it".formatted(stream))));
                late.createStream(stream, 2);
                late.put(stream, "{\"n\":1,\"b\":\"%s\"}".formatted("x".repeat(90_000)));
                awaitNumbers(1);
                late.put(stream, "{\"n\":2,\"b\":\"%s\"}".formatted("x".repeat(20_000)));
                Await.until("it tells of the spool", () -> log.lines().stream()
                        .anyMatch(line -> line.contains("the spool is full")));
            });
            bed.run(Map.of(), () -> awaitNumbers(2));
            assertThat(bed.numbers()).containsExactly(1, 2);
            assertThat(log.lines()).noneMatch(line -> line.contains(SECRET));
        }
    }

    @Test
    void itBeginsAtTheEndAndStaysThereAfterAStop() throws Exception {
        server.createStream(stream, 2);
        feed(server, Map.of("from", "end"));
        server.put(stream, "{\"n\":1}");
        long second = Instant.now().getEpochSecond();
        Await.until("the next second but one", () -> Instant.now().getEpochSecond() > second + 1);
        var feeds = bed.start(Map.of());
        try {
            Await.until("it has reached the stream", () -> feeds.open().values().stream()
                    .allMatch(feed -> feed.trouble().isEmpty()));
        } finally {
            feeds.close();
        }
        server.put(stream, "{\"n\":2}");
        bed.run(Map.of(), () -> awaitNumbers(1));
        assertThat(bed.numbers()).containsExactly(2);
    }

    @Test
    void aStreamOfTheSameNameIsAnotherOne() throws Exception {
        feed(server, Map.of());
        server.createStream(stream, 1);
        server.put(stream, "{\"n\":1}");
        bed.run(Map.of(), () -> {
            awaitNumbers(1);
            server.deleteStream(stream);
            server.createStream(stream, 1);
            server.put(stream, "{\"n\":2}");
            awaitNumbers(2);
        });
        assertThat(bed.numbers()).containsExactly(1, 2);
    }

    @Test
    void aServerThatDoesNotAnswerHoldsUpNoStop() throws Exception {
        try (ServerSocket silent = new ServerSocket(0)) {
            bed.feed(
                    "kinesis",
                    Map.of("stream-name", stream, "access-key", "any", "secret-key", SECRET),
                    Map.of("endpoint", "http://127.0.0.1:" + silent.getLocalPort()));
            Feeds feeds = bed.start(Map.of());
            Thread stop = new Thread(feeds::close);
            try (Socket asked = silent.accept()) {
                stop.start();
                Await.until("it has stopped", () -> !stop.isAlive());
                assertThat(asked.isConnected()).isTrue();
            }
        }
    }

    @Test
    void anInputOfOneFileIsCertifiedByStepsWithAKey() throws Exception {
        Path file = Files.createDirectories(folder.resolve("inputs")).resolve("clicks.camel.yaml");
        Files.writeString(
                file,
                Files.readString(TestTools.projectDirectory().resolve("routes/inputs/kinesis.camel.yaml"))
                        .replace("input-kinesis", "input-clicks"));
        Files.writeString(file.resolveSibling("clicks.test.yaml"), """
                certify:
                  sent:
                    - setHeader: {name: key, constant: "one for all"}
                    - to: "kinesis-feed:{feed}"
                  feed: {stream-name: "clicks-{trial}"}
                """);
        assertThat(CertifiedInput.shows(
                        file.toString(),
                        Map.of("endpoint", server.endpoint().toString(), "access-key", "any", "secret-key", SECRET),
                        "kinesis.partition_key"))
                .containsExactly("one for all");
    }

    @Test
    void aFeedWithoutAStreamStopsTheStart() throws Exception {
        bed.feed("kinesis", Map.of("since", "yesterday"), Map.of());
        assertThatThrownBy(() -> bed.start(Map.of()))
                .isInstanceOfSatisfying(SettingsException.class, wrong -> assertThat(wrong.problems())
                        .extracting(problem -> problem.line())
                        .anyMatch(line -> line.contains("stream-name must be the name or the ARN of a stream"))
                        .anyMatch(line -> line.contains("since must be a time")));
    }
}
