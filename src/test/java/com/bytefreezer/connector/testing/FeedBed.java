package com.bytefreezer.connector.testing;

import com.bytefreezer.connector.app.Feeds;
import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.RouteFiles;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.config.SettingsException;
import com.bytefreezer.connector.delivery.Routes;
import com.bytefreezer.connector.text.Json;
import com.bytefreezer.connector.text.Secrets;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Feeds of this process, and their spool, in a folder. */
public final class FeedBed {
    private final Path folder;
    private final Path routes;

    public FeedBed(Path folder) throws IOException {
        this.folder = folder;
        routes = Routes.copyTo(folder.resolve("routes"));
    }

    public Path routes() {
        return routes;
    }

    /** Describes a feed of the stream {@code events}. */
    public void feed(String name, KinesisServer kinesis) throws IOException {
        feed(
                name,
                Map.of(
                        "input",
                        "kinesis",
                        "stream-name",
                        "events",
                        "endpoint",
                        kinesis.endpoint().toString(),
                        "access-key",
                        "any",
                        "secret-key",
                        "secret-key"));
    }

    /** Describes a feed into the dataset of its name, of the tenant acme. */
    public void feed(String name, Map<String, String> parameters) throws IOException {
        String more = new TreeMap<>(parameters)
                .entrySet().stream()
                        .map(each -> "      - {name: %s, value: '%s'}%n".formatted(each.getKey(), each.getValue()))
                        .collect(Collectors.joining());
        Files.writeString(routes.resolve("feeds/%s.camel.yaml".formatted(name)), """
                - templatedRoute:
                    routeTemplateRef: feed
                    routeId: feed-%1$s
                    parameters:
                      - {name: name, value: %1$s}
                      - {name: tenant, value: acme}
                      - {name: dataset, value: %1$s}
                %2$s""".formatted(name, more));
    }

    /** Starts the feeds; what arrives stays in the spool. */
    public Feeds start(Map<String, String> options) throws Exception {
        Feeds feeds = new Feeds(settings(options), new Secrets(), Mode.INGEST);
        try {
            return feeds.start();
        } catch (Exception e) {
            feeds.close();
            throw e;
        }
    }

    /** Packs what is in the spool, and says whether it is all in the lake. */
    public boolean packAll() throws Exception {
        try (Feeds feeds = new Feeds(settings(Map.of()), new Secrets(), Mode.PACK)) {
            return feeds.packAll();
        }
    }

    private Settings settings(Map<String, String> options) throws SettingsException {
        Map<String, String> all = new TreeMap<>(Map.of(
                "lake.root",
                "file:" + folder.resolve("lake"),
                "data.folder",
                folder.toString(),
                "pack.timeout-seconds",
                "3600"));
        all.putAll(options);
        return Settings.load(new Settings.Sources(Mode.INGEST, all, Map.of(), null, folder, RouteFiles.in(routes)));
    }

    /** The events of a dataset. */
    public List<JsonNode> spooled(String dataset) {
        return lines(dataset, "\\d+\\.ndjson");
    }

    /** Those that are in the spool. */
    public List<JsonNode> deadLetters(String dataset) {
        return lines(dataset, "\\d+\\.dead\\.ndjson");
    }

    private List<JsonNode> lines(String dataset, String name) {
        Path spool = folder.resolve("spool/acme").resolve(dataset);
        List<JsonNode> lines = new ArrayList<>();
        if (Files.exists(spool)) {
            try (Stream<Path> files = Files.list(spool)) {
                for (Path file : files.filter(
                                one -> one.getFileName().toString().matches(name))
                        .sorted()
                        .toList()) {
                    for (String line : Files.readAllLines(file)) {
                        lines.add(Json.mapper().readTree(line));
                    }
                }
            } catch (IOException e) {
                // It is being written.
            }
        }
        return lines;
    }
}
