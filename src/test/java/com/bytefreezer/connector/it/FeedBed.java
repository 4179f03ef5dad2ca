package com.bytefreezer.connector.it;

import com.bytefreezer.connector.app.Feeds;
import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.RouteFiles;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.config.SettingsException;
import com.bytefreezer.connector.delivery.Routes;
import com.bytefreezer.connector.query.DuckDb;
import com.bytefreezer.connector.text.Json;
import com.bytefreezer.connector.text.Secrets;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** One feed named feed, into the dataset acme/data, in a folder of a test. */
final class FeedBed {
    private final Path folder;
    private final Path routes;

    FeedBed(Path folder) throws IOException {
        this.folder = folder;
        routes = Routes.copyTo(folder.resolve("routes"));
    }

    /** Describes the feed; {@code more} takes precedence. */
    void feed(String input, Map<String, String> parameters, Map<String, String> more) throws IOException {
        Map<String, String> all = new TreeMap<>(parameters);
        all.putAll(more);
        StringBuilder lines = new StringBuilder();
        all.forEach((name, value) -> lines.append("      - {name: %s, value: '%s'}\n".formatted(name, value)));
        Files.writeString(routes.resolve("feeds/feed.camel.yaml"), """
                - templatedRoute:
                    routeTemplateRef: feed
                    routeId: feed-feed
                    parameters:
                      - {name: name, value: feed}
                      - {name: input, value: %s}
                      - {name: tenant, value: acme}
                      - {name: dataset, value: data}
                """.formatted(input) + lines);
    }

    Feeds start(Map<String, String> options) throws Exception {
        Feeds feeds = new Feeds(settings(options), new Secrets(), Mode.INGEST);
        try {
            return feeds.start();
        } catch (Exception e) {
            feeds.close();
            throw e;
        }
    }

    /** What a test does while the feed runs. */
    interface Step {
        void run() throws Exception;
    }

    /** Runs the feed meanwhile. */
    void run(Map<String, String> options, Step step) throws Exception {
        Feeds feeds = start(options);
        try {
            step.run();
        } finally {
            feeds.close();
        }
    }

    /** Packs what is in the spool, and says whether it is all in the lake. */
    boolean packAll() throws Exception {
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

    /** The events in the spool. */
    List<JsonNode> spooled() {
        return read(false);
    }

    List<JsonNode> deadLetters() {
        return read(true);
    }

    /** The members {@code n} of the events in the spool. */
    List<Integer> numbers() {
        return spooled().stream().map(event -> event.path("n").asInt()).toList();
    }

    long spooledBytes() {
        Path spool = folder.resolve("spool/acme/data");
        if (!Files.exists(spool)) {
            return 0;
        }
        try (Stream<Path> files = Files.list(spool)) {
            return files.filter(one -> one.toString().endsWith(".ndjson"))
                    .mapToLong(one -> one.toFile().length())
                    .sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<JsonNode> read(boolean dead) {
        Path spool = folder.resolve("spool/acme/data");
        List<JsonNode> events = new ArrayList<>();
        if (!Files.exists(spool)) {
            return events;
        }
        try (Stream<Path> files = Files.list(spool)) {
            for (Path file : files.filter(one -> one.toString().endsWith(".ndjson"))
                    .filter(one -> one.toString().endsWith(".dead.ndjson") == dead)
                    .sorted()
                    .toList()) {
                for (String line : Files.readAllLines(file)) {
                    events.add(Json.mapper().readTree(line));
                }
            }
        } catch (IOException | UncheckedIOException e) {
            // It is being written.
        }
        return events;
    }

    /** A column of the objects in the lake. */
    List<Integer> inLake(String column) {
        List<String> objects;
        try (Stream<Path> files = Files.walk(folder.resolve("lake"))) {
            objects = files.map(Path::toString)
                    .filter(file -> file.endsWith(".parquet"))
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            return List.of();
        }
        List<Integer> values = new ArrayList<>();
        if (objects.isEmpty()) {
            return values;
        }
        try (Connection connection = DuckDb.forParsing();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "SELECT CAST(%s AS INTEGER) FROM read_parquet(['%s'], union_by_name = true)"
                                .formatted(column, String.join("', '", objects)))) {
            while (rows.next()) {
                values.add(rows.getInt(1));
            }
            return values;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
