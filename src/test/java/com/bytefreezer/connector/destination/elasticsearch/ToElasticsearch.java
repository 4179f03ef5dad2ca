package com.bytefreezer.connector.destination.elasticsearch;

import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.delivery.SilentRun;
import com.bytefreezer.connector.testing.ElasticsearchServer;
import com.bytefreezer.connector.testing.ParquetLake;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** An export to an Elasticsearch node. Cursor and dead letters are in a folder; without a lake it is the bundled sample. */
record ToElasticsearch(Path folder, Map<String, String> settings) {
    static final int SAMPLE_RECORDS = 400;

    /** Into an index, as the superuser. */
    static ToElasticsearch of(ElasticsearchServer server, String index, Path folder) {
        return new ToElasticsearch(folder, Map.of("destination.type", "elasticsearch"))
                .with("url", server.url())
                .with("index", index)
                .with("username", ElasticsearchServer.USER)
                .with("password", ElasticsearchServer.PASSWORD);
    }

    /** With a setting of the destination. */
    ToElasticsearch with(String name, Object value) {
        return set("destination.elasticsearch." + name, value);
    }

    ToElasticsearch set(String name, Object value) {
        var more = new TreeMap<>(settings);
        more.put(name, value.toString());
        return new ToElasticsearch(folder, more);
    }

    ToElasticsearch from(ParquetLake lake, String sql) {
        var more = new TreeMap<>(settings);
        more.putAll(lake.settings(sql));
        return new ToElasticsearch(folder, more);
    }

    ToElasticsearch in(Path otherFolder) {
        return new ToElasticsearch(otherFolder, settings);
    }

    TestRun run() throws Exception {
        return SilentRun.batch(
                TestRun.settings(folder, settings), List.of(ElasticsearchServer.PASSWORD, "very-secret-wrong"));
    }

    List<JsonNode> deadLetters() throws IOException {
        var letters = folder.resolve("dead-letters");
        var lines = new ArrayList<JsonNode>();
        if (Files.exists(letters)) {
            try (var files = Files.walk(letters)) {
                for (var file : files.filter(Files::isRegularFile).toList()) {
                    for (var line : Files.readAllLines(file)) {
                        lines.add(new ObjectMapper().readTree(line));
                    }
                }
            }
        }
        return lines;
    }
}
