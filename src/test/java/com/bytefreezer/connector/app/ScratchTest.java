package com.bytefreezer.connector.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.config.ExportDefinition;
import com.bytefreezer.connector.testing.TestSettings;
import com.bytefreezer.connector.text.Secrets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScratchTest {
    private static final String SECRET = "a-secret-of-this-request";

    @TempDir
    Path lake;

    private final Secrets secrets = new Secrets();

    private Scratch scratch() throws Exception {
        return Scratch.ofOneExport(
                TestSettings.over(lake, Map.of("query.sql", "SELECT 1 FROM events")),
                secrets,
                "default",
                Map.of(
                        "query.sql", "SELECT 2 FROM events",
                        "destination.type", "webhook",
                        "destination.webhook.url", "http://localhost:1",
                        "destination.webhook.token", SECRET),
                List.of("destination.webhook.token"));
    }

    @Test
    void describesOneExportThatNothingElseKnowsOf() throws Exception {
        try (var scratch = scratch()) {
            var settings = scratch.settings();

            assertThat(settings.exports())
                    .singleElement()
                    .extracting(ExportDefinition::name, ExportDefinition::destination, ExportDefinition::sql)
                    .containsExactly("default", "webhook", "SELECT 2 FROM events");
            assertThat(Path.of(settings.text("cursor.file"))).startsWithRaw(scratch.folder());
            assertThat(settings.deadLettersFolder()).isEqualTo(scratch.deadLetters());
        }
    }

    @Test
    void masksItsSecretsWhileItLastsAndLeavesNothing() throws Exception {
        var scratch = scratch();
        assertThat(secrets.mask(SECRET)).isEqualTo("***");

        scratch.close();

        assertThat(secrets.mask(SECRET)).isEqualTo(SECRET);
        assertThat(scratch.folder()).doesNotExist();
    }
}
