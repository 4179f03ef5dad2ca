package com.bytefreezer.connector.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.cursor.Cursor;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.WebhookServer;
import com.bytefreezer.connector.text.Secrets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A signal may come as soon as there is something to stop, and before Camel is there. */
@Tag("slow")
class StopTest {
    @TempDir
    Path folder;

    @Test
    void aConnectorThatHasNotStartedCanBeStopped() {
        Settings settings = TestRun.settings(folder, Map.of("destination.type", "stdout"));
        Connector connector = new Connector(settings, new Secrets(), Cursor.open(settings), Mode.WATCH);

        assertThatCode(connector::close).doesNotThrowAnyException();
    }

    @Test
    void aStopThatTheDestinationHoldsUpStillClosesDuckDb() throws Exception {
        try (WebhookServer sink = WebhookServer.start()) {
            sink.reply(Reply.of(200).after(Duration.ofSeconds(10)));
            TestRun.Running watch = watch(sink, "shutdown.timeout-seconds", "1");
            try (watch) {
                Await.until("a request", () -> !sink.requests().isEmpty());
                assertThat(watch.hasDuckDb()).isTrue();
            }
            assertThat(watch.hasDuckDb()).isFalse();
        }
    }

    @Test
    void aStopDoesNotWaitForBatchesThatTheRateHoldsBack() throws Exception {
        try (WebhookServer sink = WebhookServer.start()) {
            TestRun.Running watch = watch(sink, "delivery.max-records-per-second", "1", "schedule.batch-size", "100");
            try (watch) {
                Await.until("a request", () -> !sink.requests().isEmpty());
            }
            assertThat(sink.requests()).hasSize(1);
            assertThat(watch.log()).noneMatch(line -> line.startsWith("WARN") || line.startsWith("ERROR"));
        }
    }

    @Test
    void aStopDoesNotWaitForADestinationThatIsDown() throws Exception {
        try (WebhookServer sink = WebhookServer.start()) {
            sink.reply(503);
            TestRun.Running watch = watch(
                    sink,
                    "delivery.max-retries",
                    "-1",
                    "delivery.retry-delay-ms",
                    "3600000",
                    "delivery.max-retry-delay-ms",
                    "3600000",
                    // Longer than this test may take.
                    "shutdown.timeout-seconds",
                    "3600");
            try (watch) {
                Await.until("a first try", () -> !sink.requests().isEmpty());
            }
            assertThat(watch.log()).noneMatch(line -> line.startsWith("ERROR"));
        }
    }

    @Test
    void aWorkbenchThatHasNotStartedCanBeStopped() {
        Workbench workbench = new Workbench(TestRun.settings(folder, Map.of()), new Secrets());

        assertThatCode(workbench::close).doesNotThrowAnyException();
    }

    private TestRun.Running watch(WebhookServer sink, String... settings) throws Exception {
        Map<String, String> all = new HashMap<>(Map.of(
                "destination.type",
                "webhook",
                "destination.webhook.url",
                sink.url().toString()));
        for (int i = 0; i < settings.length; i += 2) {
            all.put(settings[i], settings[i + 1]);
        }
        return TestRun.watch(TestRun.settings(folder, all));
    }
}
