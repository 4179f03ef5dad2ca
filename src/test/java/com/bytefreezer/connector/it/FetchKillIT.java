package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.ConnectorProcess;
import com.bytefreezer.connector.testing.ElasticMqServer;
import com.bytefreezer.connector.testing.FeedBed;
import com.bytefreezer.connector.testing.NatsServer;
import io.nats.client.api.AckPolicy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that dies after it has stored messages, and before it acknowledges them. */
class FetchKillIT {
    private static final int ALL = 30;
    /** Follows the step that stores. */
    private static final String STOP_HERE =
            "          - delay: {expression: {constant: \"3600000\"}, asyncDelayed: false}\n";

    @TempDir
    private Path folder;

    @Test
    void whatWasStoredAndNotAcknowledgedIsNotStoredAgain() throws Exception {
        FeedBed bed = new FeedBed(folder);
        String[] messages =
                IntStream.range(0, ALL).mapToObj("{\"a\":%d}"::formatted).toArray(String[]::new);
        try (NatsServer nats = NatsServer.start();
                ElasticMqServer sqs = ElasticMqServer.start()) {
            nats.createStream("events");
            nats.createConsumer("events", "bytefreezer", AckPolicy.Explicit, Duration.ofSeconds(2));
            nats.publish("events", messages);
            sqs.createQueue("events");
            sqs.send("events", messages);
            bed.feed("nats", Map.of("input", "nats", "servers", "nats://127.0.0.1:" + nats.port(), "stream", "events"));
            bed.feed(
                    "sqs",
                    Map.of(
                            "input",
                            "sqs",
                            "queue",
                            "events",
                            "endpoint",
                            sqs.endpoint().toString(),
                            "access-key",
                            "any",
                            "secret-key",
                            "secret-key",
                            "visibility-timeout-seconds",
                            "2"));
            List<Path> inputs = Stream.of("nats", "sqs")
                    .map(kind -> bed.routes().resolve("inputs/%s.camel.yaml".formatted(kind)))
                    .toList();
            for (Path input : inputs) {
                Files.writeString(input, Files.readString(input) + STOP_HERE);
            }
            try (ConnectorProcess connector = start()) {
                Await.until("some are stored", () -> connector.isAlive() && isStored("nats") && isStored("sqs"));
            }
            assertThat(nats.unacknowledged("events", "bytefreezer")).isEqualTo(ALL);
            assertThat(sqs.left("events")).isEqualTo(ALL);
            for (Path input : inputs) {
                Files.writeString(input, Files.readString(input).replace(STOP_HERE, ""));
            }
            try (ConnectorProcess connector = start()) {
                Await.until(
                        "all is acknowledged",
                        () -> nats.unacknowledged("events", "bytefreezer") == 0 && sqs.left("events") == 0);
                connector.terminate();
                assertThat(connector.waitFor(Duration.ofMinutes(2)))
                        .as(connector.standardError())
                        .isZero();
            }
            for (String dataset : List.of("nats", "sqs")) {
                assertThat(bed.spooled(dataset))
                        .extracting(event -> event.path("a").asInt())
                        .containsExactlyInAnyOrderElementsOf(
                                IntStream.range(0, ALL).boxed().toList());
            }
        }
    }

    /** A journal has a line for each arrival that is on disk. */
    private boolean isStored(String dataset) {
        Path spool = folder.resolve("spool/acme").resolve(dataset);
        try (Stream<Path> files = Files.list(spool)) {
            return files.filter(file -> file.toString().endsWith(".journal"))
                    .anyMatch(file -> file.toFile().length() > 0);
        } catch (IOException | UncheckedIOException e) {
            // Not yet there.
            return false;
        }
    }

    private ConnectorProcess start() {
        return ConnectorProcess.start(
                folder,
                Map.of(),
                List.of(),
                "--mode",
                "ingest",
                "--set",
                "lake.root=" + folder.resolve("lake"),
                "--set",
                "data.folder=" + folder,
                "--set",
                "pack.timeout-seconds=3600");
    }
}
