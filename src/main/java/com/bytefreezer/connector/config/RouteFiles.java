package com.bytefreezer.connector.config;

import com.bytefreezer.connector.text.Suggestion;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * The route files of one folder: {@code *.camel.yaml} anywhere below it, one destination per file in
 * {@code destinations}, one export per file in {@code exports}.
 *
 * <p>A route file declares a setting by using it: {@code {{name}}} is required, {@code {{name:default}}} and
 * {@code {{?name}}} are not. With {@code text:} before the name the value is handed over as it is.
 */
public final class RouteFiles {
    private static final String SUFFIX = ".camel.yaml";
    private static final String DEFAULT_EXPORT = "default";
    private static final String CREDENTIALS = "credentials";
    private static final int MOST_BYTES = 1 << 20;
    private static final Pattern SETTING = Pattern.compile(
            "\\{\\{(?:text:)?(?<optional>\\??)(?<name>[a-z0-9-]+(\\.[a-z0-9-]+)+)(?:(?<colon>:)(?<default>[^}]*))?");
    /** A line of a head comment that explains a setting. */
    private static final Pattern EXPLAINED = Pattern.compile("#   ([a-z0-9-]+(?:\\.[a-z0-9-]+)+)\\s+(.*)");
    /** A line that goes on with the explanation before it. */
    private static final Pattern CONTINUED = Pattern.compile("#    \\s*(\\S.*)");

    /** A line of it that says how often a record arrives. */
    private static final String GUARANTEE = "# Guarantee:";

    private final Path folder;
    private final List<Path> files;
    private final List<Path> exportFiles;
    /** Whether these are all that are in the folder. */
    private final boolean all;

    private final Map<String, Path> destinations = new LinkedHashMap<>();
    private volatile @Nullable Map<String, String> templateDefaults;
    /** What stands in the files, as they were when they were read first. */
    private final Map<Path, JsonNode> contents = new ConcurrentHashMap<>();

    private RouteFiles(Path folder, List<Path> files, List<Path> exportFiles, boolean all) {
        this.all = all;
        this.folder = folder;
        this.files = files;
        this.exportFiles = exportFiles;
        for (Path file : files) {
            if (isIn("destinations", file)) {
                destinations.put(nameOf(file), file);
            }
        }
    }

    /**
     * Reads what is in {@code folder}. Links are followed, and what is hidden is left out: in a volume of Kubernetes the
     * files are links to those of a hidden folder.
     *
     * @throws UncheckedIOException when it cannot be read
     */
    public static RouteFiles in(Path folder) {
        Path exports = folder.resolve("exports");
        List<Path> found = new ArrayList<>();
        try {
            Files.walkFileTree(
                    folder, EnumSet.of(FileVisitOption.FOLLOW_LINKS), Integer.MAX_VALUE, new Visitor(folder, found));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        // What is named like an export and is no file is an export that somebody misses.
        List<Path> files = found.stream()
                .filter(path -> path.startsWith(exports) || Files.isRegularFile(path))
                .sorted()
                .toList();
        return new RouteFiles(
                folder,
                files,
                files.stream().filter(file -> file.startsWith(exports)).toList(),
                true);
    }

    /** Finds what is named like a route file and not hidden. */
    private static final class Visitor extends SimpleFileVisitor<Path> {
        private final Path folder;
        private final List<Path> found;

        private Visitor(Path folder, List<Path> found) {
            this.folder = folder;
            this.found = found;
        }

        @Override
        public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
            return isHidden(folder.relativize(directory)) ? FileVisitResult.SKIP_SUBTREE : visit(directory);
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            return visit(file);
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            boolean loopOrGone = e instanceof FileSystemLoopException || e instanceof NoSuchFileException;
            if (!loopOrGone || file.equals(folder)) {
                throw e;
            }
            return visit(file);
        }

        private FileVisitResult visit(Path path) {
            if (path.toString().endsWith(SUFFIX) && !isHidden(folder.relativize(path))) {
                found.add(path);
            }
            return FileVisitResult.CONTINUE;
        }
    }

    private static boolean isHidden(Path below) {
        return StreamSupport.stream(below.spliterator(), false)
                .anyMatch(part -> part.toString().startsWith("."));
    }

    /** All of them, in a fixed order. */
    public List<Path> files() {
        return files;
    }

    /** The names of the destinations there are. */
    public Set<String> destinations() {
        return new TreeSet<>(destinations.keySet());
    }

    /** The folder with the files. */
    public Path folder() {
        return folder;
    }

    /** These files with {@code only}, which may be anywhere, in place of those in {@code exports}. */
    public RouteFiles withOnlyExport(Path only) {
        Stream<Path> others = files.stream().filter(file -> !isIn("exports", file));
        return new RouteFiles(folder, Stream.concat(others, Stream.of(only)).toList(), List.of(only), false);
    }

