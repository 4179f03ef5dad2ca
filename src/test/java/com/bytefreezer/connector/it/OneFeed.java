package com.bytefreezer.connector.it;

import com.bytefreezer.connector.app.Feeds;
import com.bytefreezer.connector.testing.FeedBed;
import com.bytefreezer.connector.testing.ParquetRows;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** One feed named data, into the dataset acme/data, in a folder of a test. */
final class OneFeed {
    private static final String NAME = "data";

    private final Path folder;
    private final FeedBed bed;

    OneFeed(Path folder) throws IOException {
        this.folder = folder;
        bed = new FeedBed(folder);
    }

    /** Describes the feed; {@code more} takes precedence. */
    void feed(String input, Map<String, String> parameters, Map<String, String> more) throws IOException {
        Map<String, String> all = new TreeMap<>(parameters);
        all.putAll(more);
        all.put("input", input);
        bed.feed(NAME, all);
    }

    Feeds start(Map<String, String> options) throws Exception {
        return bed.start(options);
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
        return bed.packAll();
    }

    /** The events in the spool. */
    List<JsonNode> spooled() {
        return bed.spooled(NAME);
    }

    List<JsonNode> deadLetters() {
        return bed.deadLetters(NAME);
    }

    /** The members {@code n} of the events in the spool. */
    List<Integer> numbers() {
        return spooled().stream().map(event -> event.path("n").asInt()).toList();
    }

    long spooledBytes() {
        Path spool = folder.resolve("spool/acme").resolve(NAME);
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

    /** A column of the objects in the lake. */
    List<Integer> inLake(String column) {
        return ParquetRows.of(folder.resolve("lake"), "SELECT CAST(%s AS INTEGER) FROM one".formatted(column)).stream()
                .map(Integer::valueOf)
                .toList();
    }
}
