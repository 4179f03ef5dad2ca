package com.bytefreezer.connector.config;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.commons.text.similarity.LevenshteinDistance;
import org.jspecify.annotations.Nullable;

/**
 * Every setting with its value, checked. Immutable.
 *
 * <p>The names and defaults are those of {@code application.properties}, plus what the route files use. Values come
 * from, highest first: the command line, the environment, the {@code --config} file (the original connector's YAML and
 * keys, CONTRACTS §3.2), {@code application.properties} in the working folder, the defaults.
 */
public final class Settings {
    private static final String PREFIX = "BYTEFREEZER_CONNECTOR_";
    private static final String CONFIG_OF_DESTINATION = "destination.config.";
    /** Keys of the original's configuration that have no effect here. */
    private static final Set<String> WITHOUT_EFFECT = Set.of(
            "app.name",
            "app.version",
            "server.port",
            "health-reporting.enabled",
            "health-reporting.report-interval",
            "health-reporting.timeout-seconds",
            "health-reporting.register-on-startup");

    private static final Map<String, String> PLAIN_ENVIRONMENT = Map.of("ACCOUNT_ID", "control.account-id");

    private final Map<String, String> values;
    private final boolean sample;
    private final List<Path> routeFiles;

    private Settings(Map<String, String> values, boolean sample, List<Path> routeFiles) {
        this.values = Map.copyOf(values);
        this.sample = sample;
        this.routeFiles = List.copyOf(routeFiles);
    }

    /** Where values come from. */
    public record Sources(
            Map<String, String> commandLine,
            Map<String, String> environment,
            @Nullable Path configFile,
            Path workingFolder,
            RouteFiles routes) {}

    /**
     * Reads, merges and checks.
     *
     * @throws SettingsException with all problems at once
     */
    public static Settings load(Sources sources) throws SettingsException {
        List<String> problems = new ArrayList<>();
        Map<String, String> defaults = defaults();
        Set<String> known = new TreeSet<>(defaults.keySet());
        known.addAll(sources.routes().settings());

        Map<String, String> file = propertiesIn(sources.workingFolder());
        Map<String, String> config =
                sources.configFile() == null ? Map.of() : configFile(sources.configFile(), problems);
        Map<String, String> environment = fromEnvironment(sources.environment(), known);

        // Lowest first.
        List<Map<String, String>> layers = new ArrayList<>(List.of(defaults, file, config, environment));
        layers.add(sources.commandLine());
        Map<String, String> merged = merge(layers);
        boolean sample = sources.configFile() == null && namesNoLake(merged);
        if (sample) {
            layers.add(1, properties(sources.workingFolder().resolve("samples/sample.properties")));
            merged = merge(layers);
        }

        Set<String> names = new LinkedHashSet<>(file.keySet());
        names.addAll(config.keySet());
        names.addAll(sources.commandLine().keySet());
        String type = merged.getOrDefault("destination.type", "");
        for (String name : names) {
            String resolved = ofDestination(name, type);
            if (!known.contains(resolved) && !WITHOUT_EFFECT.contains(name) && !name.startsWith("camel.")) {
                problems.add(name + " is not a setting." + suggestion(resolved, known) + " Not started.");
            }
        }
        problems.addAll(Rules.check(merged, sources.routes()));
        if (!problems.isEmpty()) {
            throw new SettingsException(problems);
        }
        return new Settings(merged, sample, Rules.files(merged, sources.routes()));
    }

    /** Names in the environment that carry the connector's prefix and mean nothing to it. */
    public static List<String> unknownInEnvironment(Map<String, String> environment, RouteFiles routes) {
        Set<String> known = new TreeSet<>(defaults().keySet());
        known.addAll(routes.settings());
        Set<String> understood = new TreeSet<>();
        known.forEach(name -> understood.add(PREFIX + inEnvironment(name)));
        WITHOUT_EFFECT.forEach(name -> understood.add(PREFIX + inEnvironment(name)));
        return environment.keySet().stream()
                .filter(name -> name.startsWith(PREFIX) && !understood.contains(name))
                .filter(name -> !name.startsWith(PREFIX + "DESTINATION_CONFIG_"))
                // What Kubernetes sets for a service named bytefreezer-connector.
                .filter(name -> !name.matches(PREFIX + "(SERVICE_.*|PORT|PORT_\\d+_.*)"))
                .sorted()
                .toList();
    }

    /** Whether nothing names a lake, so that the bundled sample is exported. */
    public boolean isSample() {
        return sample;
    }

    /** The value of a setting that has one for certain: a default, or required by the rules. */
    public String text(String name) {
        String value = values.get(name);
        if (value == null) {
            throw new IllegalStateException(name + " is not set");
        }
        return value;
    }

    public Optional<String> optional(String name) {
        return Optional.ofNullable(values.get(name));
    }

    /** A whole number; the rules have checked that it is one. */
    public int integer(String name) {
        return Integer.parseInt(text(name));
    }

    public boolean isTrue(String name) {
        return Boolean.parseBoolean(values.get(name));
    }

    /** All values that are set, for Camel's property placeholders. */
    public Properties asProperties() {
        Properties properties = new Properties();
        properties.putAll(values);
        return properties;
    }

    /** The route files to load. */
    public List<Path> routeFiles() {
        return routeFiles;
    }

