package com.bytefreezer.connector.config;

import com.bytefreezer.connector.config.Destination.Setting;
import com.bytefreezer.connector.problem.Problem;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The route files of one folder: {@code *.camel.yaml} anywhere below it, one destination per file in {@code
 * destinations}, one export per file in {@code exports}, one input per file in {@code inputs}, one feed per file in
 * {@code feeds}, one pack per file in {@code packs}.
 *
 * <p>A route file declares a setting by using it: {@code {{name}}} is required, {@code {{name:default}}} and {@code
 * {{?name}}} are not. With {@code text:} before the name, the value is passed unchanged.
 */
public final class RouteFiles {
    static final String SUFFIX = ".camel.yaml";
    static final String EXPORTS = "exports";
    static final String FEEDS = "feeds";
    static final String PACKS = "packs";
    private static final String INPUTS = "inputs";
    private static final String NOTIFICATIONS = "notifications";
    /** The start of the address of a destination's check route; the destination's name follows. */
    public static final String CHECK = "direct:check-";
    /** The start of the address of a destination's preview route; the destination's name follows. */
    public static final String PREVIEW = "direct:preview-";

    private final Path folder;
    private final List<Path> files;
    private final List<Path> exportFiles;
    /** Whether these are all files of the folder. */
    private final boolean all;

    private final ExportParameters exports;
    private final Map<String, Path> destinations = new LinkedHashMap<>();
    /** The kind of each destination that settings name. */
    private final Map<String, String> named;

    private final RouteContents contents;

    private RouteFiles(
            Path folder,
            List<Path> files,
            List<Path> exportFiles,
            boolean all,
            Map<String, String> named,
            RouteContents contents) {
        this.contents = contents;
        this.all = all;
        this.named = named;
        this.folder = folder;
        this.files = files;
        this.exportFiles = exportFiles;
        exports = new ExportParameters(this, exportFiles);
        for (Path file : files) {
            if (isIn("destinations", file)) {
                destinations.put(nameOf(file), file);
            }
        }
    }

    /**
     * Reads what is in {@code folder}.
     *
     * @throws java.io.UncheckedIOException if it cannot be read
     */
    public static RouteFiles in(Path folder) {
        List<Path> files = RouteFolder.filesIn(folder);
        List<Path> exports = files.stream()
                .filter(file -> file.startsWith(folder.resolve(EXPORTS)))
                .toList();
        return new RouteFiles(folder, files, exports, true, Map.of(), new RouteContents());
    }

    /** All of them, in a fixed order. */
    public List<Path> files() {
        return files;
    }

    /**
     * These files with destinations that settings name, each of the kind that one of the files describes.
     *
     * @param kinds by name; a wrong one is left out
     */
    RouteFiles naming(Map<String, String> kinds) {
        Map<String, String> right = new TreeMap<>(kinds);
        right.entrySet()
                .removeIf(one -> destinations.containsKey(one.getKey()) || !destinations.containsKey(one.getValue()));
        return new RouteFiles(folder, files, exportFiles, all, Map.copyOf(right), contents);
    }

    /** The names of all destinations. */
    public Set<String> destinations() {
        Set<String> names = new TreeSet<>(destinations.keySet());
        names.addAll(named.keySet());
        return names;
    }

    /** The names of those with a file of their own. */
    Set<String> kinds() {
        return new TreeSet<>(destinations.keySet());
    }

    /** Whether settings name it; else it has a file of its own. */
    public boolean isNamed(String destination) {
        return named.containsKey(destination);
    }

    /** The name of a destination's file. */
    public String kindOf(String destination) {
        return named.getOrDefault(destination, destination);
    }

    /** The folder with the files. */
    public Path folder() {
        return folder;
    }

    /** These files with {@code only}, which may be anywhere, in place of those in {@code exports}. */
    public RouteFiles withOnlyExport(Path only) {
        Stream<Path> others = files.stream().filter(file -> !isIn(EXPORTS, file));
        return new RouteFiles(
                folder,
                Stream.concat(others, Stream.of(only)).toList(),
                List.of(only),
                false,
                named,
                new RouteContents());
    }

    /** These files without some of those in {@code exports}, by their names in messages. */
    RouteFiles without(Set<String> names) {
        return new RouteFiles(folder, without(names, files), without(names, exportFiles), all, named, contents);
    }

    private List<Path> without(Set<String> names, List<Path> some) {
        return some.stream()
                .filter(file -> !names.contains(nameInMessages(file)))
                .toList();
    }

