package com.bytefreezer.connector.config;

import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.text.Names;
import com.bytefreezer.connector.text.Suggestion;
import com.fasterxml.jackson.databind.JsonNode;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The feeds as written in {@code routes/feeds}: parameters of the template in {@code routes/receive.camel.yaml}, with
 * placeholders for settings. For one thread.
 */
final class FeedFiles {
    private static final String TEMPLATE = "feed";
    /** What {@code receive.Format} knows. */
    private static final List<String> FORMATS = List.of("auto", "ndjson", "json", "text", "syslog", "csv");
    /** Its senders name the dataset. */
    private static final String HTTP = "http";

    private static final String FILE = "file";

    private static final String SENDERS = "senders";

    private final RouteFiles routes;
    private final Map<String, String> values;
    private final Map<String, String> defaults = new LinkedHashMap<>();

    FeedFiles(RouteFiles routes, Map<String, String> values) {
        this.routes = routes;
        this.values = values;
        defaults.putAll(defaultsIn(routes.receiveFile()));
    }

    private Map<String, String> defaultsIn(Path file) {
        Map<String, String> all = new LinkedHashMap<>();
        for (JsonNode template : routes.content(file).findValues("routeTemplate")) {
            all.putAll(ExportParameters.parametersOf(template, "defaultValue"));
        }
        return all;
    }

    /** Those of any feed, and those of its input. */
    private Map<String, String> defaultsOf(Map<String, String> given) {
        Map<String, String> all = new LinkedHashMap<>(defaults);
        String input =
                ExportDefinition.resolved(given, values).getOrDefault("input", defaults.getOrDefault("input", ""));
        if (routes.inputs().contains(input)) {
            all.putAll(defaultsIn(routes.inputFile(input)));
        }
        return all;
    }

    /** All feeds that are enabled; their files must have no {@link #problems}. */
    List<FeedDefinition> feeds() {
        return routes.filesIn(RouteFiles.FEEDS).stream()
                .flatMap(file -> in(file).stream())
                .map(this::resolved)
                .filter(feed -> !isClosed(feed))
                .map(FeedFiles::definition)
                .toList();
    }

    private static FeedDefinition definition(Map<String, String> feed) {
        return new FeedDefinition(
                feed.getOrDefault("name", ""),
                feed.getOrDefault("input", ""),
                DatasetChoice.of(feed.getOrDefault("tenant", ""), feed.getOrDefault("dataset", "")),
                feed.getOrDefault("format", ""),
                Optional.of(feed.getOrDefault("token", "")).filter(token -> !token.isEmpty()),
                feed);
    }

    /** Every feed of every file; a file that describes none, or cannot be read, counts as one that is wrong. */
    List<FeedSource> sources() {
        List<FeedSource> all = new ArrayList<>();
        for (Path file : routes.filesIn(RouteFiles.FEEDS)) {
            String inMessages = routes.nameInMessages(file);
            List<String> ofFile = new ArrayList<>();
            routes.problemOfSyntax(file).ifPresent(problem -> ofFile.add(problem.what()));
            RouteText.requiredSettings(file).stream()
                    .filter(name -> !values.containsKey(name))
                    .forEach(name -> ofFile.add("%s is required here.".formatted(name)));
            List<Map<String, String>> feeds = in(file);
            if (feeds.isEmpty()) {
                List<String> why = ofFile.isEmpty() ? List.of("it describes no feed.") : ofFile;
                all.add(new FeedSource(inMessages, Map.of("name", RouteFiles.nameOf(file)), Optional.empty(), why));
            }
            for (Map<String, String> feed : feeds) {
                List<String> problems = new ArrayList<>(ofFile);
                problems.addAll(problemsOf(feed));
                Map<String, String> resolved = resolved(feed);
                boolean isOpen = problems.isEmpty() && !isClosed(resolved);
                all.add(new FeedSource(
                        inMessages, resolved, isOpen ? Optional.of(definition(resolved)) : Optional.empty(), problems));
            }
        }
        return all;
    }

    /** The parameters that each input adds to those of any feed, with their defaults. */
    Map<String, Map<String, String>> inputs() {
        Map<String, Map<String, String>> all = new TreeMap<>();
        for (String input : routes.inputs()) {
            Map<String, String> own = defaultsIn(routes.inputFile(input));
            own.remove("name");
            all.put(input, own);
        }
        return all;
    }

    /** The problems of all files. */
    List<Problem> problems() {
        List<Problem> problems = new ArrayList<>();
        Map<String, String> owners = new HashMap<>();
        for (Path file : routes.filesIn(RouteFiles.FEEDS)) {
            String inMessages = routes.nameInMessages(file);
            routes.problemOfSyntax(file).ifPresent(problems::add);
            List<Map<String, String>> feeds = in(file);
            if (feeds.isEmpty()) {
                problems.add(Problem.ofStart(inMessages, "it describes no feed.", ""));
            }
            for (String name : RouteText.requiredSettings(file)) {
                if (!values.containsKey(name)) {
                    problems.add(Problem.ofStart(inMessages, "%s is required here.".formatted(name), ""));
                }
            }
            for (Map<String, String> feed : feeds) {
                problemsOf(feed).forEach(problem -> problems.add(Problem.ofStart(inMessages, problem, "")));
                String name = feed.getOrDefault("name", "");
                String owner = owners.putIfAbsent(name, inMessages);
                if (owner != null) {
                    problems.add(Problem.ofStart(
                            inMessages,
                            "%s has a feed named %s already.".formatted(owner, name),
                            "Give it another name."));
                }
            }
        }
        return problems;
    }

