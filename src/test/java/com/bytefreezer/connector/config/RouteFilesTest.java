package com.bytefreezer.connector.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.app.Connector;
import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.cursor.Cursor;
import com.bytefreezer.connector.lane.Schedule;
import com.bytefreezer.connector.testing.TestTools;
import com.bytefreezer.connector.text.Secrets;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds for every file in {@code routes/}, so that a new one is checked without a test of its own. */
class RouteFilesTest {
    private static final Path ROUTES = TestTools.projectDirectory().resolve("routes");
    private static final String SUFFIX = ".camel.yaml";
    private static final Pattern SETTING = Pattern.compile("\\{\\{(?:\\?|text:)?([a-z0-9-]+(?:\\.[a-z0-9-]+)+)");
    private static final Pattern EXPLAINED = Pattern.compile("(?m)^#   ([a-z0-9-]+(?:\\.[a-z0-9-]+)+)  +\\S");
    /** A step that names an endpoint, and a route's beginning. */
    private static final Set<String> WITH_ENDPOINT =
            Set.of("from", "to", "toD", "wireTap", "poll", "pollEnrich", "enrich");
    /** HttpComponent.createEndpoint takes them too, outside the options that Camel lists. */
    private static final Set<String> HTTP_TIMEOUTS =
            Set.of("connectTimeout", "connectionRequestTimeout", "responseTimeout", "soTimeout");
    /** What {@code HecEndpoint} adds to Camel's options. */
    /** The component of this project. */
    private static final Set<String> SOCKETS = Set.of("tcp", "udp", "syslog");

    private static final Set<String> SPLUNK_HEC = Set.of(
            "url",
            "timeColumn",
            "hostColumn",
            "fields",
            "gzip",
            "channel",
            "acknowledgement",
            "ackTimeout",
            "timeout",
            "proxyHost",
            "proxyPort");

    @TempDir
    private Path folder;

    static List<Path> files() throws IOException {
        try (Stream<Path> paths = Files.walk(ROUTES)) {
            return paths.filter(path -> path.toString().endsWith(SUFFIX))
                    .sorted()
                    .toList();
        }
    }

    static List<Path> destinationFiles() throws IOException {
        return files().stream()
                .filter(file -> file.getParent().endsWith("destinations"))
                .toList();
    }

    static Collection<String> destinations() throws IOException {
        return destinationFiles().stream().map(RouteFilesTest::nameOf).toList();
    }

