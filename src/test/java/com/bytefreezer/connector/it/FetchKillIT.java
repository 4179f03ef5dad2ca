package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.spool.DatasetState;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.ConnectorProcess;
import com.bytefreezer.connector.testing.ElasticMqServer;
import com.bytefreezer.connector.testing.FeedBed;
import com.bytefreezer.connector.testing.KinesisServer;
import com.bytefreezer.connector.testing.NatsServer;
import com.bytefreezer.connector.testing.ParquetRows;
import io.nats.client.api.AckPolicy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that dies after it has stored what it has read, and before it says so, and in the middle of a pack. */
class FetchKillIT {
    private static final int ALL = 30;
    private static final List<String> KINDS = List.of("nats", "sqs", "kinesis", "file");
    /** Follows the step that stores. */
    private static final String STOP_HERE =
            "          - delay: {expression: {constant: \"3600000\"}, asyncDelayed: false}\n";

    @TempDir
    private Path folder;

    private FeedBed bed;

    @Test
    void whatWasStoredIsNotStoredAgainNorPackedInAnotherWay() throws Exception {
        bed = new FeedBed(folder);
        String[] messages =
                IntStream.range(0, ALL).mapToObj("{\"a\":%d}"::formatted).toArray(String[]::new);
        Path inbox = Files.createDirectory(folder.resolve("inbox"));
        Files.write(inbox.resolve("one.ndjson"), List.of(messages));
        bed.feed("file", Map.of("input", "file", "folder", inbox.toString(), "stable-seconds", "0"));
        try (NatsServer nats = NatsServer.start();
                ElasticMqServer sqs = ElasticMqServer.start();
                KinesisServer kinesis = KinesisServer.start();
                ServerSocket silent = new ServerSocket(0)) {
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
            kinesis.createStream("events", 2);
            kinesis.put("events", messages);
            bed.feed("kinesis", kinesis);
            List<Path> inputs = KINDS.stream()
                    .map(kind -> bed.routes().resolve("inputs/%s.camel.yaml".formatted(kind)))
                    .toList();
            for (Path input : inputs) {
                Files.writeString(input, Files.readString(input) + STOP_HERE);
            }
            packBy("SELECT a, random() AS r FROM incoming WHERE a % 10 <> 3");
            byte[] made;
            // The lake takes the connection, and does not answer.
            try (ConnectorProcess connector = start(
                    "s3.bucket=lake",
                    "s3.endpoint=http://127.0.0.1:" + silent.getLocalPort(),
                    "s3.access-key=any",
                    "s3.secret-key=secret-key")) {
                Await.until(
                        "some are stored, and a pack is made",
                        () -> connector.isAlive() && KINDS.stream().allMatch(this::isStored) && made().isPresent());
                connector.killHard();
                made = Files.readAllBytes(made().orElseThrow());
            }
            assertThat(nats.unacknowledged("events", "bytefreezer")).isEqualTo(ALL);
            assertThat(sqs.left("events")).isEqualTo(ALL);
            assertThat(inbox.resolve("one.ndjson")).exists();
            for (Path input : inputs) {
                Files.writeString(input, Files.readString(input).replace(STOP_HERE, ""));
            }
            packBy("SELECT a, 2.0 AS r FROM incoming WHERE a % 10 <> 3");
            try (ConnectorProcess connector = start("lake.root=" + folder.resolve("lake"))) {
                Await.until(
                        "all is acknowledged and packed",
                        () -> nats.unacknowledged("events", "bytefreezer") == 0
                                && sqs.left("events") == 0
                                && Files.exists(inbox.resolve(".done/one.ndjson"))
                                && isPacked());
                connector.terminate();
                assertThat(connector.waitFor(Duration.ofMinutes(2)))
                        .as(connector.standardError())
                        .isZero();
            }
            for (String dataset : KINDS) {
                assertThat(ParquetRows.of(folder.resolve("lake/acme").resolve(dataset), "SELECT a FROM one"))
                        .containsExactlyInAnyOrderElementsOf(IntStream.range(0, ALL)
                                .filter(a -> a % 10 != 3)
                                .mapToObj(String::valueOf)
                                .toList());
            }
            try (Stream<Path> objects = Files.walk(folder.resolve("lake"))) {
                assertThat(objects.filter(Files::isRegularFile))
                        .anySatisfy(object -> assertThat(object).hasBinaryContent(made));
            }
        }
    }

    private void packBy(String sql) throws IOException {
        Files.writeString(
                Files.createDirectories(bed.routes().resolve("packs")).resolve("all.camel.yaml"), """
                - templatedRoute:
                    routeTemplateRef: pack
                    routeId: pack-all
                    parameters:
                      - {name: name, value: all}
                      - {name: dataset, value: "*"}
                      - {name: sql, value: "%s"}
                """.formatted(sql));
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

    /** The object that SQL has made, once it is kept for every further try. */
    private Optional<Path> made() {
        try (Stream<Path> files = Files.walk(folder.resolve("spool/.packs"))) {
            return files.filter(file ->
                            file.endsWith("object.parquet") && !file.toString().contains(".part/"))
                    .findFirst();
        } catch (IOException | UncheckedIOException e) {
            // Not yet there, or in the middle of a change.
            return Optional.empty();
        }
    }

    private boolean isPacked() {
        try {
            List<DatasetState> states = DatasetState.in(folder.resolve("spool"));
            return states.stream().filter(one -> one.packed() == ALL - ALL / 10).count() == KINDS.size();
        } catch (IOException | UncheckedIOException e) {
            // It changes.
            return false;
        }
    }

    private ConnectorProcess start(String... lake) {
        List<String> arguments = new ArrayList<>(List.of("--mode", "ingest"));
        for (String each : lake) {
            arguments.addAll(List.of("--set", each));
        }
        arguments.addAll(List.of("--set", "data.folder=" + folder, "--set", "pack.timeout-seconds=1"));
        return ConnectorProcess.start(folder, Map.of(), List.of(), arguments.toArray(String[]::new));
    }
}
