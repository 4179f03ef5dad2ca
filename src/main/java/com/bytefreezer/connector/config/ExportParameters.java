package com.bytefreezer.connector.config;

import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.text.Suggestion;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The exports as written in {@code routes/exports}: parameters of the template in {@code routes/export.camel.yaml},
 * with placeholders for settings. {@link ExportDefinition} reads them.
 */
final class ExportParameters {
    static final String TEMPLATE = "export";
    private static final String DEFAULT_EXPORT = "default";

    private final RouteFiles routes;
    private final List<Path> files;
    private volatile @Nullable Map<String, String> templateDefaults;

    ExportParameters(RouteFiles routes, List<Path> files) {
        this.routes = routes;
        this.files = files;
    }

    /** The files. */
    List<Path> files(boolean withDefaultExport) {
        return files.stream()
                .filter(file -> withDefaultExport || !isOfDefaultExport(file))
                .toList();
    }

    /** Whether {@code file} is that of the default export, which the settings {@code query.*} describe. */
    static boolean isOfDefaultExport(Path file) {
        return RouteFiles.nameOf(file).equals(DEFAULT_EXPORT);
    }

    /** Whether there are exports besides the default one. */
    boolean hasFurther() {
        return !files(false).isEmpty();
    }

    /** The names of the exports, as written. */
    Set<String> names() {
        return files.stream()
                .flatMap(file -> exportsIn(file).stream())
                .map(export -> parametersOf(export, "value").getOrDefault("name", ""))
                .collect(Collectors.toSet());
    }

    /** The parameters of every export: those of its file, and the template's defaults. */
    List<Map<String, String>> all(boolean withDefaultExport) {
        return files(withDefaultExport).stream()
                .flatMap(file -> of(file).stream())
                .toList();
    }

    /** As above, for one file. */
    List<Map<String, String>> of(Path file) {
        return exportsIn(file).stream()
                .map(export -> {
                    Map<String, String> parameters = new LinkedHashMap<>(defaults());
                    parameters.putAll(parametersOf(export, "value"));
                    return parameters;
                })
                .toList();
    }

    /**
     * The destinations of the exports, see {@link #destinationsIn}, each list with its source: a file, or {@code
     * destination.type}.
     *
     * @param chosen the value of {@code destination.type}
     */
    Map<String, String> destinations(String chosen, boolean withDefaultExport) {
        Map<String, String> lists = new LinkedHashMap<>();
        if (withDefaultExport) {
            lists.put(chosen, "destination.type");
        }
        for (Path file : files(withDefaultExport)) {
            for (JsonNode export : exportsIn(file)) {
                String own = parametersOf(export, "value").getOrDefault("destination", "");
                if (own.isEmpty() || own.equals("{{destination.type}}")) {
                    lists.putIfAbsent(chosen, "destination.type");
                } else {
                    lists.putIfAbsent(own, routes.nameInMessages(file));
                }
            }
        }
        return lists;
    }

    /** The destinations that an export names: one, or several separated by commas. */
    static List<String> destinationsIn(String list) {
        return Stream.of(list.split(",", -1)).map(String::strip).toList();
    }

    /** A problem for each parameter in {@code file} that the template does not have: Camel would ignore it silently. */
    List<Problem> unknown(Path file) {
        Set<String> known = defaults().keySet();
        List<Problem> problems = new ArrayList<>();
        for (JsonNode export : exportsIn(file)) {
            Map<String, String> given = parametersOf(export, "value");
            given.keySet().stream()
                    .filter(name -> !known.isEmpty() && !known.contains(name))
                    .forEach(name -> problems.add(Problem.ofStart(
                            routes.nameInMessages(file),
                            "export %s: %s is not a parameter of an export.%s"
                                    .formatted(given.getOrDefault("name", ""), name, Suggestion.of(name, known)),
                            "")));
        }
        return problems;
    }

    private Map<String, String> defaults() {
        Map<String, String> known = templateDefaults;
        if (known == null) {
            known = new LinkedHashMap<>();
            for (JsonNode template : routes.template().findValues("routeTemplate")) {
                known.putAll(parametersOf(template, "defaultValue"));
            }
            templateDefaults = known;
        }
        return known;
    }

    private List<JsonNode> exportsIn(Path file) {
        return routesIn(routes.content(file), TEMPLATE);
    }

    /** Those of a template, in the order of the file. */
    static List<JsonNode> routesIn(JsonNode content, String template) {
        return content.findValues("templatedRoute").stream()
                .filter(route -> route.path("routeTemplateRef").asText().equals(template))
                .toList();
    }

    static Map<String, String> parametersOf(JsonNode route, String field) {
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
}
