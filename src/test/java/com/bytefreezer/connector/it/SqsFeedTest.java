package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.TestLog;
import com.bytefreezer.connector.app.Feeds;
import com.bytefreezer.connector.config.SettingsException;
import com.bytefreezer.connector.kit.CertifiedInput;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.ElasticMqServer;
import com.bytefreezer.connector.testing.FeedBed;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Messages of a queue that speaks SQS to the spool. */
@Tag("slow")
class SqsFeedTest {
    private static final String SECRET = "secret-key-of-the-queue";

    @TempDir
    private Path folder;

    private FeedBed bed;

    @BeforeEach
    void copyRoutes() throws Exception {
        bed = new FeedBed(folder);
    }

    private void feed(ElasticMqServer server, String queue) throws Exception {
        bed.feed(
                "queue",
                new TreeMap<>(Map.of(
                        "input",
                        "sqs",
                        "queue",
                        queue,
                        "endpoint",
                        server.endpoint().toString(),
                        "access-key",
                        "any",
                        "secret-key",
                        SECRET,
                        "visibility-timeout-seconds",
                        "5")));
    }

    @Test
    void eachMessageIsStoredOnceAndThenDeleted() throws Exception {
        try (ElasticMqServer server = ElasticMqServer.start()) {
            feed(server, server.url("events"));
            server.createQueue("events");
            server.send("events", "{\"a\":1}", "[{\"a\":2},{\"a\":3}]", "{\"a\":4}\n{\"a\":5}\n", "words", "[]");
            server.send("events", "{\"a\":6,\"b\":\"%s\"}".formatted("\u00e4".repeat(100_000)));
            server.send(
                    "events",
                    IntStream.rangeClosed(7, 200)
                            .mapToObj("{\"a\":%d}"::formatted)
                            .toArray(String[]::new));
            try (Feeds feeds = bed.start(Map.of())) {
                Await.until("all is deleted", () -> server.left("events") == 0);
                assertThat(feeds.port()).isZero();
            }
            assertThat(CertifiedInput.shows(
                            "sqs",
                            Map.of("endpoint", server.endpoint().toString(), "access-key", "any", "secret-key", SECRET),
                            "length(padding)"))
                    .hasSize(1);
            assertThat(bed.spooled("queue"))
                    .extracting(event -> event.path("a").asInt())
                    .filteredOn(number -> number > 0)
                    .containsExactlyInAnyOrderElementsOf(
                            IntStream.rangeClosed(1, 200).boxed().toList());
            assertThat(bed.deadLetters("queue"))
                    .extracting(letter -> letter.path("reason").asText())
                    .containsExactly("the message has no events");
        }
    }

    @Test
    void itGoesOnOnceServerQueueAndRoomAreThere() throws Exception {
        try (ElasticMqServer server = ElasticMqServer.stopped();
                TestLog log = TestLog.of(Class.forName("com.bytefreezer.connector.input.queue.FetchConsumer"))) {
            feed(server, "events");
            try (Feeds feeds = bed.start(Map.of("spool.max-bytes", "100000"))) {
                Await.until("it tells of the server", () -> !log.lines().isEmpty());
                server.restart();
                server.createQueue("events");
                server.send("events", "{\"a\":1,\"b\":\"%s\"}".formatted("x".repeat(90_000)));
                Await.until("it is deleted", () -> server.left("events") == 0);
                server.send("events", "{\"a\":2,\"b\":\"%s\"}".formatted("x".repeat(20_000)));
                Await.until("it tells of the spool", () -> log.lines().stream()
                        .anyMatch(line -> line.contains("feed queue: the spool is full")));
                server.stop();
                server.restart();
                assertThat(feeds.port()).isZero();
            }
            assertThat(server.left("events")).isEqualTo(1);
            try (Feeds feeds = bed.start(Map.of())) {
                Await.until("all is deleted", () -> server.left("events") == 0);
                assertThat(feeds.port()).isZero();
            }
            assertThat(bed.spooled("queue"))
                    .extracting(event -> event.path("a").asInt())
                    .containsExactly(1, 2);
            assertThat(log.lines())
                    .noneMatch(line -> line.contains(SECRET))
                    .first()
                    .asString()
                    .endsWith("Messages stay where they are. It tries again every 3 seconds.");
        }
    }

    @Test
    void aFeedWithoutAQueueStopsTheStart() throws Exception {
        bed.feed("queue", Map.of("input", "sqs", "visibility-timeout-seconds", "0"));
        assertThatThrownBy(() -> bed.start(Map.of()))
                .isInstanceOfSatisfying(SettingsException.class, wrong -> assertThat(wrong.problems())
                        .extracting(problem -> problem.line())
                        .anyMatch(line -> line.contains("queue must be the name or the URL of a queue"))
                        .anyMatch(line -> line.contains("visibility-timeout-seconds must be")));
        assertThat(List.of(folder.toFile().list())).doesNotContain("spool");
    }
}