    /** These files without some of those in {@code exports}, by their names in messages. */
    RouteFiles without(Set<String> exports) {
        return new RouteFiles(
                folder,
                files.stream()
                        .filter(file -> !exports.contains(nameInMessages(file)))
                        .toList(),
                exportFiles.stream()
                        .filter(file -> !exports.contains(nameInMessages(file)))
                        .toList(),
                all);
    }

    /** The files as they are now. */
    RouteFiles now() {
        return all ? in(folder) : this;
    }

    /** What a delivery needs: the shared route and the destination's own. */
    public List<Path> deliveryFiles(String destination) {
        return List.of(folder.resolve("delivery" + SUFFIX), fileOf(destination));
    }

    /** What finds the keys of a bucket. */
    public Path credentialsFile() {
        return folder.resolve(CREDENTIALS + SUFFIX);
    }

    /** The file with the cases of a destination, if there is one. */
    public Optional<Path> caseFile(String destination) {
        return Optional.of(fileOf(destination).resolveSibling(destination + ".test.yaml"))
                .filter(Files::exists);
    }

    /** What the head comment of a destination says; empty where there is none of this name. */
    public Optional<Destination> description(String destination) {
        return Optional.ofNullable(destinations.get(destination)).map(file -> description(destination, file));
    }

    /** What the head comments say of the destinations, by name. */
    public Map<String, Destination> descriptions() {
        Map<String, Destination> all = new TreeMap<>();
        destinations.forEach((name, file) -> all.put(name, description(name, file)));
        return all;
    }

    /** The settings that the destinations' head comments, or their names, mark as secrets. */
    Set<String> secretSettings() {
        return descriptions().values().stream()
                .flatMap(destination -> destination.settings().stream())
                .filter(Destination.Setting::isSecret)
                .map(Destination.Setting::name)
                .collect(Collectors.toSet());
    }

    private static Destination description(String name, Path file) {
        Map<String, String> defaults = new TreeMap<>();
        SETTING.matcher(textWithoutComments(file))
                .results()
                .forEach(match -> defaults.putIfAbsent(match.group(2), Objects.requireNonNullElse(match.group(5), "")));
        Set<String> required = settingsOf(file, true);
        Map<String, String> explained = new LinkedHashMap<>();
        List<String> text = new ArrayList<>();
        String guarantee = "";
        String last = "";
        for (String line : linesOf(file, lines -> lines.takeWhile(one -> one.startsWith("#")))) {
            Matcher setting = EXPLAINED.matcher(line);
            Matcher more = CONTINUED.matcher(line);
            if (setting.matches()) {
                last = setting.group(1);
                explained.put(last, setting.group(2));
            } else if (!last.isEmpty() && more.matches()) {
                explained.merge(last, more.group(1), (first, rest) -> first + " " + rest);
            } else if (line.startsWith(GUARANTEE)) {
                guarantee = line.substring(GUARANTEE.length()).strip();
            } else if (explained.isEmpty() && !line.startsWith("# In:")) {
                text.add(line.substring(1).strip());
            }
        }
        List<Destination.Setting> settings = new ArrayList<>();
        explained.forEach((setting, comment) -> settings.add(
                setting(setting, defaults.getOrDefault(setting, ""), required.contains(setting), comment)));
        // A setting that the comment passes over is a setting all the same.
        defaults.forEach((setting, value) -> {
            if (setting.startsWith("destination." + name + ".") && !explained.containsKey(setting)) {
                settings.add(setting(setting, value, required.contains(setting), ""));
            }
        });
        String description = String.join(" ", text).replaceFirst("^Destination \"[^\"]*\": ", "");
        return new Destination(name, description, guarantee, List.copyOf(settings));
    }

    /** The comment has a column for "required" or the default before it says what the setting is. */
    private static Destination.Setting setting(String name, String byDefault, boolean required, String comment) {
        String column = required ? "required" : byDefault;
        boolean hasColumn = !column.isEmpty() && comment.startsWith(column + " ");
        String description = hasColumn ? comment.substring(column.length()).strip() : comment;
        return new Destination.Setting(name, byDefault, required, description);
    }

    /** The route file of a destination. */
    public Path fileOf(String destination) {
        return Objects.requireNonNull(destinations.get(destination), destination);
    }

    /** The names of the exports in {@code exports}, as far as they are written there. */
    public Set<String> exportNames() {
        return exportFiles.stream()
                .flatMap(file -> exportsIn(file).stream())
                .map(export -> parametersOf(export, "value").getOrDefault("name", ""))
                .collect(Collectors.toSet());
    }

