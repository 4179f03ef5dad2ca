package com.bytefreezer.connector.kit;

import com.bytefreezer.connector.config.RouteFiles;
import com.bytefreezer.connector.disk.ScratchFolder;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The route file of one input, and a separate folder with the project's route files and a feed of this input, so that only
 * this one is tested. Deletes the folder when closed.
 */
final class InputRoute implements AutoCloseable {
    /** Where a test sends what the input would take from its own server. */
    static final String DIRECT = "direct:case";

    static final String FEED = "test";
    /** Stands for what tells the trials of a certification from each other. */
    static final String TRIAL = "{trial}";

    static final String TENANT = "acme";
    static final String DATASET = "events";

    private static final String SUFFIX = ".camel.yaml";
    private static final String INPUTS = "inputs";
    private static final String FEEDS = "feeds";
    private static final String STDOUT = "destinations/stdout" + SUFFIX;
    private static final ObjectMapper YAML = new YAMLMapper();

    /** How events come to an input. */
    enum Way {
        /** Requests, each with an answer. */
        HTTP,
        /** Connections and datagrams without an answer. */
        SOCKETS,
        /** From a server or a folder, by a component of Camel. */
        CAMEL
    }

    private final String name;
    private final Path file;
    private final Map<String, String> feed;
    private final ScratchFolder folder;
    private boolean isPerTrial;

    private InputRoute(String name, Path file, Map<String, String> feed, ScratchFolder folder) {
        this.name = name;
        this.file = file;
        this.feed = feed;
        this.folder = folder;
    }

    /** Whether the path of a route file is that of an input, or the name that of an input and of no destination. */
    static boolean isMeant(Path routes, String which) {
        if (which.endsWith(SUFFIX)) {
            Path parent = Path.of(which).toAbsolutePath().normalize().getParent();
            return parent != null && parent.endsWith(INPUTS);
        }
        return !Files.exists(routes.resolve("destinations").resolve(which + SUFFIX))
                && Files.exists(routes.resolve(INPUTS).resolve(which + SUFFIX));
    }

