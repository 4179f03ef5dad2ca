package com.bytefreezer.connector.config;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.text.SecretValues;
import com.bytefreezer.connector.text.Secrets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
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
    private final Map<String, String> values;
    private final boolean sample;
    private final Sources sources;

    Settings(Map<String, String> values, boolean sample, Sources sources) {
        this.values = Map.copyOf(values);
        this.sample = sample;
        this.sources = sources;
    }

    /**
     * The sources of values.
     *
     * @param mode decides which settings are required
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
     * Reads, merges and checks the settings.
     *
     * @throws SettingsException with all problems at once
     */
    public static Settings load(Sources sources) throws SettingsException {
        return SettingsLoad.of(sources);
    }

    /** Whether the log must be JSON, as far as {@code sources} can be read; {@link #load} reports their problems. */
    public static boolean wantsJsonLog(Sources sources) {
        String format = "logging.format";
        return SettingsLayers.given(sources, Set.of(format), new ArrayList<>())
                .getOrDefault(format, "")
                .equals("json");
    }

    static ExportFiles exportFiles(Map<String, String> values, RouteFiles routes, Set<String> first) {
        // Also if all other exports are gone.
        return ExportFiles.of(routes, values, Rules.describesExport(values), first);
    }

    /** A variable that other programs use too, also in lower case; empty if it is not set. */
    public Optional<String> environmentVariable(String name) {
        return Stream.of(name.toLowerCase(Locale.ROOT), name)
                .map(sources.environment()::get)
                .filter(value -> value != null && !value.isBlank())
                .findFirst();
    }

    /**
     * A copy with some other values.
     *
     * @param mode the mode that will use them
     * @param others the other values; an empty one restores the default
     * @throws SettingsException with all problems at once
     */
    public Settings with(Mode mode, Map<String, String> others) throws SettingsException {
        return with(mode, sources.routes(), others);
    }

    /** A copy with some other values and other route files. */
    public Settings with(Mode mode, RouteFiles routes, Map<String, String> others) throws SettingsException {
        Map<String, String> given = new TreeMap<>(values);
        given.putAll(others);
        return load(new Sources(mode, given, Map.of(), null, null, routes.again()));
    }

    /**
     * Reads the settings again from the same sources, with the present route files.
     *
     * @param mode the mode that will use them
     * @throws SettingsException with all problems at once
     */
    public Settings again(Mode mode) throws SettingsException {
        return load(new Sources(
                mode,
                sources.commandLine(),
                sources.environment(),
                sources.configFile(),
                sources.workingFolder(),
                sources.routes().now()));
    }

    /**
     * The settings for routes of one destination alone. For one that settings name: as its kind, with the values that it
     * has under its name.
     */
    public Settings of(String destination) {
        if (!routes().isNamed(destination)) {
            return this;
        }
        String kind = routes().kindOf(destination);
        Map<String, String> own = NamedDestinations.asKind(destination, kind, values);
        own.put("destination.type", kind);
        return new Settings(own, sample, sources);
    }

    /** Whether nothing names a lake; then the bundled sample is exported. */
    public boolean isSample() {
        return sample;
    }

    /** The value of a setting that always has one: by a default or by the rules. */
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

    /** The folder of dead letters: beside the embedded cursor unless the settings say otherwise. */
    public Path deadLettersFolder() {
        Path name = Path.of("dead-letters");
        return optional("delivery.dead-letters-folder")
                .map(Path::of)
                .orElseGet(() -> optional("cursor.url").isPresent()
                        ? name
                        : Path.of(text("cursor.file")).resolveSibling(name));
    }

    /** The folder for versions of lookups: beside the embedded cursor, or in the data folder. */
    public Path lookupVersionsFolder() {
        Path name = Path.of("lookup-versions");
        return optional("cursor.url").isPresent()
                ? optional("data.folder")
                        .map(Path::of)
                        .map(folder -> folder.resolve(name))
                        .orElse(name)
                : Path.of(text("cursor.file")).resolveSibling(name);
    }

    /** The folder with the cursors of retro-hunts that have not ended; beside {@link #lookupVersionsFolder}. */
    public Path lookupHuntsFolder() {
        return lookupVersionsFolder().resolveSibling("lookup-hunts");
    }

    /**
     * The folder for data that does not fit into memory: the machine's temporary folder unless the settings say
     * otherwise.
     */
    public Path temporaryFolder() {
        return Path.of(optional("duckdb.temp-folder").orElse(System.getProperty("java.io.tmpdir")));
    }

    /** A whole number; the rules have checked it. */
    public int integer(String name) {
        return Integer.parseInt(text(name));
    }

    /** A whole number that may be large; the rules have checked it. */
    public long large(String name) {
        return Long.parseLong(text(name));
    }

    /** Whether a NULL is left out of a record. */
    public boolean omitsNulls() {
        return text("records.nulls").equals("omit");
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

    /** The value in the form for Camel, which removes a backslash among the last two characters (seen on 4.17.0). */
    private static String literally(String value) {
        int backslash = value.indexOf('\\', Math.max(0, value.length() - 2));
        return backslash < 0 ? value : value.substring(0, backslash) + "\\" + value.substring(backslash);
    }

    /** The route files to load. Without the files of exports: they are data, see {@link #exports}. */
    public List<Path> routeFiles() {
        return Rules.files(values, sources.routes(), sources.mode()).stream()
                .filter(file -> !sources.routes().isExport(file))
                .toList();
    }

    /** The same, but those that only a process with an HTTP server needs. */
    public List<Path> routeFilesOfRuns() {
        return routeFiles().stream().filter(sources.routes()::isOfRuns).toList();
    }

    /** Every export with each of its destinations, from the route files and the settings. Runs none of them. */
    public List<ExportDefinition> exports() {
        return sources.routes().exports().all(Rules.usesDefaultExport(values, sources.routes())).stream()
                .flatMap(parameters -> ExportDefinition.of(parameters, values))
                .toList();
    }

    /**
     * As above, from the present route files. It ignores problems that only concern the process that runs a file, such as a setting that is missing here.
     */
    public List<ExportDefinition> exportsNow() {
        return sources.routes().now().exports().all(Rules.describesExport(values)).stream()
                .filter(parameters -> !parameters.getOrDefault("name", "").isEmpty())
                .filter(parameters ->
                        ExportDefinition.problems(parameters, values).isEmpty())
                .flatMap(parameters -> ExportDefinition.of(parameters, values))
                .toList();
    }

    /**
     * The files of exports as they are now, one by one.
     *
     * @param first the files, by their names in messages, that keep an export's name if several use it
     */
    public ExportFiles exportFiles(Set<String> first) {
        return exportFiles(values, sources.routes().now(), first);
    }

    /** The file that describes an export now; empty if there is none. */
    public Optional<ExportSource> exportSource(String export) {
        return ExportSource.find(export, sources.routes().now(), values);
    }

    /** The problems of an export's parameters, a line each. */
    public List<String> problemsOfParameters(Map<String, String> parameters) {
        return ExportDefinition.problems(parameters, values).stream()
                .map(problem -> problem.saying("", ""))
                .toList();
    }

    /** Changes with every change of these files. */
    public Map<String, String> stateOfExportFiles() {
        return ExportFiles.state(sources.routes().now());
    }

    /** {@code text} from the file of an export, with the placeholders of settings replaced. */
    public String resolve(String text) {
        return ExportDefinition.resolve(text, values);
    }

    /** The feeds that are enabled. */
    public List<FeedDefinition> feeds() {
        return new FeedFiles(sources.routes(), values).feeds();
    }

    /** Whether anything fills the lake: feeds, or objects of a bucket ({@code s3source.bucket}). */
    public boolean fillsLake() {
        return hasSources() || !feeds().isEmpty();
    }

    /** Whether objects of a bucket are packed. */
    public boolean hasSources() {
        return optional("s3source.bucket").isPresent();
    }

    /** The feeds as their files are now; the values of settings are those of the start. */
    public List<FeedSource> feedSources() {
        return feedFilesNow(Map.of()).sources();
    }

    /** The parameters that each input adds to those of any feed, with their defaults. */
    public Map<String, Map<String, String>> inputs() {
        return feedFilesNow(Map.of()).inputs();
    }

    /**
     * The problems of a feed's parameters, as a file would have them, a line each.
     *
     * @param others settings that it has besides
     */
    public List<String> problemsOfFeed(Map<String, String> parameters, Map<String, String> others) {
        return feedFilesNow(others).problemsOf(parameters);
    }

    private FeedFiles feedFilesNow(Map<String, String> others) {
        RouteFiles now = sources.routes().now();
        Map<String, String> all = new TreeMap<>(values);
        all.putAll(SettingsNow.namedIn(now.filesIn(RouteFiles.FEEDS), sources, values));
        all.putAll(others);
        return new FeedFiles(now, all);
    }

    /**
     * The packs that are enabled, as their files are now.
     *
     * @throws ConnectorException if one of the files is wrong
     */
    public List<PackDefinition> packs() {
        PackFiles files = new PackFiles(sources.routes().now(), values);
        files.problems().stream().findFirst().ifPresent(problem -> {
            throw new ConnectorException(problem, null);
        });
        return files.packs();
    }

    /** The file that describes a pack now; empty if there is none. */
    public Optional<ExportSource> packSource(String pack) {
        return new PackFiles(sources.routes().now(), values).source(pack);
    }

    /** Changes with every change of the files of feeds, and of the settings that they name. */
    public Map<String, String> stateOfFeedFiles() {
        RouteFiles now = sources.routes().now();
        List<Path> files = now.filesIn(RouteFiles.FEEDS);
        Map<String, String> state = new TreeMap<>(SettingsNow.namedIn(files, sources, values));
        state.putAll(ExportFiles.state(now, files));
        return state;
    }

    /** Changes with every change of the files of packs. */
    public Map<String, String> stateOfPackFiles() {
        RouteFiles now = sources.routes().now();
        return ExportFiles.state(now, now.filesIn(RouteFiles.PACKS));
    }

    /** The notifications that are told what happens to exports. */
    public List<String> notifications() {
        return optional("notifications.type")
                .map(ExportParameters::destinationsIn)
                .orElse(List.of());
    }

    /** The destinations that the exports of these settings name. */
    public Set<String> destinations() {
        return Rules.destinations(values, sources.routes()).keySet();
    }

    /** All route files. */
    public RouteFiles routes() {
        return sources.routes();
    }

    /** The keys of the {@code --config} file, if it is packer's, that have no effect. */
    public List<String> keysWithoutEffect() {
        Path file = sources.configFile();
        return file == null ? List.of() : ConfigFile.withoutEffect(file);
    }

    /** The secret values among the settings. */
    public Collection<String> secrets() {
        return SecretValues.in(values, sources.routes().secretSettings());
    }

    /** The settings whose secret values are too short to be masked in other text. */
    public List<String> tooShortSecrets() {
        Set<String> marked = sources.routes().secretSettings();
        return values.entrySet().stream()
                .filter(setting -> setting.getValue().length() < Secrets.SHORTEST)
                .map(Map.Entry::getKey)
                .filter(name -> Secrets.isSecret(name) || marked.contains(name))
                .sorted()
                .toList();
    }
}
