package com.bytefreezer.connector.config;

import com.bytefreezer.connector.text.SecretValues;
import com.bytefreezer.connector.text.Secrets;
import com.bytefreezer.connector.text.Suggestion;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Every setting with its value, checked. Immutable.
 *
 * <p>The names and defaults are those of {@code application.properties}, plus what the route files use. Values come
 * from, highest first: the command line, the environment, the {@code --config} file (the original connector's YAML and
 * keys, docs/contracts.md), {@code application.properties} in the working folder, the defaults.
 */
public final class Settings {
    /** Of the names in the environment that are meant for the connector in any case. */
    public static final String PREFIX = "BYTEFREEZER_CONNECTOR_";

    private static final String CONFIG_OF_DESTINATION = "destination.config.";
    /** Keys of the original's configuration that have no effect here. */
    private static final Set<String> WITHOUT_EFFECT = Set.of("app.name", "app.version");

    /** Where the original takes 0 for "not set". */
    private static final Set<String> ZERO_IS_UNSET = Set.of(
            "schedule.interval-seconds",
            "schedule.batch-size",
            "health-reporting.report-interval",
            "health-reporting.timeout-seconds");

    /** What names a lake, or at least shows that one is meant. */
    private static final List<String> LAKE = List.of(
            "lake.root",
            "s3.bucket",
            "s3.endpoint",
            "s3.access-key",
            "s3.secret-key",
            "control.url",
            "control.api-key",
            "control.account-id");

    /** One header: {@code destination.webhook.headers.X-Source}. */
    private static final Pattern HEADER = Pattern.compile("(destination\\.[^.]+\\.headers)\\.(.+)");

    private static final YAMLFactory YAML = YAMLFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private static final Map<String, String> PLAIN_ENVIRONMENT = Map.of("ACCOUNT_ID", "control.account-id");

    private final Map<String, String> values;
    private final boolean sample;
    private final Sources sources;

    private Settings(Map<String, String> values, boolean sample, Sources sources) {
        this.values = Map.copyOf(values);
        this.sample = sample;
        this.sources = sources;
    }

    /**
     * Where values come from.
     *
     * @param mode says which settings must be there
     * @param workingFolder with an {@code application.properties}; null for none
     */
    public record Sources(
            Mode mode,
            Map<String, String> commandLine,
            Map<String, String> environment,
            @Nullable Path configFile,
            @Nullable Path workingFolder,
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

        Path folder = sources.workingFolder();
        Map<String, String> file = folder == null ? Map.of() : properties(folder.resolve("application.properties"));
        Map<String, String> config =
                sources.configFile() == null ? Map.of() : configFile(sources.configFile(), problems);
        if (!problems.isEmpty()) {
            // Whatever else is missing may be in there.
            throw new SettingsException(problems);
        }
        Map<String, String> environment = fromEnvironment(sources.environment(), known);

        // Lowest first.
        List<Map<String, String>> layers = new ArrayList<>(List.of(defaults, file, config, environment));
        layers.add(sources.commandLine());
        Map<String, String> merged = merge(layers);
        boolean sample = folder != null && sources.configFile() == null && namesNoLake(merged);
        if (folder != null && sample) {
            layers.add(1, properties(folder.resolve("samples/sample.properties")));
            merged = merge(layers);
        }

        Map<String, String> given = new LinkedHashMap<>();
        List.of(file, config, sources.commandLine()).forEach(layer -> putSet(given, layer));
        problems.addAll(unknown(given.keySet(), known, merged.getOrDefault("destination.type", ""), sources.routes()));
        problems.addAll(ofNoDestination(layers, merged.getOrDefault("destination.type", "")));
        // In watch mode a wrong file of an export leaves the other exports alone.
        RouteFiles routes = sources.mode() == Mode.WATCH ? rightOnes(merged, sources.routes()) : sources.routes();
        problems.addAll(Rules.check(merged, routes, sources.mode()));
        if (!problems.isEmpty()) {
            Secrets secrets = new Secrets();
            SecretValues.in(merged, sources.routes().secretSettings()).forEach(secrets::add);
            throw new SettingsException(problems.stream().map(secrets::mask).toList());
        }
        return new Settings(
                inDataFolder(merged),
                sample,
                new Sources(
                        sources.mode(),
                        sources.commandLine(),
                        sources.environment(),
                        sources.configFile(),
                        sources.workingFolder(),
                        routes));
    }

