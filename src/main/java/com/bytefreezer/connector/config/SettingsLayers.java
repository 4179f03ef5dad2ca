package com.bytefreezer.connector.config;

import com.bytefreezer.connector.config.Settings.Sources;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.text.Suggestion;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Merges the settings of the sources, of which one overrides another, and finds names that are not settings. */
final class SettingsLayers {
    static final String CONFIG_OF_DESTINATION = "destination.config.";
    /** Keys of the original's configuration that have no effect here. */
    static final Set<String> WITHOUT_EFFECT = Set.of("app.name", "app.version");

    /** One header: {@code destination.webhook.headers.X-Source}. */
    private static final Pattern HEADER = Pattern.compile("(destinations?\\.[^.]+\\.headers)\\.(.+)");

    private SettingsLayers() {}

    /** The merged layers, the lowest first. */
    static Map<String, String> merge(List<Map<String, String>> layers) {
        Map<String, String> merged = new TreeMap<>();
        layers.forEach(layer -> putSet(merged, layer));
        String type = merged.getOrDefault("destination.type", "");
        // Regardless of case, like headers.
        Map<String, String> resolved = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        for (Map<String, String> layer : layers) {
            Map<String, String> renamed = new TreeMap<>();
            layer.forEach((name, value) -> renamed.put(ofDestination(name, type), value));
            putSet(resolved, renamed);
        }
        // A path alone is a folder.
        resolved.computeIfPresent(
                "lake.root", (name, root) -> root.matches("(/|\\.{1,2}(/|$)).*") ? "file:" + root : root);
        nameBucketOfRoot(resolved);
        return withHeadersAsLines(resolved);
    }

    /**
     * What the files of settings, the environment and the command line say now; not the defaults.
     *
     * @param names to look for in the environment
     * @param problems gets those of the configuration file
     */
    static Map<String, String> given(Sources sources, Set<String> names, List<Problem> problems) {
        Path folder = sources.workingFolder();
        Path config = sources.configFile();
        return merge(List.of(
                folder == null ? Map.of() : properties(folder.resolve("application.properties")),
                config == null ? Map.of() : ConfigFile.read(config, problems),
                Environment.read(sources.environment(), names),
                sources.commandLine()));
    }

    /** A root in a bucket is enough, with the default AWS credential chain or s3.access-key. */
    private static void nameBucketOfRoot(Map<String, String> values) {
        String root = values.getOrDefault("lake.root", "");
        if (root.startsWith("s3://") && !values.containsKey("control.url")) {
            values.putIfAbsent("s3.bucket", root.substring("s3://".length()).split("/", 2)[0]);
        }
    }

    /** Headers that are set one by one become lines of the setting with all headers. */
    private static Map<String, String> withHeadersAsLines(Map<String, String> values) {
        Map<String, String> joined = new TreeMap<>();
        values.forEach((name, value) -> {
            Matcher header = HEADER.matcher(name);
            boolean single = header.matches();
            joined.merge(
                    single ? header.group(1) : name,
                    single ? header.group(2) + ": " + value : value,
                    (lines, line) -> lines + "\n" + line);
        });
        return joined;
    }

    /** An empty value is "not set": it does not hide the value of a lower layer, as in the original. */
    static void putSet(Map<String, String> target, Map<String, String> layer) {
        layer.forEach((name, value) -> {
            if (!value.isBlank()) {
                target.put(name, value.strip());
            }
        });
    }

    /** {@code destination.config.url} means {@code destination.webhook.url} when the webhook is chosen. */
    private static String ofDestination(String name, String type) {
        return name.startsWith(CONFIG_OF_DESTINATION)
                ? "destination." + type + "." + name.substring(CONFIG_OF_DESTINATION.length())
                : name;
    }

    /** A line for each name that is not a setting. */
    static List<Problem> unknown(Set<String> names, Set<String> known, String type, RouteFiles routes) {
        List<Problem> problems = new ArrayList<>();
        for (String name : names) {
            if (name.startsWith(CONFIG_OF_DESTINATION) && !routes.destinations().contains(type)) {
                // The problem of the unknown or ambiguous destination is enough.
                continue;
            }
            String resolved = HEADER.matcher(ofDestination(name, type)).replaceFirst("$1");
            if (!known.contains(resolved) && !WITHOUT_EFFECT.contains(name) && !name.startsWith("camel.")) {
                problems.add(Problem.ofStart(name + " is not a setting." + Suggestion.of(resolved, known), ""));
            }
        }
        return problems;
    }

    /** With several destinations, {@code destination.config} belongs to none of them. */
    static List<Problem> ofNoDestination(List<Map<String, String>> layers, String type) {
        List<String> destinations = ExportParameters.destinationsIn(type);
        if (destinations.size() == 1) {
            return List.of();
        }
        return layers.stream()
                .flatMap(layer -> layer.keySet().stream())
                .filter(name -> name.startsWith(CONFIG_OF_DESTINATION))
                .distinct()
                .map(name -> Problem.ofStart(
                        "%s belongs to no destination, because destination.type names several.".formatted(name),
                        destinations.stream()
                                .map(destination -> ofDestination(name, destination))
                                .collect(Collectors.joining(" or ", "Use ", "."))))
                .toList();
    }

    /** The program's own {@code application.properties}. */
    static Map<String, String> defaults() {
        try (InputStream resource = SettingsLayers.class.getResourceAsStream("/application.properties")) {
            if (resource == null) {
                throw new IllegalStateException("the program lacks its application.properties");
            }
            Properties properties = new Properties();
            properties.load(new InputStreamReader(resource, StandardCharsets.UTF_8));
            return asMap(properties);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Empty if the file does not exist. */
    static Map<String, String> properties(Path file) {
        if (!Files.exists(file)) {
            return Map.of();
        }
        try (var reader = Files.newBufferedReader(file)) {
            Properties properties = new Properties();
            properties.load(reader);
            return asMap(properties);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, String> asMap(Properties properties) {
        Map<String, String> map = new LinkedHashMap<>();
        properties.stringPropertyNames().forEach(name -> map.put(name, properties.getProperty(name)));
        return map;
    }
}
