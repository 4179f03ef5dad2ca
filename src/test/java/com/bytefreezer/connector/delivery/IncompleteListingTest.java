package com.bytefreezer.connector.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.app.Command;
import com.bytefreezer.connector.app.CommandOptions;
import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.operate.Status;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.WebhookServer;
import com.bytefreezer.connector.text.Secrets;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A folder of which a part cannot be looked into, and one with files that are left out. */
@Tag("slow")
class IncompleteListingTest {
    @TempDir
    private Path folder;

    @Test
    void theRestIsDeliveredAndTheRunFailsByName() throws Exception {
        var lake = lake();
        var link = danglingLink();
        try (var server = WebhookServer.start()) {
            var export = SampleExport.to(server.url(), folder).from(lake, "SELECT id FROM events");

            var run = export.run();
            assertThat(run.succeeded()).isFalse();
            assertThat(run.log("ERROR"))
                    .singleElement()
                    .asString()
                    .contains("1 folders or files could not be read", link + " (a broken link)");
            assertThat(server.records()).hasSize(1);

            Files.delete(link);
            assertThat(export.run().succeeded()).isTrue();
            assertThat(server.records()).hasSize(1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"SELECT count(*) AS n FROM events", "SELECT id FROM events ORDER BY id"})
    void aQueryOverTheWholeIsNotAnsweredFromAPart(String sql) throws Exception {
        var lake = lake();
        danglingLink();
        try (var server = WebhookServer.start()) {
            var run = SampleExport.to(server.url(), folder).from(lake, sql).run();

            assertThat(run.succeeded()).isFalse();
            assertThat(server.records()).isEmpty();
        }
    }

    @Test
    void whatIsLeftOutIsToldOnce() throws Exception {
        var lake = lake();
        lake.object("_delta_log/1.checkpoint.parquet", "SELECT 2 AS id");
        lake.object("day=01/b.parq", "SELECT 3 AS id");
        try (var server = WebhookServer.start()) {
            var export = SampleExport.to(server.url(), folder).from(lake, "SELECT id FROM events");
            var run = export.run();

            assertThat(run.succeeded()).isTrue();
            assertThat(server.records()).hasSize(1);
            assertThat(run.log("WARN"))
                    .singleElement()
                    .asString()
                    .contains("left out: _delta_log (1)", "*.parq (1), such as day=01/b.parq");
        }
    }

    @Test
    void whatIsLeftOutIsKeptUntilAListingLeavesOutNothing() throws Exception {
        var lake = lake();
        var other = lake.object("day=01/b.parq", "SELECT 3 AS id");
        try (var server = WebhookServer.start()) {
            var export = SampleExport.to(server.url(), folder).from(lake, "SELECT id FROM events");
            var settings = TestRun.settings(folder, export.routes(), export.settings());
            assertThat(export.run().succeeded()).isTrue();
            assertThat(leftOut(settings)).contains("*.parq (1), such as day=01/b.parq; rename them.");
            assertThat(statusTable(settings).lines().skip(2))
                    .singleElement()
                    .asString()
                    .startsWith("default/webhook: ")
                    .endsWith("*.parq (1), such as day=01/b.parq; rename them.");

            Files.delete(other);
            assertThat(export.run().succeeded()).isTrue();
            assertThat(leftOut(settings)).isNull();
            assertThat(statusTable(settings).lines()).hasSize(2);
        }
    }

    private static String statusTable(Settings settings) throws Exception {
        var out = new ByteArrayOutputStream();
        var command = new Command(
                settings, new Secrets(), new CommandOptions(), new PrintStream(out, true, StandardCharsets.UTF_8));
        assertThat(command.status()).isZero();
        return out.toString(StandardCharsets.UTF_8);
    }

    private static @Nullable String leftOut(Settings settings) {
        return Status.ofStore(settings, new DeadLetters(settings.deadLettersFolder())).lanes().stream()
                .findFirst()
                .orElseThrow()
                .leftOut();
    }

    private ParquetLake lake() throws Exception {
        var lake = ParquetLake.in(folder.resolve("lake"));
        lake.object("day=01/a.parquet", "SELECT 1 AS id");
        return lake;
    }

    private Path danglingLink() throws Exception {
        try (Stream<Path> files = Files.walk(folder.resolve("lake"))) {
            var object =
                    files.filter(file -> file.endsWith("a.parquet")).findFirst().orElseThrow();
            return Files.createSymbolicLink(object.resolveSibling("b.parquet"), folder.resolve("nowhere"));
        }
    }
}