    /** The problems of a feed's parameters as written, a line each. */
    List<String> problemsOf(Map<String, String> given) {
        Map<String, String> feed = resolved(given);
        List<String> problems = new ArrayList<>();
        String name = feed.getOrDefault("name", "");
        String input = feed.getOrDefault("input", "");
        Set<String> known = defaultsOf(given).keySet();
        given.keySet().stream()
                .filter(key -> !known.contains(key))
                .forEach(key -> problems.add("feed %s: %s is not a parameter of a feed with the input %s.%s"
                        .formatted(name, key, input, Suggestion.of(key, known))));
        if (!Names.isOfRoute(name)) {
            problems.add("feed \"%s\": its name must consist of letters, digits and . _ - only.".formatted(name));
        }
        ValueRules.problem(ValueRules.ENABLED, feed.getOrDefault("enabled", ""))
                .ifPresent(problem -> problems.add("feed %s: enabled %s.".formatted(name, problem)));
        if (isClosed(feed)) {
            return problems;
        }
        if (!routes.inputs().contains(input)) {
            problems.add("feed %s: unknown input \"%s\", available: %s."
                    .formatted(name, input, String.join(" ", routes.inputs())));
        }
        String format = feed.getOrDefault("format", "");
        if (format.equals("csv") && !input.equals(FILE)) {
            problems.add("feed %s: only the input %s reads csv.".formatted(name, FILE));
        }
        if (!FORMATS.contains(format)) {
            problems.add("feed %s: format must be one of %s, not \"%s\"."
                    .formatted(name, String.join(", ", FORMATS), format));
        }
        DatasetChoice.problemOfTenants(feed.getOrDefault("tenant", ""))
                .ifPresent(problem -> problems.add("feed %s: tenant %s.".formatted(name, problem)));
        DatasetChoice.problemOfDatasets(feed.getOrDefault("dataset", ""))
                .ifPresent(problem -> problems.add("feed %s: dataset %s.".formatted(name, problem)));
        (input.equals(HTTP) ? problemOfToken(feed.getOrDefault("token", "")) : problemOfStream(feed))
                .ifPresent(problem -> problems.add("feed %s: %s".formatted(name, problem)));
        feed.forEach((key, value) -> ValueRules.problem("feed." + key, value)
                .ifPresent(problem -> problems.add("feed %s: %s %s.".formatted(name, key, problem))));
        return problems;
    }

    /** Nobody names the dataset, and nobody has a token. */
    private Optional<String> problemOfStream(Map<String, String> feed) {
        boolean isOne = DatasetChoice.of(feed.getOrDefault("tenant", ""), feed.getOrDefault("dataset", ""))
                .one()
                .isPresent();
        if (!isOne) {
            return Optional.of("its events go into one dataset: name a tenant and a dataset, without * and commas.");
        }
        if (!feed.getOrDefault("token", "").isEmpty()) {
            return Optional.of("senders of its input send no token; name their addresses in senders.");
        }
        if (feed.getOrDefault("tls", "").equals("true")
                && values.getOrDefault("feeds.certificate-file", "").isEmpty()) {
            return Optional.of("its tls needs feeds.certificate-file and feeds.key-file.");
        }
        boolean isOpen = feed.containsKey(SENDERS)
                && feed.getOrDefault(SENDERS, "").isEmpty()
                && !isLoopback(values.getOrDefault("feeds.host", ""));
        return isOpen
                ? Optional.of(
                        "it needs senders, the addresses that may send (10.0.0.0/8), because other machines can reach feeds.host.")
                : Optional.empty();
    }

    private static boolean isClosed(Map<String, String> resolved) {
        return resolved.getOrDefault("enabled", "").equals("false");
    }

    private Optional<String> problemOfToken(String token) {
        if (token.isEmpty()) {
            return isLoopback(values.getOrDefault("feeds.host", ""))
                    ? Optional.empty()
                    : Optional.of("it needs a token, because other machines can reach feeds.host.");
        }
        return ValueRules.problemOfToken(token).map("its token %s."::formatted);
    }

    private static boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            // Whoever listens there reports it.
            return false;
        }
    }

    private Map<String, String> resolved(Map<String, String> given) {
        Map<String, String> feed = defaultsOf(given);
        feed.putAll(given);
        return ExportDefinition.resolved(feed, values);
    }

    private List<Map<String, String>> in(Path file) {
        return ExportParameters.routesIn(routes.content(file), TEMPLATE).stream()
                .map(route -> ExportParameters.parametersOf(route, "value"))
                .toList();
    }
}
