package com.bytefreezer.connector.config;

import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.text.Names;
import com.bytefreezer.connector.text.Suggestion;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The packs as written in {@code routes/packs}: parameters of the template in {@code routes/pack.camel.yaml}, with
 * placeholders for settings. For one thread.
 */
final class PackFiles {
    private static final String TEMPLATE = "pack";
    private static final String TYPES = "types";
    private static final String COMPRESSION = "compression";

    private final RouteFiles routes;
    private final Map<String, String> values;
    private final Map<String, String> defaults = new LinkedHashMap<>();

    PackFiles(RouteFiles routes, Map<String, String> values) {
        this.routes = routes;
        this.values = values;
        if (!routes.filesIn(RouteFiles.PACKS).isEmpty()) {
            for (JsonNode template : routes.content(routes.packFile()).findValues("routeTemplate")) {
                defaults.putAll(ExportParameters.parametersOf(template, "defaultValue"));
            }
        }
    }

    /** All packs that are enabled, in the order of their files; these must have no {@link #problems}. */
    List<PackDefinition> packs() {
        return routes.filesIn(RouteFiles.PACKS).stream()
                .flatMap(file -> in(file).stream())
                .map(this::resolved)
                .filter(pack -> !isOff(pack))
                .map(pack -> new PackDefinition(
                        pack.getOrDefault("name", ""),
                        DatasetChoice.of(pack.getOrDefault("tenant", ""), pack.getOrDefault("dataset", "")),
                        ExportDefinition.unescaped(pack.getOrDefault("sql", "")),
                        pack.getOrDefault(TYPES, ""),
                        Optional.of(pack.getOrDefault(COMPRESSION, "")).filter(value -> !value.isEmpty())))
                .toList();
    }

    /** The file of a pack; empty if there is none. */
    Optional<ExportSource> source(String pack) {
        return ExportSource.find(
                TEMPLATE,
                pack,
                routes.filesIn(RouteFiles.PACKS),
                file -> in(file).stream()
                        .map(given -> {
                            Map<String, String> all = new LinkedHashMap<>(defaults);
                            all.putAll(given);
                            return all;
                        })
                        .toList(),
                routes,
                values);
    }

    /** The problems of all files, without those of the SQL. */
    List<Problem> problems() {
        List<Problem> problems = new ArrayList<>();
        Map<String, String> owners = new HashMap<>();
        for (Path file : routes.filesIn(RouteFiles.PACKS)) {
            String inMessages = routes.nameInMessages(file);
            Optional<Problem> ofSyntax = routes.problemOfSyntax(file);
            ofSyntax.ifPresent(problems::add);
            List<Map<String, String>> packs = in(file);
            if (packs.isEmpty() && ofSyntax.isEmpty()) {
                problems.add(Problem.ofStart(inMessages, "it describes no pack.", ""));
            }
            for (String name : RouteText.requiredSettings(file)) {
                if (!values.containsKey(name)) {
                    problems.add(Problem.ofStart(inMessages, "%s is required here.".formatted(name), ""));
                }
            }
            for (Map<String, String> pack : packs) {
                String name = pack.getOrDefault("name", "");
                problems(pack)
                        .forEach(problem ->
                                problems.add(Problem.ofStart(inMessages, "pack %s: %s".formatted(name, problem), "")));
                String owner = owners.putIfAbsent(name, inMessages);
                if (owner != null) {
                    problems.add(Problem.ofStart(
                            inMessages,
                            "%s has a pack named %s already.".formatted(owner, name),
                            "Give it another name."));
                }
            }
        }
        return problems;
    }

    private List<String> problems(Map<String, String> given) {
        Map<String, String> pack = resolved(given);
        List<String> problems = new ArrayList<>();
        given.keySet().stream()
                .filter(key -> !defaults.containsKey(key))
                .forEach(key -> problems.add(
                        "%s is not a parameter of a pack.%s".formatted(key, Suggestion.of(key, defaults.keySet()))));
        if (!Names.isOfRoute(pack.getOrDefault("name", ""))) {
            problems.add("its name must consist of letters, digits and . _ - only.");
        }
        ValueRules.problem(ValueRules.ENABLED, pack.getOrDefault("enabled", ""))
                .ifPresent(problem -> problems.add("enabled %s.".formatted(problem)));
        if (isOff(pack)) {
            return problems;
        }
        DatasetChoice.problemOfTenants(pack.getOrDefault("tenant", ""))
                .ifPresent(problem -> problems.add("tenant %s.".formatted(problem)));
        DatasetChoice.problemOfDatasets(pack.getOrDefault("dataset", ""))
                .ifPresent(problem -> problems.add("dataset %s.".formatted(problem)));
        if (!pack.getOrDefault(COMPRESSION, "").isEmpty()) {
            ValueRules.problem("pack.compression", pack.getOrDefault(COMPRESSION, ""))
                    .ifPresent(problem -> problems.add("compression %s.".formatted(problem)));
        }
        ValueRules.problem("columns.types", pack.getOrDefault(TYPES, ""))
                .ifPresent(problem -> problems.add("types %s.".formatted(problem)));
        if (pack.getOrDefault("sql", "").isBlank()) {
            problems.add("sql is required: one SELECT over the table incoming.");
        }
        return problems;
    }

    private static boolean isOff(Map<String, String> resolved) {
        return resolved.getOrDefault("enabled", "").equals("false");
    }

    private Map<String, String> resolved(Map<String, String> given) {
        Map<String, String> pack = new LinkedHashMap<>(defaults);
        pack.putAll(given);
        return ExportDefinition.resolved(pack, values);
    }

    private List<Map<String, String>> in(Path file) {
        return ExportParameters.routesIn(routes.content(file), TEMPLATE).stream()
                .map(route -> ExportParameters.parametersOf(route, "value"))
                .toList();
    }
}