    /**
     * Finds an input.
     *
     * @param routes the folder of the project's route files
     * @param which the name of an input or of a feed in it, or the path of the file of one
     * @throws ConnectorException if there is none
     */
    static InputRoute find(Path routes, String which) {
        Path named = routes.resolve(INPUTS).resolve(which + SUFFIX);
        Path ofFeed = routes.resolve(FEEDS).resolve(which + SUFFIX);
        Path file = which.endsWith(SUFFIX)
                ? Path.of(which).toAbsolutePath().normalize()
                : Files.exists(named) ? named : Files.exists(ofFeed) ? ofFeed : named;
        if (!Files.exists(file)) {
            throw new ConnectorException(
                    "%s: there is no file %s.".formatted(which, file),
                    Problem.NOT_STARTED,
                    "Name a file, or one of: %s."
                            .formatted(String.join(" ", RouteFiles.in(routes).inputs())),
                    null);
        }
        Map<String, String> feed = isFeed(file) ? parameters(file) : Map.of();
        Path input = isFeed(file) ? routes.resolve(INPUTS).resolve(feed.getOrDefault("input", "http") + SUFFIX) : file;
        String fileName = input.getFileName().toString();
        ScratchFolder folder = ScratchFolder.create();
        try {
            Path own = folder.path().resolve("routes");
            DestinationRoute.copy(routes, own, Set.of(FEEDS, INPUTS));
            // The settings name a destination, though nothing is exported.
            Files.createDirectories(own.resolve("destinations"));
            Files.copy(routes.resolve(STDOUT), own.resolve(STDOUT));
            Files.createDirectories(own.resolve(INPUTS));
            Files.copy(input, own.resolve(INPUTS).resolve(fileName));
            return new InputRoute(fileName.substring(0, fileName.length() - SUFFIX.length()), input, feed, folder);
        } catch (IOException e) {
            folder.close();
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isFeed(Path file) {
        return content(file).findValue("templatedRoute") != null;
    }

    private static Map<String, String> parameters(Path file) {
        Map<String, String> all = new TreeMap<>();
        for (JsonNode parameter : content(file).findValue("templatedRoute").path("parameters")) {
            all.put(parameter.path("name").asText(), parameter.path("value").asText());
        }
        return all;
    }

    private static JsonNode content(Path file) {
        try {
            return YAML.readTree(Files.readString(file));
        } catch (IOException e) {
            throw CaseText.wrong(file, "it cannot be read as YAML.", e);
        }
    }

    String name() {
        return name;
    }

    /** The parameters of the feed whose file was named. */
    Map<String, String> feed() {
        return feed;
    }

    /** The file of its cases. */
    Path caseFile() {
        return file.resolveSibling(name + ".test.yaml");
    }

    /** Its cases; none without a file. */
    InputCaseFile cases() {
        return Files.exists(caseFile()) ? InputCaseFile.read(caseFile()) : InputCaseFile.NONE;
    }

    /** The folder with the route files. */
    Path routes() {
        return folder.path().resolve("routes");
    }

    /** A new folder for a run's files. */
    Path newFolder() {
        try {
            return Files.createTempDirectory(folder.path(), "run-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Way way() {
        return isFrom("platform-http:") ? Way.HTTP : isFrom("sockets:") ? Way.SOCKETS : Way.CAMEL;
    }

    /** Whether it reads the files of the folder that the feed names. */
    boolean readsFolder() {
        return isFrom("folder-feed:");
    }

    /** Whether it reads records of Kafka. */
    boolean readsKafka() {
        return isFrom("kafka-feed:");
    }

    /** Whether it reads records of Kinesis. */
    boolean readsKinesis() {
        return isFrom("kinesis-feed:");
    }

    private boolean isFrom(String scheme) {
        return content(file).findValues("from").stream()
                .anyMatch(one -> one.path("uri").asText().startsWith(scheme));
    }

    /** Whether its component makes what {@code direct:receive} takes, without a step in between. */
    boolean handsOnMessages() {
        return content(file)
                .findValue("from")
                .path("steps")
                .path(0)
                .path("to")
                .asText()
                .equals("direct:receive");
    }

    /** Whether it takes connections; otherwise datagrams only. */
    boolean hasTcp() {
        return content(file).findValues("from").stream()
                .anyMatch(from -> from.path("parameters").path("tcp").asBoolean());
    }

    /** How events are written: as the feed says, or by default. */
    String format() {
        Path described = routes().resolve(FEEDS).resolve(FEED + SUFFIX);
        String given = parameters(described).getOrDefault("format", "");
        if (!given.isEmpty()) {
            return given;
        }
        for (JsonNode parameter : content(file).findParents("defaultValue")) {
            if (parameter.path("name").asText().equals("format")) {
                return parameter.path("defaultValue").asText();
            }
        }
        return "auto";
    }

    /**
     * Writes the feed: with these parameters, but into a dataset of the test, from this machine and without a token.
     */
    void describe(Map<String, String> parameters) {
        Map<String, String> all = new TreeMap<>(parameters);
        all.putAll(Map.of("name", FEED, "input", name, "tenant", TENANT, "dataset", DATASET, "enabled", "true"));
        List.of("token", "senders", "tls").forEach(all::remove);
        isPerTrial = all.values().stream().anyMatch(value -> value.contains(TRIAL));
        all.replaceAll((key, value) -> value.replace(TRIAL, "{{feeds.test.trial:none}}"));
        if (way() == Way.SOCKETS) {
            all.put("port", "{{feeds.test.port:0}}");
        }
        List<Map<String, String>> written = new ArrayList<>();
        all.forEach((key, value) -> written.add(Map.of("name", key, "value", value)));
        write(
                routes().resolve(FEEDS).resolve(FEED + SUFFIX),
                List.of(Map.of(
                        "templatedRoute",
                        Map.of("routeTemplateRef", "feed", "routeId", "feed-test", "parameters", written))));
    }

    /** Whether parameters of the feed are others in each trial. */
    boolean isPerTrial() {
        return isPerTrial;
    }

    /** Lets a test be the server of the input: what follows after {@code from} stays as it is. */
    void replaceFrom() {
        Path own = routes().resolve(INPUTS).resolve(name + SUFFIX);
        JsonNode content = content(own);
        content.findValues("from").stream()
                .map(ObjectNode.class::cast)
                .filter(from -> !from.path("uri").asText().matches("(direct|seda):.*"))
                .forEach(from -> {
                    from.put("uri", DIRECT);
                    from.remove("parameters");
                });
        write(own, content);
    }

    /** Lets each storing take longer, as a slow disk does. */
    void slowDown(int millis) {
        Path receive = routes().resolve("receive" + SUFFIX);
        JsonNode content = content(receive);
        ObjectNode from = (ObjectNode) content.findValue("from");
        var steps = from.withArray("steps");
        steps.insert(0, YAML.valueToTree(Map.of("delay", Map.of("constant", String.valueOf(millis)))));
        write(receive, content);
    }

    private static void write(Path file, Object content) {
        try {
            Files.createDirectories(file.getParent());
            YAML.writeValue(file.toFile(), content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        folder.close();
    }
}
