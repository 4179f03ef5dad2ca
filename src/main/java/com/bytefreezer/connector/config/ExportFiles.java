package com.bytefreezer.connector.config;

import com.bytefreezer.connector.problem.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The content of the files in {@code routes/exports} at one moment, one by one, so that a wrong file does not affect
 * the others. Immutable.
 *
 * @param exports the exports of each file, by its name in messages
 * @param files the file of each export, by its name; without the default export, which settings describe
 * @param problems the problem of each other file in one line, by its name in messages
 */
public record ExportFiles(
        Map<String, List<ExportDefinition>> exports, Map<String, String> files, Map<String, String> problems) {
    private static final String REMEDY = " Correct the file.";

    /**
     * @param values of the settings
     * @param first the files, by their names in messages, that keep an export's name if several use it
     */
    static ExportFiles of(RouteFiles routes, Map<String, String> values, boolean withDefaultExport, Set<String> first) {
        Map<String, List<ExportDefinition>> exports = new LinkedHashMap<>();
        Map<String, String> problems = new TreeMap<>();
        Map<String, String> owners = new HashMap<>();
        Map<String, String> names = new HashMap<>();
        List<Path> further = routes.exports().files(false);
        List<Path> files = new ArrayList<>(routes.exports().files(withDefaultExport));
        files.sort(Comparator.comparing(file -> !first.contains(routes.nameInMessages(file))));
        for (Path file : files) {
            String name = routes.nameInMessages(file);
            List<Problem> wrong = new ArrayList<>(Rules.problemsOf(file, values, routes));
            List<ExportDefinition> described = List.of();
            if (wrong.isEmpty()) {
                described = routes.exports().of(file).stream()
                        .flatMap(parameters -> ExportDefinition.of(parameters, values))
                        .toList();
                described.stream()
                        .map(ExportDefinition::name)
                        .distinct()
                        .filter(export -> owners.putIfAbsent(export, name) != null)
                        .forEach(export ->
                                wrong.add(namedTwice(export, name, owners.getOrDefault(export, "another file"))));
            }
            if (wrong.isEmpty()) {
                exports.put(name, described);
                if (further.contains(file)) {
                    described.forEach(one -> names.put(one.export(), name));
                }
            } else {
                // The message names the file only once.
                String all = wrong.stream().map(each -> each.saying("", "")).collect(Collectors.joining(" "));
                problems.put(name, name + ": " + all + REMEDY);
            }
        }
        return new ExportFiles(exports, names, problems);
    }

    static Problem namedTwice(String export, String file, String other) {
        return Problem.ofStart(
                file, "%2$s has an export named %1$s already.".formatted(export, other), "Give it another name.");
    }

    /**
     * Changes with every change of the files, even if a link is turned to other files, as Kubernetes does.
     *
     * @throws java.io.UncheckedIOException if the folder cannot be read
     */
    static Map<String, String> state(RouteFiles routes) {
        return state(routes, routes.exports().files(true));
    }

    /** The same of other files. */
    static Map<String, String> state(RouteFiles routes, List<Path> files) {
        Map<String, String> state = new TreeMap<>();
        for (Path file : files) {
            try {
                Path real = file.toRealPath();
                BasicFileAttributes attributes = Files.readAttributes(real, BasicFileAttributes.class);
                state.put(
                        routes.nameInMessages(file),
                        "%s %s %d".formatted(real, attributes.lastModifiedTime(), attributes.size()));
            } catch (IOException e) {
                // The file vanished during the look; the next look finds out.
                state.put(routes.nameInMessages(file), "");
            }
        }
        return state;
    }
}