    private static RouteFiles rightOnes(Map<String, String> values, RouteFiles routes) {
        RouteFiles right =
                routes.without(exportFiles(values, routes, Set.of()).problems().keySet());
        return right.exports().hasFurther() || !routes.exports().hasFurther() ? right : routes;
    }

    private static ExportFiles exportFiles(Map<String, String> values, RouteFiles routes, Set<String> first) {
        // Also where all further ones are gone.
        return ExportFiles.of(routes, values, Rules.describesExport(values), first);
    }

    /** A variable that other programs know, too, also in small letters; empty where it is not set. */
    public Optional<String> environmentVariable(String name) {
        return Stream.of(name.toLowerCase(Locale.ROOT), name)
                .map(sources.environment()::get)
                .filter(value -> value != null && !value.isBlank())
                .findFirst();
    }

    /** Whether the log is to be JSON, as far as {@code sources} can be read; what is wrong with them is for {@link #load}. */
    public static boolean wantsJsonLog(Sources sources) {
        Set<String> format = Set.of("logging.format");
        Path folder = sources.workingFolder();
        Path config = sources.configFile();
        return merge(List.of(
                        folder == null ? Map.of() : properties(folder.resolve("application.properties")),
                        config == null ? Map.of() : configFile(config, new ArrayList<>()),
                        fromEnvironment(sources.environment(), format),
                        sources.commandLine()))
                .getOrDefault("logging.format", "")
                .equals("json");
    }

    private static List<String> unknown(Set<String> names, Set<String> known, String type, RouteFiles routes) {
        List<String> problems = new ArrayList<>();
        for (String name : names) {
            if (name.startsWith(CONFIG_OF_DESTINATION) && !routes.destinations().contains(type)) {
                // That the destination is unknown, or which one is meant, is problem enough.
                continue;
            }
            String resolved = HEADER.matcher(ofDestination(name, type)).replaceFirst("$1");
            if (!known.contains(resolved) && !WITHOUT_EFFECT.contains(name) && !name.startsWith("camel.")) {
                problems.add(name + " is not a setting." + Suggestion.of(resolved, known) + " Not started.");
            }
        }
        return problems;
    }

    /** Where several destinations are chosen, {@code destination.config} is none's. */
    private static List<String> ofNoDestination(List<Map<String, String>> layers, String type) {
        List<String> destinations = ExportParameters.destinationsIn(type);
        if (destinations.size() == 1) {
            return List.of();
        }
        return layers.stream()
                .flatMap(layer -> layer.keySet().stream())
                .filter(name -> name.startsWith(CONFIG_OF_DESTINATION))
                .distinct()
                .map(name -> "%s is of no destination, since destination.type names several. Not started. Use %s."
                        .formatted(
                                name,
                                destinations.stream()
                                        .map(destination -> ofDestination(name, destination))
                                        .collect(Collectors.joining(" or "))))
                .toList();
    }

    /** Names in the environment that carry the connector's prefix and mean nothing to it. */
    public static List<String> unknownInEnvironment(Map<String, String> environment, RouteFiles routes) {
        Set<String> known = new TreeSet<>(defaults().keySet());
        known.addAll(routes.settings());
        Set<String> understood = new TreeSet<>();
        known.forEach(name -> {
            understood.add(PREFIX + inEnvironment(name));
            String ofAny = name.replaceFirst("^destination\\.[^.]+\\.", CONFIG_OF_DESTINATION);
            understood.add(PREFIX + inEnvironment(ofAny));
        });
        WITHOUT_EFFECT.forEach(name -> understood.add(PREFIX + inEnvironment(name)));
        return environment.keySet().stream()
                .filter(name -> name.startsWith(PREFIX) && !understood.contains(name))
                .filter(name -> !name.startsWith(PREFIX + "DESTINATION_CONFIG_HEADERS_"))
                // What Kubernetes sets for a service named bytefreezer-connector.
                .filter(name -> !name.matches(PREFIX + "(SERVICE_.*|PORT|PORT_\\d+_.*)"))
                .sorted()
                .toList();
    }

