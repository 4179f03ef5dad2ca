package com.bytefreezer.connector.app;

import com.bytefreezer.connector.delivery.Routes;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.WebhookServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** What tests of several exports share: a lake without objects, a folder of exports without files, a webhook. */
public abstract class ExportsBed {
    @TempDir
    protected Path folder;

    @AutoClose
    protected final WebhookServer sink;

    protected ParquetLake lake;
    protected Path exports;

    protected ExportsBed(WebhookServer sink) {
        this.sink = sink;
    }

    @BeforeEach
    void makeLakeAndRoutes() throws IOException {
        lake = ParquetLake.in(folder.resolve("lake"));
        Routes.copyTo(folder.resolve("routes"));
        exports = folder.resolve("routes/exports");
        Files.delete(exports.resolve("default.camel.yaml"));
    }

    /** Of a connector over the lake that asks for what is new each second; more or other ones as given. */
    protected Map<String, String> given(Map<String, String> more) {
        Map<String, String> given = new TreeMap<>(Map.of(
                "lake.root",
                "file:" + lake.root(),
                "destination.type",
                "webhook",
                "destination.webhook.url",
                sink.url().toString(),
                "schedule.interval-seconds",
                "1"));
        given.putAll(more);
        return given;
    }

    protected Path file(String export) {
        return exports.resolve(export + ".camel.yaml");
    }

    protected static String text(String export, String sql) {
        return Routes.export(
                export, Map.of("tenant", "acme", "dataset", "events", "destination", "webhook", "sql", sql));
    }
}