    /** The same files, read again. */
    RouteFiles again() {
        return new RouteFiles(folder, files, exportFiles, all, named, new RouteContents());
    }

    /** The files as they are now. */
    RouteFiles now() {
        return all ? in(folder).naming(named) : this;
    }

    /** The files for a delivery: the shared route and the destination's own; a named one has a Camel of its own. */
    public List<Path> deliveryFiles(String destination) {
        Path shared = folder.resolve("delivery" + SUFFIX);
        return isNamed(destination) ? List.of(shared) : List.of(shared, fileOf(destination));
    }

    /** The files for a run of an export, without its destination. */
    public List<Path> runFiles() {
        return List.of(folder.resolve("export" + SUFFIX), folder.resolve("delivery" + SUFFIX));
    }

    /** The file that finds the keys of a bucket. */
    public Path credentialsFile() {
        return folder.resolve("credentials" + SUFFIX);
    }

    /** The file with the cases of a destination, if there is one. */
    public Optional<Path> caseFile(String destination) {
        return Optional.of(fileOf(destination).resolveSibling(kindOf(destination) + ".test.yaml"))
                .filter(Files::exists);
    }

    /** The description of a destination; empty if there is no destination of this name. */
    public Optional<Destination> description(String destination) {
        String kind = kindOf(destination);
        return Optional.ofNullable(destinations.get(kind))
                .map(file -> contents.description(kind, file))
                .map(described -> isNamed(destination) ? NamedDestinations.named(described, destination) : described);
    }

    /** The descriptions of the destinations, by name. */
    public Map<String, Destination> descriptions() {
        Map<String, Destination> described = new TreeMap<>();
        destinations().forEach(name -> description(name).ifPresent(one -> described.put(name, one)));
        return described;
    }

    /** The settings of all destinations, by their full names. */
    Map<String, Setting> destinationSettings() {
        return descriptions().values().stream()
                .flatMap(destination -> destination.settings().stream())
                .collect(Collectors.toMap(Setting::name, setting -> setting, (one, other) -> one));
    }

    /** The settings of destinations that are secret, by a mark or by their names. */
    Set<String> secretSettings() {
        return descriptions().values().stream()
                .flatMap(destination -> destination.settings().stream())
                .filter(Setting::isSecret)
                .map(Setting::name)
                .collect(Collectors.toSet());
    }

    /** The route file of a destination. */
    public Path fileOf(String destination) {
        return Objects.requireNonNull(destinations.get(kindOf(destination)), destination);
    }

    /** The names of the files in {@code notifications}. */
    Set<String> notifications() {
        return namesIn(NOTIFICATIONS);
    }

    /** The route file of a notification. */
    public Path fileOfNotification(String name) {
        return folder.resolve(NOTIFICATIONS).resolve(name + SUFFIX);
    }

    /** The files in a subfolder. */
    List<Path> filesIn(String subfolder) {
        return files.stream().filter(file -> isIn(subfolder, file)).toList();
    }

    /** The names of the files in {@code inputs}. */
    public Set<String> inputs() {
        return namesIn(INPUTS);
    }

    private Set<String> namesIn(String subfolder) {
        return filesIn(subfolder).stream().map(RouteFiles::nameOf).collect(Collectors.toCollection(TreeSet::new));
    }

    public Path inputFile(String input) {
        return folder.resolve(INPUTS).resolve(input + SUFFIX);
    }

    /** The file with the template of all feeds. */
    Path receiveFile() {
        return folder.resolve("receive" + SUFFIX);
    }

    /**
     * The files to load for feeds of these {@code inputs}, and for packs.
     *
     * @param withSources whether objects of a bucket are packed, too
     */
    public List<Path> filesOfFeeds(Set<String> inputs, boolean withSources) {
        return Stream.of(
                        Stream.of(credentialsFile(), receiveFile(), packFile()),
                        inputs.stream().map(this::inputFile),
                        withSources ? Stream.of(sourceFile()) : Stream.<Path>empty())
                .flatMap(Function.identity())
                .toList();
    }

    private Path sourceFile() {
        return folder.resolve("source" + SUFFIX);
    }

    Path packFile() {
        return folder.resolve("pack" + SUFFIX);
    }

