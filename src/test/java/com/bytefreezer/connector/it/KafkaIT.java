package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.MainHere;
import com.bytefreezer.connector.spool.DatasetState;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.ConnectorProcess;
import com.bytefreezer.connector.testing.FeedBed;
import com.bytefreezer.connector.testing.KafkaServer;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.TestSettings;
import com.bytefreezer.connector.testing.TestTools;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged connector sends to a real broker or reads from it, is killed in the middle, and started again. */
class KafkaIT {
    private static final int OBJECTS = 4;
    private static final int RECORDS_PER_OBJECT = 20_000;
    private static final int RECORDS = OBJECTS * RECORDS_PER_OBJECT;
    private static final int BATCH = 200;
    private static final int PARALLEL_OBJECTS = 2;
    private static final int IN_FLIGHT = 4;

    private static final String GROUP = "bytefreezer-orders";

    private static KafkaServer kafka;

    @TempDir
    private Path folder;

    @BeforeAll
    static void startKafka() {
        kafka = KafkaServer.start();
    }

    @AfterAll
    static void stopKafka() {
        if (kafka != null) {
            kafka.close();
        }
    }

    @Test
    void killedAgainAndAgainItRepeatsNoMoreThanWasInFlight() {
        kill(2);
    }

    @Test
    @Tag("soak")
    void killedTenTimesItRepeatsNoMoreThanWasInFlight() {
        kill(10);
    }

    private void kill(int times) {
        ParquetLake lake = ParquetLake.in(folder.resolve("lake"));
        for (int i = 0; i < OBJECTS; i++) {
            lake.numbers(
                    "year=2026/month=11/day=20/hour=%02d/o.parquet".formatted(i),
                    (long) i * RECORDS_PER_OBJECT,
                    RECORDS_PER_OBJECT);
        }
        Random random = new Random(5);
        String topic = "events-" + times;
        kafka.createTopic(topic, 3, Map.of());
        for (int kill = 1; kill <= times; kill++) {
            long enough = kafka.messageCount(topic) + 1 + random.nextInt(RECORDS / (8 * times));
            // Slow enough that the kills fit in.
            try (ConnectorProcess connector = start(lake, topic, "5000")) {
                Await.until(enough + " messages", () -> kafka.messageCount(topic) >= enough || !connector.isAlive());
                assertThat(connector.isAlive())
                        .as("the export was over before kill %d: %s", kill, connector.standardError())
                        .isTrue();
                connector.killHard();
            }
        }
        MainHere last = MainHere.runIn(environment(lake, topic, ""), "--mode", "batch");
        assertThat(last.code()).as(last.shown()).isZero();

        Set<String> ids = new HashSet<>();
        Set<Long> numbers = new HashSet<>();
        kafka.messages(topic).forEach(message -> {
            ids.add(new String(message.headers().lastHeader("record-id").value(), StandardCharsets.UTF_8));
            numbers.add(ParquetLake.number(message.value()));
        });
        assertThat(numbers).hasSize(RECORDS);
        // Consumers can tell repeats.
        assertThat(ids).hasSize(RECORDS);
        long repeats = kafka.messageCount(topic) - RECORDS;
        System.err.printf("Kafka, %d kills: %d of %d records repeated%n", times, repeats, RECORDS);
        assertThat(repeats).isBetween(0L, (long) times * PARALLEL_OBJECTS * IN_FLIGHT * BATCH);
    }

    /** As a process that dies after it has stored records, and before it commits their offsets. */
    @Test
    void killedAfterStoringItReadsNoRecordTwice() throws Exception {
        FeedBed bed = new FeedBed(folder);
        kafka.createTopic("orders", 1, Map.of());
        bed.feed("orders", Map.of("input", "kafka", "brokers", kafka.brokers(), "topic", "orders"));
        Path input = bed.routes().resolve("inputs/kafka.camel.yaml");
        String whole = Files.readString(input);
        Files.writeString(
                input, whole + "          - delay: {expression: {constant: \"3600000\"}, asyncDelayed: false}\n");
        produce(0, 100);
        try (ConnectorProcess connector = ingest()) {
            Await.until("some are stored", () -> connector.isAlive() && stored() > 0);
            connector.killHard();
        }
        Files.writeString(input, whole);
        produce(100, 200);
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.brokers()))) {
            assertThat(committed(admin)).isZero();
            forgetTheDead(admin);
            try (ConnectorProcess connector = ingest()) {
                Await.until("all is committed", () -> connector.isAlive() && committed(admin) == 200);
                connector.terminate();
                assertThat(connector.waitFor(Duration.ofMinutes(2)))
                        .as(connector.standardError())
                        .isZero();
            }
        }
        assertThat(bed.spooled("orders"))
                .extracting(event -> event.path("a").asInt())
                .containsExactlyElementsOf(IntStream.range(0, 200).boxed().toList());
    }

    private static void produce(int from, int to) throws Exception {
        try (var producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", kafka.brokers()), new ByteArraySerializer(), new ByteArraySerializer())) {
            for (int a = from; a < to; a++) {
                byte[] value = "{\"a\":%d}".formatted(a).getBytes(StandardCharsets.UTF_8);
                producer.send(new ProducerRecord<>("orders", value)).get();
            }
        }
    }

    /** By the journal; what the process had only written comes again. */
    private long stored() {
        try {
            return DatasetState.in(folder.resolve("spool")).stream()
                    .mapToLong(DatasetState::received)
                    .sum();
        } catch (IOException | UncheckedIOException e) {
            // It is being made.
            return 0;
        }
    }

    /** Otherwise the broker waits for 45 seconds for the member that was killed. */
    private static void forgetTheDead(Admin admin) throws InterruptedException {
        try {
            admin.removeMembersFromConsumerGroup(GROUP, new RemoveMembersFromConsumerGroupOptions())
                    .all()
                    .get();
        } catch (ExecutionException e) {
            // It is forgotten already.
        }
    }

    /** The offset of the group; 0 for none. */
    private static long committed(Admin admin) {
        try {
            return admin.listConsumerGroupOffsets(GROUP).partitionsToOffsetAndMetadata().get().values().stream()
                    .mapToLong(OffsetAndMetadata::offset)
                    .sum();
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private ConnectorProcess ingest() {
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

    private ConnectorProcess start(ParquetLake lake, String topic, String recordsPerSecond) {
        return ConnectorProcess.start(
                TestTools.projectDirectory(),
                environment(lake, topic, recordsPerSecond),
                List.of("-Xmx256m"),
                "--mode",
                "batch");
    }

    private Map<String, String> environment(ParquetLake lake, String topic, String recordsPerSecond) {
        Map<String, String> settings = new HashMap<>(lake.settings("SELECT n, hostname, message FROM events"));
        settings.putAll(Map.of(
                "destination.type", "kafka",
                "destination.kafka.brokers", kafka.brokers(),
                "destination.kafka.topic", topic,
                "schedule.batch-size", String.valueOf(BATCH),
                "delivery.max-in-flight", String.valueOf(IN_FLIGHT),
                "delivery.max-records-per-second", recordsPerSecond,
                "export.parallel-objects", String.valueOf(PARALLEL_OBJECTS),
                "cursor.file", folder.resolve("cursor.db").toString()));
        return TestSettings.environment(settings);
    }
}
