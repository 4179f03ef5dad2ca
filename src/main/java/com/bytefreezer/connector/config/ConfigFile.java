package com.bytefreezer.connector.config;

import com.bytefreezer.connector.problem.Problem;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads the file of {@code --config}: YAML with the original connector's keys (docs/contracts.md), or packer's. */
final class ConfigFile {
    /** The settings for which the original treats 0 as "not set". */
    private static final Set<String> ZERO_IS_UNSET = Set.of(
            "schedule.interval-seconds",
            "schedule.batch-size",
            "health-reporting.report-interval",
            "health-reporting.timeout-seconds");

    private static final YAMLFactory YAML = YAMLFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private ConfigFile() {}

    /**
     * The settings by their names.
     *
     * @param problems gets one if the file cannot be read
     */
    static Map<String, String> read(Path file, List<Problem> problems) {
        Map<String, String> flat = asWritten(file, problems);
        return PackerFile.is(flat.keySet()) ? PackerFile.of(flat).settings() : flat;
    }

    /** The keys of packer's file that have no effect, as the file writes them. */
    static List<String> withoutEffect(Path file) {
        Map<String, String> flat = asWritten(file, new ArrayList<>());
        return PackerFile.is(flat.keySet())
                ? PackerFile.of(flat).withoutEffect().stream()
                        .map(key -> key.replace('-', '_'))
                        .toList()
                : List.of();
    }

    private static Map<String, String> asWritten(Path file, List<Problem> problems) {
        Map<String, String> flat = new LinkedHashMap<>();
        try (JsonParser yaml = YAML.createParser(Files.readString(file))) {
            JsonToken first = yaml.nextToken();
            if (first == JsonToken.START_OBJECT) {
                flatten("", yaml, flat);
            } else if (first != null
                    && first != JsonToken.VALUE_NULL
                    && !yaml.getText().isBlank()) {
                problems.add(Problem.ofStart(
                        "%s has no settings in it, such as \"control: {url: …}\".".formatted(file), ""));
            }
        } catch (JacksonException e) {
            var where = e.getLocation();
            problems.add(Problem.ofStart(
                    "%s is not YAML: line %d, column %d: %s."
                            .formatted(
                                    file,
                                    where.getLineNr(),
                                    where.getColumnNr(),
                                    e.getOriginalMessage().lines().findFirst().orElse("")),
                    ""));
        } catch (IOException e) {
            problems.add(Problem.ofStart(
                    "%s cannot be read (%s).".formatted(file, e.getClass().getSimpleName()),
                    "Name the file with --config."));
        }
        return flat;
    }

    /** Values are text as written: 007 stays 007, whatever YAML makes of it. */
    private static void flatten(String prefix, JsonParser yaml, Map<String, String> flat) throws IOException {
        switch (yaml.currentToken()) {
            case START_OBJECT -> {
                while (yaml.nextToken() != JsonToken.END_OBJECT) {
                    String key = yaml.currentName();
                    String name = prefix.endsWith(".headers") ? key : key.replace('_', '-');
                    yaml.nextToken();
                    flatten(prefix.isEmpty() ? name : prefix + "." + name, yaml, flat);
                }
            }
            case START_ARRAY -> {
                List<String> items = new ArrayList<>();
                Map<String, String> item = new LinkedHashMap<>();
                while (yaml.nextToken() != JsonToken.END_ARRAY) {
                    flatten("", yaml, item);
                    items.add(item.getOrDefault("", ""));
                    item.clear();
                }
                flat.put(prefix, String.join(",", items));
            }
            case VALUE_NULL -> flat.put(prefix, "");
            default -> {
                boolean unset = ZERO_IS_UNSET.contains(prefix) && yaml.getText().equals("0");
                flat.put(prefix, unset ? "" : yaml.getText());
            }
        }
    }
}
