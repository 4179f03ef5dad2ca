package com.bytefreezer.connector;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.testing.WebhookServer;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class SampleTest {
    @TempDir
    private Path folder;

    @Test
    void everyRecordOfTheQueryIsDeliveredOnceAndNotAgain() throws Exception {
        try (WebhookServer server = WebhookServer.start()) {
            var settings = TestRun.settings(
                    folder,
                    Map.of(
                            "destination.type",
                            "webhook",
                            "destination.webhook.url",
                            server.url().toString()));

            assertThat(TestRun.batch(settings).succeeded()).isTrue();
            assertThat(server.records()).hasSize(400).allMatch(record -> record.contains("Failed password"));

            assertThat(TestRun.batch(settings).succeeded()).isTrue();
            assertThat(server.records()).hasSize(400);
        }
    }
}
