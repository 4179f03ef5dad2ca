package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.ConnectorProcess;
import com.bytefreezer.connector.testing.KafkaServer;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.TestTools;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged connector sends to a real broker, is killed in the middle, and started again. */
class KafkaIT {
    private static final int OBJECTS = 4;
    private static final int RECORDS_PER_OBJECT = 20_000;
    private static final int RECORDS = OBJECTS * RECORDS_PER_OBJECT;
    private static final int BATCH = 200;
    private static final int PARALLEL_OBJECTS = 2;
    private static final int IN_FLIGHT = 4;

    @TempDir
    private Path folder;

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
        try (KafkaServer kafka = KafkaServer.start()) {
            kafka.createTopic("events", 3, Map.of());
            for (int kill = 1; kill <= times; kill++) {
                long enough = kafka.messageCount("events") + 1 + random.nextInt(RECORDS / (8 * times));
                // Slow enough that the kills fit in.
                try (ConnectorProcess connector = start(lake, kafka, "5000")) {
                    Await.until(
                            enough + " messages", () -> kafka.messageCount("events") >= enough || !connector.isAlive());
                    assertThat(connector.isAlive())
                            .as("the export was over before kill %d: %s", kill, connector.standardError())
                            .isTrue();
                    connector.killHard();
                }
            }
            try (ConnectorProcess connector = start(lake, kafka, "")) {
                assertThat(connector.waitFor(Duration.ofMinutes(2)))
                        .as(connector.standardError())
                        .isZero();
            }

            Set<String> ids = new HashSet<>();
            Set<Long> numbers = new HashSet<>();
            kafka.messages("events").forEach(message -> {
                ids.add(new String(message.headers().lastHeader("record-id").value(), StandardCharsets.UTF_8));
                numbers.add(ParquetLake.number(message.value()));
            });
            assertThat(numbers).hasSize(RECORDS);
            // Consumers can tell repeats.
            assertThat(ids).hasSize(RECORDS);
            long repeats = kafka.messageCount("events") - RECORDS;
            System.err.printf("Kafka, %d kills: %d of %d records repeated%n", times, repeats, RECORDS);
            assertThat(repeats).isBetween(0L, (long) times * PARALLEL_OBJECTS * IN_FLIGHT * BATCH);
        }
    }

    private ConnectorProcess start(ParquetLake lake, KafkaServer kafka, String recordsPerSecond) {
        Map<String, String> environment = new HashMap<>();
        lake.settings("SELECT n, hostname, message FROM events")
                .forEach((name, value) -> environment.put(variable(name), value));
        Map.of(
                        "destination.type", "kafka",
                        "destination.kafka.brokers", kafka.brokers(),
                        "destination.kafka.topic", "events",
                        "schedule.batch-size", String.valueOf(BATCH),
                        "delivery.max-in-flight", String.valueOf(IN_FLIGHT),
                        "delivery.max-records-per-second", recordsPerSecond,
                        "export.parallel-objects", String.valueOf(PARALLEL_OBJECTS),
                        "cursor.file", folder.resolve("cursor.db").toString())
                .forEach((name, value) -> environment.put(variable(name), value));
        return ConnectorProcess.start(
                TestTools.projectDirectory(), environment, List.of("-Xmx256m"), "--mode", "batch");
    }

    private static String variable(String setting) {
        return setting.toUpperCase(java.util.Locale.ROOT).replaceAll("[.-]", "_");
    }
}