    /**
     * The files to load when only {@code used} destinations are in use, so that the others need no settings. Where no
     * export runs, those of the exports are left out; where there is no HTTP server, those in {@code api}.
     *
     * @param withDefaultExport whether the export that the settings {@code query.*} describe is one of them
     */
    List<Path> filesFor(Mode mode, Set<String> used, boolean withDefaultExport) {
        if (!mode.exports()) {
            return files.stream()
                    .filter(file -> isIn("api", file) || file.equals(credentialsFile()) || isHealth(file))
                    .toList();
        }
        List<Path> loaded = new ArrayList<>(files);
        if (!mode.serves()) {
            loaded.removeIf(file -> isIn("api", file));
        }
        if (!withDefaultExport) {
            loaded.removeIf(file -> exportFiles.contains(file) && nameOf(file).equals(DEFAULT_EXPORT));
        }
        destinations.forEach((name, file) -> {
            if (!used.contains(name)) {
                loaded.remove(file);
            }
        });
        return loaded;
    }

    /**
     * What the exports name as their destinations, see {@link #destinationsIn}, each list with who names it: a file in
     * {@code exports}, or {@code destination.type}.
     *
     * @param chosen the value of {@code destination.type}
     * @param withDefaultExport whether the export that the settings {@code query.*} describe is one of them
     */
    Map<String, String> destinationsOfExports(String chosen, boolean withDefaultExport) {
        Map<String, String> lists = new LinkedHashMap<>();
        if (withDefaultExport) {
            lists.put(chosen, "destination.type");
        }
        for (Path file : exportFiles) {
            if (nameOf(file).equals(DEFAULT_EXPORT) && !withDefaultExport) {
                continue;
            }
            for (JsonNode export : exportsIn(file)) {
                String own = parametersOf(export, "value").getOrDefault("destination", "");
                if (own.isEmpty() || own.equals("{{destination.type}}")) {
                    lists.putIfAbsent(chosen, "destination.type");
                } else {
                    lists.putIfAbsent(own, nameInMessages(file));
                }
            }
        }
        return lists;
    }

    /** What a file of exports gives that the template does not take: Camel would leave it out without a word. */
    List<String> unknownParameters(Path file) {
        Set<String> known = defaults().keySet();
        List<String> problems = new ArrayList<>();
        for (JsonNode export : exportsIn(file)) {
            Map<String, String> given = parametersOf(export, "value");
            given.keySet().stream()
                    .filter(name -> !known.isEmpty() && !known.contains(name))
                    .forEach(name -> problems.add("%s, export %s: %s is no parameter of an export.%s Not started."
                            .formatted(
                                    nameInMessages(file),
                                    given.getOrDefault("name", ""),
                                    name,
                                    Suggestion.of(name, known))));
        }
        return problems;
    }

    /** The parameters of every export, as its file gives them, over the defaults of the template. */
    List<Map<String, String>> exports(boolean withDefaultExport) {
        return exportFiles(withDefaultExport).stream()
                .flatMap(file -> exportsOf(file).stream())
                .toList();
    }

    /** The same of one file. */
    List<Map<String, String>> exportsOf(Path file) {
        Map<String, String> defaults = defaults();
        return exportsIn(file).stream()
                .map(export -> {
                    Map<String, String> parameters = new LinkedHashMap<>(defaults);
                    parameters.putAll(parametersOf(export, "value"));
                    return parameters;
                })
                .toList();
    }

    private Map<String, String> defaults() {
        if (templateDefaults == null) {
            templateDefaults = readDefaults();
        }
        return templateDefaults;
    }

    private Map<String, String> readDefaults() {
        Map<String, String> defaults = new LinkedHashMap<>();
        for (Path file : files) {
            if (file.equals(folder.resolve("export" + SUFFIX))) {
                nodesIn(file, "routeTemplate")
                        .forEach(template -> defaults.putAll(parametersOf(template, "defaultValue")));
            }
        }
        return defaults;
    }

    /** The files of exports. */
    List<Path> exportFiles(boolean withDefaultExport) {
        return exportFiles.stream()
                .filter(file -> withDefaultExport || !nameOf(file).equals(DEFAULT_EXPORT))
                .toList();
    }

    /** Why {@code file} cannot be read, with the line; empty where it can. */
    Optional<String> problemOfSyntax(Path file) {
        try {
            new YAMLMapper().readTree(textOf(file));
            return Optional.empty();
        } catch (JacksonException e) {
            var where = e.getLocation();
            return Optional.of("%s is not YAML: line %d, column %d: %s. Not started."
                    .formatted(
                            nameInMessages(file),
                            where == null ? 1 : where.getLineNr(),
                            where == null ? 1 : where.getColumnNr(),
                            e.getOriginalMessage().lines().findFirst().orElse("")));
        } catch (IOException e) {
            return Optional.of("%s cannot be read: %s. Not started.".formatted(nameInMessages(file), reason(e)));
        }
    }

