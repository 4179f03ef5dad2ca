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

/**
 * The feeds as written in {@code routes/feeds}: parameters of the template in {@code routes/receive.camel.yaml}, with
 * placeholders for settings. For one thread.
 */
final class FeedFiles {
    private static final String TEMPLATE = "feed";
    /** What {@code receive.Format} knows. */
    private static final List<String> FORMATS = List.of("auto", "ndjson", "json", "text");

    private final RouteFiles routes;
    private final Map<String, String> values;
    private final Map<String, String> defaults = new LinkedHashMap<>();

    FeedFiles(RouteFiles routes, Map<String, String> values) {
        this.routes = routes;
        this.values = values;
        for (JsonNode template : routes.content(routes.receiveFile()).findValues("routeTemplate")) {
            defaults.putAll(ExportParameters.parametersOf(template, "defaultValue"));
        }
    }

    /** All feeds that are enabled; their files must have no {@link #problems}. */
    List<FeedDefinition> feeds() {
        return routes.feedFiles().stream()
                .flatMap(file -> in(file).stream())
                .map(this::resolved)
                .filter(feed -> !isClosed(feed))
                .map(feed -> new FeedDefinition(
                        feed.getOrDefault("name", ""),
                        feed.getOrDefault("input", ""),
                        DatasetChoice.of(feed.getOrDefault("tenant", ""), feed.getOrDefault("dataset", "")),
                        feed.getOrDefault("format", ""),
                        Optional.of(feed.getOrDefault("token", "")).filter(token -> !token.isEmpty())))
                .toList();
    }

    /** The problems of all files. */
    List<Problem> problems() {
        List<Problem> problems = new ArrayList<>();
        Map<String, String> owners = new HashMap<>();
        for (Path file : routes.feedFiles()) {
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
                problems(feed).forEach(problem -> problems.add(Problem.ofStart(inMessages, problem, "")));
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

    private List<String> problems(Map<String, String> given) {
        Map<String, String> feed = resolved(given);
        List<String> problems = new ArrayList<>();
        String name = feed.getOrDefault("name", "");
        String input = feed.getOrDefault("input", "");
        given.keySet().stream()
                .filter(key -> !defaults.containsKey(key))
                .forEach(key -> problems.add("feed %s: %s is not a parameter of a feed.%s"
                        .formatted(name, key, Suggestion.of(key, defaults.keySet()))));
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
        if (!FORMATS.contains(format)) {
            problems.add("feed %s: format must be one of %s, not \"%s\"."
                    .formatted(name, String.join(", ", FORMATS), format));
        }
        DatasetChoice.problemOfTenants(feed.getOrDefault("tenant", ""))
                .ifPresent(problem -> problems.add("feed %s: tenant %s.".formatted(name, problem)));
        DatasetChoice.problemOfDatasets(feed.getOrDefault("dataset", ""))
                .ifPresent(problem -> problems.add("feed %s: dataset %s.".formatted(name, problem)));
        problemOfToken(feed.getOrDefault("token", ""))
                .ifPresent(problem -> problems.add("feed %s: %s".formatted(name, problem)));
        return problems;
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
        Map<String, String> feed = new LinkedHashMap<>(defaults);
        feed.putAll(given);
        return ExportDefinition.resolved(feed, values);
    }

    private List<Map<String, String>> in(Path file) {
        return routes.content(file).findValues("templatedRoute").stream()
                .filter(route -> route.path("routeTemplateRef").asText().equals(TEMPLATE))
                .map(route -> ExportParameters.parametersOf(route, "value"))
                .toList();
    }
}