    /**
     * These settings with others in place of some of them.
     *
     * @param mode what they are for
     * @param others an empty value takes a setting away, so that its default holds
     * @throws SettingsException with all problems at once
     */
    public Settings with(Mode mode, Map<String, String> others) throws SettingsException {
        return with(mode, sources.routes(), others);
    }

    /** The same with other route files. */
    public Settings with(Mode mode, RouteFiles routes, Map<String, String> others) throws SettingsException {
        Map<String, String> given = new TreeMap<>(values);
        given.putAll(others);
        return load(new Sources(mode, given, Map.of(), null, null, routes));
    }

    /** Whether nothing names a lake, so that the bundled sample is exported. */
    public boolean isSample() {
        return sample;
    }

    /** So that a container's own files can be read-only, whatever relative names an original's configuration has. */
    private static Map<String, String> inDataFolder(Map<String, String> values) {
        String folder = values.get("data.folder");
        if (folder == null) {
            return values;
        }
        Map<String, String> resolved = new TreeMap<>(values);
        for (String name : List.of("cursor.file", "delivery.dead-letters-folder")) {
            resolved.computeIfPresent(
                    name, (same, file) -> Path.of(folder).resolve(file).toString());
        }
        return resolved;
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

    /** Where dead letters are kept: beside the embedded cursor unless the settings say otherwise. */
    public Path deadLettersFolder() {
        Path name = Path.of("dead-letters");
        return optional("delivery.dead-letters-folder")
                .map(Path::of)
                .orElseGet(() -> optional("cursor.url").isPresent()
                        ? name
                        : Path.of(text("cursor.file")).resolveSibling(name));
    }

    /** Where what does not fit into memory is written: the machine's own place unless the settings say otherwise. */
    public Path temporaryFolder() {
        return Path.of(optional("duckdb.temp-folder").orElse(System.getProperty("java.io.tmpdir")));
    }

    /** A whole number; the rules have checked that it is one. */
    public int integer(String name) {
        return Integer.parseInt(text(name));
    }

    public boolean isTrue(String name) {
        return Boolean.parseBoolean(values.get(name));
    }

    /** All values that are set, by name. */
    public Map<String, String> asMap() {
        return values;
    }

    /** All values that are set, for Camel's property placeholders. */
    public Properties asProperties() {
        Properties properties = new Properties();
        values.forEach((name, value) -> properties.setProperty(name, literally(value)));
        return properties;
    }

    /**
     * The value as Camel has to be given it: of a backslash among the last two characters Camel takes one away (seen on
     * 4.17.0).
     */
    private static String literally(String value) {
        int backslash = value.indexOf('\\', Math.max(0, value.length() - 2));
        return backslash < 0 ? value : value.substring(0, backslash) + "\\" + value.substring(backslash);
    }

    /** The route files to load. Those of exports are not: they are data, see {@link #exports}. */
    public List<Path> routeFiles() {
        return Rules.files(values, sources.routes(), sources.mode()).stream()
                .filter(file -> !sources.routes().isExport(file))
                .toList();
    }

    /** Every export with each of its destinations, as the route files and the settings describe them; none runs for it. */
    public List<ExportDefinition> exports() {
        return sources.routes().exports().all(Rules.usesDefaultExport(values, sources.routes())).stream()
                .flatMap(parameters -> ExportDefinition.of(parameters, values))
                .toList();
    }

    /**
     * The files of exports as they are now, one by one.
     *
     * @param first those of them, by their names in messages, to whom a name belongs that several have
     */
    public ExportFiles exportFiles(Set<String> first) {
        return exportFiles(values, sources.routes().now(), first);
    }

    /** Changes with every change of these files. */
    public Map<String, String> stateOfExportFiles() {
        return ExportFiles.state(sources.routes().now());
    }

    /** {@code text} of the file of an export, with the values of the settings in place of their placeholders. */
    public String resolve(String text) {
        return ExportDefinition.resolve(text, values);
    }

    /** The destinations that the exports of these settings name. */
    public Set<String> destinations() {
        return Rules.destinations(values, sources.routes()).keySet();
    }

    /** All route files there are. */
    public RouteFiles routes() {
        return sources.routes();
    }

    /** The secret values among the settings. */
    public Collection<String> secrets() {
        return SecretValues.in(values, sources.routes().secretSettings());
    }

    /** The settings whose secret values are too short to be found in other text. */
    public List<String> tooShortSecrets() {
        Set<String> marked = sources.routes().secretSettings();
        return values.entrySet().stream()
                .filter(setting -> setting.getValue().length() < Secrets.SHORTEST)
                .map(Map.Entry::getKey)
                .filter(name -> Secrets.isSecret(name) || marked.contains(name))
                .sorted()
                .toList();
    }

    private static boolean namesNoLake(Map<String, String> merged) {
        return LAKE.stream().noneMatch(merged::containsKey);
    }

    private static Map<String, String> merge(List<Map<String, String>> layers) {
        Map<String, String> merged = new TreeMap<>();
        layers.forEach(layer -> putSet(merged, layer));
        String type = merged.getOrDefault("destination.type", "");
        // In any case, since headers are.
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

    /** A root in a bucket is enough, with the default AWS credential chain or s3.access-key. */
    private static void nameBucketOfRoot(Map<String, String> values) {
        String root = values.getOrDefault("lake.root", "");
        if (root.startsWith("s3://") && !values.containsKey("control.url")) {
            values.putIfAbsent("s3.bucket", root.substring("s3://".length()).split("/", 2)[0]);
        }
    }

    /** Headers that are named one by one become lines of the setting that holds all of them. */
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
    private static void putSet(Map<String, String> target, Map<String, String> layer) {
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

    private static Map<String, String> defaults() {
        try (InputStream resource = Settings.class.getResourceAsStream("/application.properties")) {
            if (resource == null) {
                throw new IllegalStateException("application.properties is missing from the program");
            }
            Properties properties = new Properties();
            properties.load(new InputStreamReader(resource, StandardCharsets.UTF_8));
            return asMap(properties);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
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
        try (JsonParser yaml = YAML.createParser(Files.readString(file))) {
            JsonToken first = yaml.nextToken();
            if (first == JsonToken.START_OBJECT) {
                flatten("", yaml, flat);
            } else if (first != null
                    && first != JsonToken.VALUE_NULL
                    && !yaml.getText().isBlank()) {
                problems.add("%s has no settings in it, such as \"control: {url: …}\". Not started.".formatted(file));
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

    /** Values are texts as they are written: 007 stays 007, whatever YAML makes of it. */
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

    private static Map<String, String> fromEnvironment(Map<String, String> environment, Set<String> known) {
        Map<String, String> found = new LinkedHashMap<>();
        PLAIN_ENVIRONMENT.forEach((variable, name) -> find(environment, variable, name, found));
        known.forEach(name -> find(environment, inEnvironment(name), name, found));
        environment.forEach((variable, value) -> {
            if (variable.startsWith(PREFIX + "DESTINATION_CONFIG_")) {
                String rest = variable.substring((PREFIX + "DESTINATION_CONFIG_").length());
                String name = rest.toLowerCase(Locale.ROOT).replace('_', '-');
                found.put(CONFIG_OF_DESTINATION + name.replaceFirst("^headers-", "headers."), value);
            }
        });
        known.forEach(name -> find(environment, PREFIX + inEnvironment(name), name, found));
        return found;
    }

    private static void find(Map<String, String> environment, String variable, String name, Map<String, String> found) {
        String value = environment.get(variable);
        if (value != null && !value.isBlank() && !isOfService(variable, value)) {
            found.put(name, value);
        }
    }

    /** Kubernetes and Docker tell a container of a service named "server" by SERVER_PORT=tcp://10.0.0.1:80. */
    private static boolean isOfService(String variable, String value) {
        return variable.endsWith("_PORT") && value.matches("(tcp|udp|sctp)://.+:\\d+");
    }

    private static String inEnvironment(String name) {
        return name.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    }
}