    private static String reason(IOException e) {
        if (e instanceof NoSuchFileException) {
            return "it leads to nothing";
        }
        if (e instanceof AccessDeniedException) {
            return "the connector has no right to read it";
        }
        return e instanceof FileSystemException failed
                ? String.valueOf(failed.getReason())
                : String.valueOf(e.getMessage());
    }

    /** @throws IOException when it is no file, or none that a person writes */
    private static String textOf(Path file) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        if (!attributes.isRegularFile()) {
            throw new IOException(attributes.isDirectory() ? "it is a folder" : "it is no file");
        }
        if (attributes.size() > MOST_BYTES) {
            throw new IOException("it has %,d bytes, more than %,d".formatted(attributes.size(), MOST_BYTES));
        }
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
        CharBuffer text = CharBuffer.allocate(bytes.remaining());
        if (StandardCharsets.UTF_8.newDecoder().decode(bytes, text, true).isError()) {
            long line = text.flip().chars().filter(each -> each == '\n').count() + 1;
            throw new IOException("line %d: it is not text in UTF-8".formatted(line));
        }
        return text.flip().toString();
    }

    /** The destinations that an export names: one, or several with commas between them. */
    public static List<String> destinationsIn(String list) {
        return Stream.of(list.split(",", -1)).map(String::strip).toList();
    }

    /** Whether there are exports beside the default one. */
    boolean hasFurtherExports() {
        return exportFiles.stream().anyMatch(file -> !nameOf(file).equals(DEFAULT_EXPORT));
    }

    /** All settings that any route file uses. */
    public Set<String> settings() {
        Set<String> names = new TreeSet<>();
        files.forEach(file -> names.addAll(settingsOf(file, false)));
        return names;
    }

    /** The settings without which {@code file} cannot be loaded. */
    Set<String> requiredSettings(Path file) {
        return settingsOf(file, true);
    }

    /** Whether a route file pastes the value of a setting into text, other than handing it over as it is. */
    public boolean isPasted(String setting) {
        return files.stream().anyMatch(file -> places(file).containsKey(setting));
    }

    /** Where {@code file} pastes settings into text. */
    Map<String, Set<Place>> places(Path file) {
        return Place.in(contents.computeIfAbsent(file, RouteFiles::contentOf));
    }

    /** {@code file} as a person would name it. */
    String nameInMessages(Path file) {
        return folder.getFileName() + "/" + folder.relativize(file);
    }

    /** Whether {@code file} is the one that tells the control plane of this process. */
    boolean isHealth(Path file) {
        return file.equals(folder.resolve("health" + SUFFIX));
    }

    /** Whether {@code file} describes exports. */
    boolean isExport(Path file) {
        return exportFiles.contains(file);
    }

    private boolean isIn(String subfolder, Path file) {
        return file.startsWith(folder.resolve(subfolder));
    }

    private static Map<String, String> parametersOf(JsonNode route, String field) {
        Map<String, String> parameters = new LinkedHashMap<>();
        for (JsonNode parameter : route.path("parameters")) {
            JsonNode value = parameter.path(field);
            parameters.put(
                    parameter.path("name").asText(),
                    value.isArray()
                            ? value.valueStream().map(JsonNode::asText).collect(Collectors.joining(","))
                            : value.asText());
        }
        return parameters;
    }

    private List<JsonNode> exportsIn(Path file) {
        return nodesIn(file, "templatedRoute").stream()
                .filter(route -> route.path("routeTemplateRef").asText().equals("export"))
                .toList();
    }

    private List<JsonNode> nodesIn(Path file, String name) {
        return contents.computeIfAbsent(file, RouteFiles::contentOf).findValues(name);
    }

    private static JsonNode contentOf(Path file) {
        try {
            return new YAMLMapper().readTree(textOf(file));
        } catch (IOException e) {
            // Camel reads the same file next and says where it is wrong.
            return MissingNode.getInstance();
        }
    }

    private static Set<String> settingsOf(Path file, boolean requiredOnly) {
        Set<String> names = new TreeSet<>();
        SETTING.matcher(textWithoutComments(file)).results().forEach(match -> {
            boolean required = match.group(1).isEmpty() && match.group(4) == null;
            if (required || !requiredOnly) {
                names.add(match.group(2));
            }
        });
        return names;
    }

    private static String textWithoutComments(Path file) {
        return String.join(
                "\n",
                linesOf(file, lines -> lines.filter(line -> !line.stripLeading().startsWith("#"))));
    }

    private static List<String> linesOf(Path file, UnaryOperator<Stream<String>> choice) {
        try {
            return choice.apply(textOf(file).lines()).toList();
        } catch (IOException e) {
            // As with contentOf.
            return List.of();
        }
    }

    private static String nameOf(Path file) {
        String name = file.getFileName().toString();
        return name.substring(0, name.length() - SUFFIX.length());
    }
}