    @ParameterizedTest
    @MethodSource("destinations")
    void everyFileLoadsWithEachDestination(String destination) throws Exception {
        RouteFiles routes = RouteFiles.in(ROUTES);
        Map<String, String> given = new TreeMap<>(Map.of("destination.type", destination));
        routes.settings().stream()
                .filter(name -> name.startsWith("destination." + destination + ".") && isRequired(name))
                .forEach(name -> given.put(
                        name,
                        name.endsWith("url")
                                ? "http://127.0.0.1:1/nowhere"
                                : name.endsWith("brokers") ? "127.0.0.1:1" : "some"));
        given.put("cursor.start", "latest");
        Settings settings = TestRun.settings(folder, given);
        assertThat(settings.routeFiles())
                .hasSize((int) files().stream()
                                .filter(file -> !file.startsWith(ROUTES.resolve("api")))
                                .filter(file -> !file.startsWith(ROUTES.resolve("mcp")))
                                .filter(file -> !file.startsWith(ROUTES.resolve("notifications")))
                                .filter(file -> !file.startsWith(ROUTES.resolve("inputs")))
                                .filter(file -> !file.startsWith(ROUTES.resolve("feeds")))
                                .filter(file -> !file.equals(ROUTES.resolve("receive.camel.yaml")))
                                .filter(file -> !file.equals(ROUTES.resolve("pack.camel.yaml")))
                                .filter(file -> !file.equals(ROUTES.resolve("source.camel.yaml")))
                                .filter(file -> !file.equals(ROUTES.resolve("mcp.camel.yaml")))
                                .filter(file -> !file.equals(ROUTES.resolve("health.camel.yaml")))
                                .filter(file -> !file.startsWith(ROUTES.resolve("exports")))
                                .count()
                        - destinationFiles().size()
                        + 1);

        Cursor cursor = Cursor.open(Path.of(settings.text("cursor.file")), Duration.ofHours(1));
        try (Connector connector = new Connector(settings, new Secrets(), cursor, Mode.BATCH)) {
            Schedule schedule = connector.start();
            schedule.awaitAll();
            assertThat(schedule.allSucceeded()).isTrue();
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void noLineIsTooLong(Path file) throws IOException {
        assertThat(Files.readAllLines(file)).allMatch(line -> line.length() <= 120);
    }

    @ParameterizedTest
    @MethodSource("files")
    void everyRouteAndTemplateSaysWhatItDoes(Path file) throws IOException {
        for (JsonNode item : yaml(file)) {
            for (String kind : List.of("route", "routeTemplate")) {
                if (item.has(kind)) {
                    assertThat(item.path(kind).path("id").asText()).matches("[a-z0-9]+(-[a-z0-9]+)*");
                    assertThat(item.path(kind).path("description").asText()).matches("[A-Z][a-z]+s .*[^.]");
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("destinationFiles")
    void aDestinationsRouteIsNamedLikeItsFile(Path file) throws IOException {
        String name = "destination-" + nameOf(file);
        assertThat(yaml(file))
                .filteredOn(item -> item.path("route").path("id").asText().equals(name))
                .singleElement()
                .satisfies(item -> {
                    assertThat(item.at("/route/from/uri").asText()).isEqualTo("direct:" + name);
                    assertThat(item.at("/route/group").asText()).isEqualTo("destinations");
                });
    }

    @ParameterizedTest
    @MethodSource("destinationFiles")
    void aDestinationsHeaderExplainsExactlyTheSettingsItUses(Path file) throws IOException {
        assertThat(matches(EXPLAINED, header(file))).isEqualTo(matches(SETTING, withoutComments(file)));
        assertThat(matches(SETTING, withoutComments(file)))
                .allMatch(name -> name.startsWith("destination." + nameOf(file) + "."));
    }

    @Test
    void anExplanationOfTwoLinesIsOne(@TempDir Path folder) throws IOException {
        Path file = Files.createDirectories(folder.resolve("destinations")).resolve("mine.camel.yaml");
        Files.writeString(file, """
                # Destination "mine": sends somewhere.
                # Guarantee: each record at least once.
                #   destination.mine.url   required  where to send it,
                #                                    e.g. https://siem.example/in
                #   destination.mine.size            [harmless] [small or large] how much
                # In: body = the batch.
                - route: {from: {uri: "http:{{destination.mine.url}}?a={{destination.mine.size:}}"}}
                """);
        assertThat(RouteFiles.in(folder).descriptions().get("mine"))
                .isEqualTo(new Destination(
                        "mine",
                        "mine",
                        "sends somewhere.",
                        "each record at least once.",
                        List.of(
                                new Destination.Setting(
                                        "destination.mine.url",
                                        "",
                                        true,
                                        Set.of(),
                                        "where to send it, e.g. https://siem.example/in"),
                                new Destination.Setting(
                                        "destination.mine.size",
                                        "",
                                        false,
                                        Set.of("harmless", "small or large"),
                                        "how much")),
                        false,
                        false));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "from: {uri: direct:check-mine}; true",
                "from: {\"uri\": \"direct:check-mine\"}; true",
                "from: {uri: direct:check-mine-too}; false",
                "from: {uri: direct:mine}; false",
                "# from: {uri: direct:check-mine}; false"
            })
    void aDestinationHasACheckIfARouteStartsThere(String from, boolean hasCheck, @TempDir Path folder)
            throws IOException {
        Path file = Files.createDirectories(folder.resolve("destinations")).resolve("mine.camel.yaml");
        Files.writeString(file, "# Destination \"mine\": sends somewhere.\n- route:\n    %s\n".formatted(from));
        assertThat(RouteFiles.in(folder).descriptions().get("mine").hasCheck()).isEqualTo(hasCheck);
    }

    @Test
    void everyOtherSettingIsOneOfTheProgram() throws IOException {
        Properties properties = new Properties();
        try (var reader = Files.newBufferedReader(ROUTES.resolveSibling("application.properties"))) {
            properties.load(reader);
        }
        for (Path file : files()) {
            Set<String> explained = matches(EXPLAINED, header(file));
            assertThat(matches(SETTING, withoutComments(file)))
                    .filteredOn(name -> !explained.contains(name))
                    .as(file.toString())
                    .isSubsetOf(properties.stringPropertyNames());
        }
    }

    /** Several destinations may be loaded together. */
    @Test
    void noIdOfADestinationsRouteOrStepIsUsedTwice() throws IOException {
        List<String> ids = new ArrayList<>();
        for (Path file : destinationFiles()) {
            ids.addAll(yaml(file).findValuesAsText("id"));
        }
        assertThat(ids).isNotEmpty().doesNotHaveDuplicates();
    }

    @Test
    void everyRouteConfigurationThatIsNamedExists() throws IOException {
        List<JsonNode> all = new ArrayList<>();
        for (Path file : files()) {
            all.add(yaml(file));
        }
        Set<String> there = all.stream()
                .flatMap(file -> file.findValues("routeConfiguration").stream())
                .map(configuration -> configuration.path("id").asText())
                .collect(Collectors.toSet());
        assertThat(all.stream().flatMap(file -> file.findValuesAsText("routeConfigurationId").stream()))
                .isNotEmpty()
                .isSubsetOf(there);
    }

    @ParameterizedTest
    @CsvSource({"exports, export", "feeds, receive"})
    void everyFileIsMadeFromItsTemplateWithParametersThatItHas(String folder, String of) throws IOException {
        JsonNode template = yaml(ROUTES.resolve(of + ".camel.yaml")).findValue("routeTemplate");
        Set<String> parameters = names(template.path("parameters"));
        List<Path> all = files().stream()
                .filter(file -> file.startsWith(ROUTES.resolve(folder)))
                .toList();
        assertThat(all).isNotEmpty();
        for (Path file : all) {
            for (JsonNode one : yaml(file).findValues("templatedRoute")) {
                assertThat(one.path("routeTemplateRef")).isEqualTo(template.path("id"));
                Set<String> known = new TreeSet<>(parameters);
                known.addAll(namesOfInput(one));
                assertThat(names(one.path("parameters"))).contains("name").isSubsetOf(known);
            }
        }
    }

    /** A feed has those of its input, too. */
    private static Set<String> namesOfInput(JsonNode templatedRoute) throws IOException {
        for (JsonNode parameter : templatedRoute.path("parameters")) {
            if (parameter.path("name").asText().equals("input")) {
                Path file = ROUTES.resolve(
                        "inputs/%s.camel.yaml".formatted(parameter.path("value").asText()));
                return names(yaml(file).findValue("routeTemplate").path("parameters"));
            }
        }
        return Set.of();
    }

    /** Camel passes an option it does not know on to the server, or ignores it. */
    @ParameterizedTest
    @MethodSource("files")
    void everyOptionOfAnEndpointIsKnown(Path file) throws Exception {
        try (DefaultCamelContext camel = new DefaultCamelContext()) {
            for (String kind : WITH_ENDPOINT) {
                for (JsonNode endpoint : yaml(file).findValues(kind)) {
                    String uri = endpoint.path("uri").asText();
                    if (endpoint.has("parameters")) {
                        String scheme = uri.substring(0, uri.indexOf(':'));
                        Set<String> known = new TreeSet<>(
                                scheme.equals("sockets")
                                        ? SOCKETS
                                        : camel.getCamelContextExtension()
                                                .getEndpointUriFactory(scheme)
                                                .propertyNames());
                        if (scheme.startsWith("http")) {
                            known.addAll(HTTP_TIMEOUTS);
                        }
                        if (scheme.equals("splunk-hec")) {
                            known.addAll(SPLUNK_HEC);
                        }
                        assertThat(optionNames(endpoint.path("parameters")))
                                .as(uri)
                                .isSubsetOf(known);
                    }
                    assertThat(uri).as("options belong under parameters").doesNotContain("?");
                }
            }
        }
    }

    private static boolean isRequired(String name) {
        try {
            for (Path file : destinationFiles()) {
                String route = withoutComments(file);
                if (route.contains("{{" + name + "}}") || route.contains("{{text:" + name + "}}")) {
                    return true;
                }
            }
            return false;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static JsonNode yaml(Path file) throws IOException {
        return new YAMLMapper().readTree(file.toFile());
    }

    private static Set<String> names(JsonNode parameters) {
        return StreamSupport.stream(parameters.spliterator(), false)
                .map(parameter -> parameter.path("name").asText())
                .collect(Collectors.toSet());
    }

    private static Set<String> optionNames(JsonNode parameters) {
        return parameters.properties().stream().map(Map.Entry::getKey).collect(Collectors.toSet());
    }

    private static Set<String> matches(Pattern pattern, String text) {
        return pattern.matcher(text)
                .results()
                .map(match -> match.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static String header(Path file) throws IOException {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.takeWhile(line -> line.startsWith("#")).collect(Collectors.joining("\n"));
        }
    }

    private static String withoutComments(Path file) throws IOException {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.filter(line -> !line.strip().startsWith("#")).collect(Collectors.joining("\n"));
        }
    }

    private static String nameOf(Path file) {
        String name = file.getFileName().toString();
        return name.substring(0, name.length() - SUFFIX.length());
    }
}
