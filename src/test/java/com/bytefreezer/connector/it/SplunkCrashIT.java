package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.ConnectorProcess;
import com.bytefreezer.connector.testing.HecServer;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.TestTools;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged connector, killed while it delivers to Splunk's HTTP Event Collector, and started again. */
class SplunkCrashIT {
    private static final int OBJECTS = 4;
    private static final int RECORDS_PER_OBJECT = 50_000;
    private static final int RECORDS = OBJECTS * RECORDS_PER_OBJECT;
    private static final int KILLS = 5;
    private static final int BATCH = 200;
    private static final int PARALLEL_OBJECTS = 2;
    private static final int IN_FLIGHT = 4;

    @TempDir
    private Path folder;

    @Test
    void killedAndStartedAgainItDeliversEveryRecordAndRepeatsNoMoreThanWasInFlight() {
        ParquetLake lake = ParquetLake.in(folder.resolve("lake"));
        for (int i = 0; i < OBJECTS; i++) {
            lake.numbers(
                    "year=2026/month=11/day=20/hour=%02d/o.parquet".formatted(i),
                    (long) i * RECORDS_PER_OBJECT,
                    RECORDS_PER_OBJECT);
        }
        try (HecServer hec = HecServer.start()) {
            for (int kill = 1; kill <= KILLS; kill++) {
                long before = hec.eventCount();
                try (ConnectorProcess connector = start(lake, hec)) {
                    Await.until(
                            "a delivery before kill " + kill,
                            () -> hec.eventCount() > before + 20 * BATCH || !connector.isAlive());
                    assertThat(connector.isAlive())
                            .as("the export was over before kill %d: %s", kill, connector.standardError())
                            .isTrue();
                    connector.killHard();
                }
            }
            try (ConnectorProcess connector = start(lake, hec)) {
                assertThat(connector.waitFor(Duration.ofMinutes(2)))
                        .as(connector.standardError())
                        .isZero();
            }

            List<Long> numbers = hec.events().stream()
                    .map(event -> event.path("event").path("n"))
                    .map(JsonNode::asLong)
                    .toList();
            assertThat(numbers.stream().distinct()).hasSize(RECORDS);
            int repeats = numbers.size() - RECORDS;
            System.err.printf("%d kills: %d of %d events repeated%n", KILLS, repeats, RECORDS);
            assertThat(repeats).isBetween(0, KILLS * PARALLEL_OBJECTS * IN_FLIGHT * BATCH);
        }
    }

    private ConnectorProcess start(ParquetLake lake, HecServer hec) {
        Map<String, String> environment = Map.ofEntries(
                Map.entry("LAKE_ROOT", "file:" + lake.root()),
                Map.entry("QUERY_TENANT_ID", "acme"),
                Map.entry("QUERY_DATASET_ID", "events"),
                Map.entry("QUERY_SQL", "SELECT n, hostname, message FROM events"),
                Map.entry("DESTINATION_TYPE", "splunk"),
                Map.entry("DESTINATION_SPLUNK_URL", hec.url().toString()),
                Map.entry("DESTINATION_SPLUNK_TOKEN", HecServer.TOKEN),
                Map.entry("SCHEDULE_BATCH_SIZE", String.valueOf(BATCH)),
                Map.entry("DELIVERY_MAX_IN_FLIGHT", String.valueOf(IN_FLIGHT)),
                Map.entry("EXPORT_PARALLEL_OBJECTS", String.valueOf(PARALLEL_OBJECTS)),
                Map.entry("CURSOR_FILE", folder.resolve("cursor.db").toString()));
        return ConnectorProcess.start(
                TestTools.projectDirectory(), environment, List.of("-Xmx256m"), "--mode", "batch");
    }
}