    /** They have a Camel of their own. */
    private boolean isOfFeeds(Path file) {
        return Stream.of(FEEDS, INPUTS, PACKS).anyMatch(each -> isIn(each, file))
                || List.of(receiveFile(), packFile(), sourceFile()).contains(file);
    }

    /** The names of the exports in {@code exports}, as far as written there. */
    public Set<String> exportNames() {
        return exports.names();
    }

    /** The parameters in the files in {@code exports}. */
    ExportParameters exports() {
        return exports;
    }

    /**
     * The files to load if only the {@code used} destinations are in use; then the others need no settings. Without the
     * files of exports if none runs, and without those for clients ({@code api}, {@code mcp}) if it serves none.
     *
     * @param withDefaultExport whether the export that the settings {@code query.*} describe is one of them
     */
    List<Path> filesFor(Mode mode, Set<String> used, boolean withDefaultExport) {
        if (!mode.exports()) {
            return files.stream()
                    .filter(file -> isOfClients(file) || file.equals(credentialsFile()) || isHealth(file))
                    .toList();
        }
        List<Path> loaded = new ArrayList<>(files);
        // They have a Camel of their own.
        loaded.removeIf(file -> isIn(NOTIFICATIONS, file));
        loaded.removeIf(this::isOfFeeds);
        if (!mode.serves()) {
            loaded.removeIf(this::isOfClients);
        }
        if (!withDefaultExport) {
            loaded.removeIf(file -> isExport(file) && ExportParameters.isOfDefaultExport(file));
        }
        destinations.forEach((name, file) -> {
            if (!used.contains(name)) {
                loaded.remove(file);
            }
        });
        return loaded;
    }

    /** The tools for agents, in the order of the files. */
    public List<Tool> tools() {
        return ToolText.of(this);
    }

    /** Why {@code file} cannot be read, with the line; empty if it can. */
    Optional<Problem> problemOfSyntax(Path file) {
        return RouteText.problem(file)
                .map(problem -> Problem.ofStart(nameInMessages(file), "it %s.".formatted(problem), ""));
    }

    /** All settings that any route file uses. */
    public Set<String> settings() {
        Set<String> names = new TreeSet<>();
        files.forEach(file -> names.addAll(contents.settings(file)));
        named.forEach((name, kind) -> {
            names.add(NamedDestinations.settingOfKind(name));
            description(name).ifPresent(one -> one.settings().forEach(setting -> names.add(setting.name())));
        });
        return names;
    }

    /** Whether a route file inserts a setting of a destination into text instead of passing it unchanged. */
    public boolean isPasted(Destination destination, Setting setting) {
        String ofKind = "destination.%s.%s".formatted(destination.kind(), setting.shortName());
        return files.stream().anyMatch(file -> places(file).containsKey(ofKind));
    }

    /** The settings with a placeholder anywhere in {@code file}; those of {@link #places} are among them. */
    Set<String> mentionedSettings(Path file) {
        return contents.mentionedSettings(file);
    }

    /** The places where {@code file} inserts settings into text. */
    Map<String, Set<Place>> places(Path file) {
        return Place.in(content(file));
    }

    boolean hasTools(Path file) {
        return contents.hasTools(file);
    }

    JsonNode content(Path file) {
        return contents.of(file);
    }

    /** The template of all exports. */
    JsonNode template() {
        Path file = folder.resolve("export" + SUFFIX);
        return files.contains(file) ? content(file) : MissingNode.getInstance();
    }

    /** The name of {@code file} in messages. */
    String nameInMessages(Path file) {
        return folder.getFileName() + "/" + folder.relativize(file);
    }

    /** Whether {@code file} reports to the control plane. */
    boolean isHealth(Path file) {
        return file.equals(folder.resolve("health" + SUFFIX));
    }

    /** Whether {@code file} is of use without an HTTP server. */
    boolean isOfRuns(Path file) {
        return !isOfClients(file) && !isHealth(file);
    }

    /** Whether {@code file} describes exports. */
    boolean isExport(Path file) {
        return exportFiles.contains(file);
    }

    /** Whether {@code file} answers clients: of the API, or agents. */
    private boolean isOfClients(Path file) {
        return isIn("api", file) || isIn("mcp", file) || file.equals(folder.resolve("mcp" + SUFFIX));
    }

    private boolean isIn(String subfolder, Path file) {
        return file.startsWith(folder.resolve(subfolder));
    }

    static String nameOf(Path file) {
        String name = file.getFileName().toString();
        return name.substring(0, name.length() - SUFFIX.length());
    }
}
