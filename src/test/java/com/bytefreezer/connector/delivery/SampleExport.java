package com.bytefreezer.connector.delivery;

import com.bytefreezer.connector.TestRun;
import com.bytefreezer.connector.testing.ParquetLake;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The export of the bundled sample, 400 records of 12 objects, to a webhook. Cursor and dead letters are in a folder. */
record SampleExport(Path folder, Path routes, Map<String, String> settings) {
    static final int RECORDS = 400;
    static final int BATCHES = 9;
    static final String TOKEN = "very-secret-bearer";
    static final String PASSWORD = "very-secret-pass:word";
    private static final String QUERY = "very-secret-query";

    /** With a secret in the URL and as the token. */
    static SampleExport to(URI server, Path folder) {
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

    SampleExport with(String name, Object value) {
        var more = new TreeMap<>(settings);
        more.put(name, value.toString());
        return new SampleExport(folder, routes, more);
    }

    /** The records of another lake. */
    SampleExport from(ParquetLake lake, String sql) {
        var more = new TreeMap<>(settings);
        more.putAll(lake.settings(sql));
        return new SampleExport(folder, routes, more);
    }

    SampleExport in(Path otherFolder) {
        return new SampleExport(otherFolder, routes, settings);
    }

    SampleExport routes(Path otherRoutes) {
        return new SampleExport(folder, otherRoutes, settings);
    }

    /** All records in one batch. */
    SampleExport asOneBatch() {
        return with("query.sync", "full");
    }

    TestRun run() throws Exception {
        return SilentRun.batch(TestRun.settings(folder, routes, settings), List.of(TOKEN, PASSWORD, QUERY, "?key"));
    }
}
