package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.app.ExportsBed;
import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.WebhookServer;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Many exports in one process, which must not stand in each other's way. */
@Tag("slow")
class ManyExportsTest extends ExportsBed {
    ManyExportsTest() {
        super(WebhookServer.startCounting(100_000, ParquetLake::number));
    }

    private void makeObjects(int count) {
        for (int i = 0; i < count; i++) {
            // Partitions of their own, so that none is read together with another.
            lake.numbers("year=2026/month=11/day=%02d/hour=%02d/o.parquet".formatted(1 + i / 24, i % 24), i, 1);
        }
    }

    @Test
    void oneWithManyObjectsLetsOneWithFewPass() throws Exception {
        makeObjects(60);
        sink.reply(Reply.of(200).after(Duration.ofMillis(200)));
        export("big", "SELECT n, hostname FROM events");
        export("small", "SELECT n + 50000 AS n, hostname FROM events WHERE n = 0");
        TestRun run = TestRun.batch(settings(Map.of("export.parallel-lanes", "1", "export.parallel-objects", "1")));
        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
        assertThat(sink.distinctRecords()).isEqualTo(61);
        assertThat(sink.acceptedRecords()).isEqualTo(61);
        int small = lineOf(run, "export small: 60 objects");
        int big = lineOf(run, "export big: 60 objects");
        assertThat(small).isLessThan(big);
    }

    @Test
    void anIdleLaneHoldsNoThread() throws Exception {
        makeObjects(3);
        for (int i = 0; i < 12; i++) {
            export("export-" + i, "SELECT n + %d AS n, hostname FROM events WHERE n < 1".formatted(1000 * i));
        }
        try (TestRun.Running watch = TestRun.watch(settings(Map.of("schedule.interval-seconds", "3600")))) {
            Await.until("a record of each", () -> sink.distinctRecords() == 12);
            Await.until("no thread of a lane", () -> Thread.getAllStackTraces().keySet().stream()
                    .noneMatch(thread -> thread.getName().startsWith("lane-")));
            assertThat(watch.hasDuckDb()).isFalse();
        }
        assertThat(sink.acceptedRecords()).isEqualTo(12);
    }

    private static int lineOf(TestRun run, String text) {
        for (int i = 0; i < run.log().size(); i++) {
            if (run.log().get(i).contains(text)) {
                return i;
            }
        }
        throw new AssertionError(text);
    }

    private Settings settings(Map<String, String> more) {
        Map<String, String> given = given(more);
        given.put("destination.webhook.format", "ndjson");
        return TestRun.settings(folder, folder.resolve("routes"), given);
    }

    private void export(String name, String sql) throws IOException {
        Files.writeString(file(name), text(name, sql));
    }
}
