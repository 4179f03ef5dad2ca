package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.WebhookServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An object that is big enough to be read as several slices at the same time. */
@Tag("slow")
class SliceTest {
    private static final int RECORDS = 1_500_000;

    @TempDir
    private Path folder;

    @Test
    void aBigObjectIsDeliveredOnceThoughARunFailsInBetween() throws Exception {
        ParquetLake lake = ParquetLake.in(folder.resolve("lake"));
        Path object = lake.object(
                "year=2026/month=11/day=20/hour=01/big.parquet",
                "SELECT n, hash(n) AS a, hash(n + 1) AS b, hash(n + 2) AS c FROM range(%d) t(n)".formatted(RECORDS));
        assertThat(Files.size(object)).isGreaterThan(32 << 20);
        try (WebhookServer sink = WebhookServer.startCounting(RECORDS, ParquetLake::number)) {
            Map<String, String> given = new HashMap<>(lake.settings("SELECT n, a FROM events WHERE hour = 1"));
            given.putAll(Map.of(
                    "destination.type", "webhook",
                    "destination.webhook.url", sink.url().toString(),
                    "destination.webhook.format", "ndjson",
                    "export.parallel-objects", "2",
                    "delivery.max-in-flight", "2",
                    "delivery.max-retries", "0"));
            Settings settings = TestRun.settings(folder, given);
            sink.replyWhen(request -> sink.acceptedRecords() > RECORDS / 2, Reply.of(503));
            assertThat(TestRun.batch(settings).succeeded()).isFalse();

            sink.replyWhen(request -> true, Reply.of(200));
            TestRun second = TestRun.batch(settings);
            assertThat(second.succeeded()).as(second.log().toString()).isTrue();
            assertThat(second.log("INFO")).anyMatch(line -> line.contains("export default: 1 objects"));
            assertThat(sink.distinctRecords()).isEqualTo(RECORDS);
            // What was in flight when it failed: two slices with two batches each.
            assertThat(sink.acceptedRecords()).isBetween((long) RECORDS, RECORDS + 4_000L);

            assertThat(TestRun.batch(settings).succeeded()).isTrue();
            assertThat(sink.acceptedRecords()).isLessThanOrEqualTo(RECORDS + 4_000L);
        }
    }
}