    /** The secret values among the settings. */
    public Collection<String> secrets() {
        return values.entrySet().stream()
                .filter(entry -> Secrets.isSecret(entry.getKey()))
                .map(Map.Entry::getValue)
                .toList();
    }

    private static boolean namesNoLake(Map<String, String> merged) {
        return !merged.containsKey("lake.root")
                && !merged.containsKey("s3.bucket")
                && !merged.containsKey("control.url");
    }

    private static Map<String, String> merge(List<Map<String, String>> layers) {
        Map<String, String> merged = new TreeMap<>();
        layers.forEach(layer -> putSet(merged, layer));
        String type = merged.getOrDefault("destination.type", "");
        Map<String, String> resolved = new TreeMap<>();
        for (Map<String, String> layer : layers) {
            Map<String, String> renamed = new TreeMap<>();
            layer.forEach((name, value) -> renamed.put(ofDestination(name, type), value));
            putSet(resolved, renamed);
        }
        return resolved;
    }

    /** An empty value is "not set": it does not hide the value of a lower layer, as in the original. */
    private static void putSet(Map<String, String> target, Map<String, String> layer) {
        layer.forEach((name, value) -> {
            if (!value.isBlank()) {
                target.put(name, value);
            }
        });
    }

    /** {@code destination.config.url} means {@code destination.webhook.url} when the webhook is chosen. */
    private static String ofDestination(String name, String type) {
        return name.startsWith(CONFIG_OF_DESTINATION)
                ? "destination." + type + "." + name.substring(CONFIG_OF_DESTINATION.length())
                : name;
    }

    private static Map<String, String> defaults() {
        try (InputStream resource = Settings.class.getResourceAsStream("/application.properties")) {
            if (resource == null) {
                throw new IllegalStateException("application.properties is missing from the program");
            }
            Properties properties = new Properties();
            properties.load(resource);
            return asMap(properties);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, String> propertiesIn(Path folder) {
        return properties(folder.resolve("application.properties"));
    }

    private static Map<String, String> properties(Path file) {
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

    private static Map<String, String> configFile(Path file, List<String> problems) {
        Map<String, String> flat = new LinkedHashMap<>();
        try {
            JsonNode root = new YAMLMapper().readTree(Files.readString(file));
            if (root != null) {
                flatten("", root, flat);
            }
        } catch (JacksonException e) {
            var where = e.getLocation();
            problems.add("%s is not YAML: line %d, column %d: %s. Not started."
                    .formatted(
                            file,
                            where.getLineNr(),
                            where.getColumnNr(),
                            e.getOriginalMessage().lines().findFirst().orElse("")));
        } catch (IOException e) {
            problems.add("%s cannot be read (%s). Not started. Name the file with --config."
                    .formatted(file, e.getClass().getSimpleName()));
        }
        return flat;
    }

    private static void flatten(String prefix, JsonNode node, Map<String, String> flat) {
        if (node.isObject() && prefix.endsWith("headers")) {
            List<String> lines = new ArrayList<>();
            node.properties()
                    .forEach(header ->
                            lines.add(header.getKey() + ": " + header.getValue().asText()));
            flat.put(prefix, String.join("\n", lines));
            return;
        }
        if (node.isObject()) {
            node.properties().forEach(child -> {
                String name = child.getKey().replace('_', '-');
                flatten(prefix.isEmpty() ? name : prefix + "." + name, child.getValue(), flat);
            });
            return;
        }
        if (node.isArray()) {
            List<String> items = new ArrayList<>();
            node.forEach(item -> items.add(item.asText()));
            flat.put(prefix, String.join(",", items));
            return;
        }
        // 0 counts as "not set" in the original.
        boolean unset = node.isNull() || (node.isNumber() && node.asDouble() == 0);
        flat.put(prefix, unset ? "" : node.asText());
    }

    private static Map<String, String> fromEnvironment(Map<String, String> environment, Set<String> known) {
        Map<String, String> found = new LinkedHashMap<>();
        PLAIN_ENVIRONMENT.forEach((variable, name) -> find(environment, variable, name, found));
        known.forEach(name -> find(environment, inEnvironment(name), name, found));
        environment.forEach((variable, value) -> {
            if (variable.startsWith(PREFIX + "DESTINATION_CONFIG_")) {
                String rest = variable.substring((PREFIX + "DESTINATION_CONFIG_").length());
                found.put(CONFIG_OF_DESTINATION + rest.toLowerCase(Locale.ROOT).replace('_', '-'), value);
            }
        });
        known.forEach(name -> find(environment, PREFIX + inEnvironment(name), name, found));
        return found;
    }

    private static void find(Map<String, String> environment, String variable, String name, Map<String, String> found) {
        String value = environment.get(variable);
        if (value != null && !value.isBlank()) {
            found.put(name, value);
        }
    }

    private static String inEnvironment(String name) {
        return name.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    }

    private static String suggestion(String name, Set<String> known) {
        int furthest = Math.max(2, name.length() / 4);
        LevenshteinDistance distance = new LevenshteinDistance(furthest);
        String nearest = null;
        int shortest = Integer.MAX_VALUE;
        for (String candidate : known) {
            int between = distance.apply(name, candidate);
            if (between >= 0 && between < shortest) {
                nearest = candidate;
                shortest = between;
            }
        }
        return nearest == null ? "" : " Did you mean " + nearest + "?";
    }
}
