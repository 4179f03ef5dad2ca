package com.bytefreezer.connector.config;

import com.bytefreezer.connector.config.Destination.Setting;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.text.Names;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The rules for all settings and route files together; {@link ValueRules} has those for a single value. */
final class Rules {
    private static final List<String> QUERY = List.of("query.tenant-id", "query.dataset-id", "query.sql");

    private Rules() {}

    static List<Problem> check(Map<String, String> values, RouteFiles routes, Mode mode) {
        List<Problem> problems = new ArrayList<>();
        Map<String, Setting> marked = routes.destinationSettings();
        values.forEach((name, value) -> ValueRules.problem(name, value)
                .or(() -> Optional.ofNullable(marked.get(name))
                        .flatMap(setting -> ValueRules.problemByMarks(setting, value)))
                .ifPresent(problem ->
                        problems.add(Problem.ofStart("%s %s, not \"%s\".".formatted(name, problem, value), ""))));
        problems.addAll(NamedDestinations.problems(values, routes.kinds()));
        files(values, routes, mode).forEach(file -> checkPlaces(values, routes, file, problems));
        Set<String> named = new TreeSet<>(destinations(values, routes).keySet());
        named.removeIf(name -> !routes.isNamed(name));
        checkToken(values, problems);
        checkLake(values, problems);
        checkDestinations(values, routes, problems);
        checkNames(values, routes, problems);
        if (mode.hasTools()) {
            problems.addAll(ToolText.problems(routes));
        }
        routes.exports()
                .files(usesDefaultExport(values, routes))
                .forEach(file -> problems.addAll(routes.exports().unknown(file)));
        routes.exports()
                .all(usesDefaultExport(values, routes))
                .forEach(export -> problems.addAll(ExportDefinition.problems(export, values)));
        if (mode.receives()) {
            problems.addAll(new FeedFiles(routes, values).problems());
        }
        if (mode.receives() || mode == Mode.PACK) {
            problems.addAll(new PackFiles(routes, values).problems());
        }
        if (mode.exports()) {
            checkDefaultExport(values, routes, problems);
            for (Path file : files(values, routes, mode)) {
                require(values, RouteText.requiredSettings(file), "by " + routes.nameInMessages(file), problems);
            }
            named.forEach(name -> checkSettings(name, values, routes, problems));
            checkNotifications(values, routes, problems);
        }
        return problems;
    }

    /** Whether the settings of a destination are enough for its routes. */
    private static void checkSettings(
            String destination, Map<String, String> values, RouteFiles routes, List<Problem> problems) {
        Path file = routes.fileOf(destination);
        String kind = routes.kindOf(destination);
        Map<String, String> own =
                routes.isNamed(destination) ? NamedDestinations.asKind(destination, kind, values) : values;
        checkPlaces(own, routes, file, problems);
        List<String> required = RouteText.requiredSettings(file).stream()
                .map(name -> routes.isNamed(destination) ? NamedDestinations.named(name, kind, destination) : name)
                .toList();
        require(values, required, "by " + routes.nameInMessages(file), problems);
    }

    private static void checkNotifications(Map<String, String> values, RouteFiles routes, List<Problem> problems) {
        Set<String> known = routes.notifications();
        for (String name : ExportParameters.destinationsIn(values.getOrDefault("notifications.type", ""))) {
            if (known.contains(name)) {
                Path file = routes.fileOfNotification(name);
                checkPlaces(values, routes, file, problems);
                require(values, RouteText.requiredSettings(file), "by " + routes.nameInMessages(file), problems);
            } else if (!name.isEmpty()) {
                problems.add(Problem.ofStart(
                        "notifications.type: unknown notification \"%s\", available: %s."
                                .formatted(name, String.join(" ", known)),
                        ""));
            }
        }
    }

    /** The problems of an export's file, one line each. */
    static List<Problem> problemsOf(Path file, Map<String, String> values, RouteFiles routes) {
        Optional<Problem> syntax = routes.problemOfSyntax(file);
        if (syntax.isPresent()) {
            return List.of(syntax.get());
        }
        String name = routes.nameInMessages(file);
        List<Problem> problems = new ArrayList<>();
        List<Map<String, String>> exports = routes.exports().of(file);
        if (exports.isEmpty()) {
            problems.add(Problem.ofStart(name, "it describes no export.", ""));
        }
        problems.addAll(routes.exports().unknown(file));
        require(values, RouteText.requiredSettings(file), "here", problems);
        for (Map<String, String> export : exports) {
            if (export.getOrDefault("name", "").isEmpty()) {
                problems.add(Problem.ofStart(name, "an export has no name.", ""));
            }
            problems.addAll(ExportDefinition.problems(export, values));
            String list = ExportDefinition.resolve(export.getOrDefault("destination", ""), values);
            List<String> destinations = ExportParameters.destinationsIn(list);
            destinations.forEach(destination -> checkDestination(destination, name, routes, problems));
            if (Set.copyOf(destinations).size() < destinations.size()) {
                problems.add(Problem.ofStart(name, "it names a destination twice: %s.".formatted(list), ""));
            }
            if (problems.isEmpty()) {
                destinations.forEach(destination -> checkSettings(destination, values, routes, problems));
            }
        }
        return problems;
    }

