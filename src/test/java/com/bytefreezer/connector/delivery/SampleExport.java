package com.bytefreezer.connector.delivery;

import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.testing.ParquetLake;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The export of the bundled sample, 400 records of 12 objects, to a webhook. Cursor and dead letters are in a folder. */
public record SampleExport(Path folder, Path routes, Map<String, String> settings) {
    public static final int RECORDS = 400;
    public static final int BATCHES = 9;
    public static final String TOKEN = "very-secret-bearer";
    public static final String PASSWORD = "very-secret-pass:word";
    private static final String QUERY = "very-secret-query";

    /** With a secret in the URL and as the token. */
    public static SampleExport to(URI server, Path folder) {
        return new SampleExport(
                folder,
                Path.of("routes"),
                Map.of(
                        "destination.type",
                        "webhook",
                        "destination.webhook.url",
                        server + "/hook?key=" + QUERY,
                        "destination.webhook.token",
                        TOKEN));
    }

    public SampleExport with(String name, Object value) {
        var more = new TreeMap<>(settings);
        more.put(name, value.toString());
        return new SampleExport(folder, routes, more);
    }

    /** The records of another lake. */
    public SampleExport from(ParquetLake lake, String sql) {
        var more = new TreeMap<>(settings);
        more.putAll(lake.settings(sql));
        return new SampleExport(folder, routes, more);
    }

    public SampleExport in(Path otherFolder) {
        return new SampleExport(otherFolder, routes, settings);
    }

    SampleExport routes(Path otherRoutes) {
        return new SampleExport(folder, otherRoutes, settings);
    }

    /** All records in one batch. */
    public SampleExport asOneBatch() {
        return with("query.sync", "full");
    }

    public TestRun run() throws Exception {
        return SilentRun.batch(TestRun.settings(folder, routes, settings), List.of(TOKEN, PASSWORD, QUERY, "?key"));
    }

    /** Every line of the dead letters of exports in this folder. */
    public static List<String> deadLettersIn(Path folder) throws IOException {
        Path letters = folder.resolve("dead-letters");
        if (!Files.exists(letters)) {
            return List.of();
        }
        try (var files = Files.walk(letters)) {
            var lines = new ArrayList<String>();
            for (var file : files.filter(Files::isRegularFile).toList()) {
                lines.addAll(Files.readAllLines(file));
            }
            return lines;
        }
    }
}