    /** A value that becomes part of a text that Camel evaluates must be one that Camel leaves unchanged. */
    private static void checkPlaces(Map<String, String> values, RouteFiles routes, Path file, List<Problem> problems) {
        if (routes.mentionedSettings(file).stream().allMatch(name -> Place.allTake(values.getOrDefault(name, "")))) {
            // Most files: to read one as YAML takes long.
            return;
        }
        routes.places(file).forEach((name, places) -> {
            String value = values.getOrDefault(name, "");
            if (!places.stream().allMatch(place -> place.takes(value))) {
                problems.add(Problem.ofStart(
                        "%s: Camel would evaluate some characters of this value, because %s inserts it into text."
                                .formatted(name, routes.nameInMessages(file)),
                        "Choose another value, or write {{text:%s}} there, if it is a property of a bean or a parameter of an endpoint."
                                .formatted(name)));
            }
        });
    }

    private static void checkToken(Map<String, String> values, List<Problem> problems) {
        Optional.ofNullable(values.get("server.token"))
                .flatMap(ValueRules::problemOfToken)
                .ifPresent(problem -> problems.add(Problem.ofStart(
                        "server.token %s.".formatted(problem),
                        "Choose a random one, for example with openssl rand -hex 16.")));
    }

    private static void checkLake(Map<String, String> values, List<Problem> problems) {
        for (String area : List.of("s3", "s3source")) {
            if (values.containsKey(area + ".access-key") != values.containsKey(area + ".secret-key")) {
                problems.add(Problem.ofStart(
                        "%1$s.access-key and %1$s.secret-key belong together, but only one is set.".formatted(area),
                        ""));
            }
        }
        boolean local = values.getOrDefault("lake.root", "").startsWith("file:");
        if (local || values.containsKey("s3.bucket")) {
            return;
        }
        require(
                values,
                List.of("control.url", "control.api-key", "control.account-id"),
                "where no s3.bucket and no local lake.root is set",
                problems);
    }

    private static void checkDefaultExport(Map<String, String> values, RouteFiles routes, List<Problem> problems) {
        if (usesDefaultExport(values, routes)) {
            require(values, QUERY, "for the default export", problems);
        }
    }

    /** Whether the settings describe an export; they may not if the routes have others. */
    static boolean usesDefaultExport(Map<String, String> values, RouteFiles routes) {
        return !routes.exports().hasFurther() || describesExport(values);
    }

    /** Whether these settings describe an export. */
    static boolean describesExport(Map<String, String> values) {
        return QUERY.stream().anyMatch(values::containsKey);
    }

    /** The route files that these settings use. */
    static List<Path> files(Map<String, String> values, RouteFiles routes, Mode mode) {
        return routes.filesFor(mode, destinations(values, routes).keySet(), usesDefaultExport(values, routes)).stream()
                .filter(file -> !routes.isHealth(file) || (mode.serves() && values.containsKey("control.url")))
                .toList();
    }

    private static void checkNames(Map<String, String> values, RouteFiles routes, List<Problem> problems) {
        Map<String, String> owners = new LinkedHashMap<>();
        for (Path file : routes.exports().files(usesDefaultExport(values, routes))) {
            routes.problemOfSyntax(file).ifPresent(problems::add);
            String inMessages = routes.nameInMessages(file);
            for (Map<String, String> export : routes.exports().of(file)) {
                String name = ExportDefinition.resolve(export.getOrDefault("name", ""), values);
                String owner = owners.putIfAbsent(name, inMessages);
                if (owner != null) {
                    problems.add(ExportFiles.namedTwice(name, inMessages, owner));
                }
            }
        }
    }

    private static void checkDestinations(Map<String, String> values, RouteFiles routes, List<Problem> problems) {
        destinationLists(values, routes).forEach((list, namedBy) -> {
            List<String> names = ExportParameters.destinationsIn(list);
            if (Set.copyOf(names).size() < names.size()) {
                problems.add(Problem.ofStart(namedBy, "it names a destination twice: %s.".formatted(list), ""));
            }
        });
        destinations(values, routes).forEach((name, namedBy) -> checkDestination(name, namedBy, routes, problems));
    }

    private static void checkDestination(String name, String namedBy, RouteFiles routes, List<Problem> problems) {
        if (!routes.destinations().contains(name)) {
            problems.add(Problem.ofStart(
                    namedBy,
                    "unknown destination \"%s\", available: %s."
                            .formatted(name, String.join(" ", routes.destinations())),
                    ""));
        } else if (!Names.isOfRoute(name)) {
            problems.add(Problem.ofStart(
                    namedBy,
                    "a destination named \"%s\" cannot be used.".formatted(name),
                    "Give its file a name of letters, digits and . _ - only."));
        }
    }

    /** Each with who names it. */
    static Map<String, String> destinations(Map<String, String> values, RouteFiles routes) {
        Map<String, String> names = new LinkedHashMap<>();
        destinationLists(values, routes).forEach((list, namedBy) -> ExportParameters.destinationsIn(list)
                .forEach(name -> names.putIfAbsent(name, namedBy)));
        return names;
    }

    private static Map<String, String> destinationLists(Map<String, String> values, RouteFiles routes) {
        return routes.exports()
                .destinations(values.getOrDefault("destination.type", ""), usesDefaultExport(values, routes));
    }

    private static void require(
            Map<String, String> values, Iterable<String> names, String why, List<Problem> problems) {
        for (String name : names) {
            if (!values.containsKey(name)) {
                problems.add(Problem.ofStart("%s is required %s.".formatted(name, why), ""));
            }
        }
    }
}
