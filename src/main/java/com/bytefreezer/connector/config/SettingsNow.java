package com.bytefreezer.connector.config;

import com.bytefreezer.connector.config.Settings.Sources;
import com.bytefreezer.connector.problem.Problem;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The settings that some route files name, as the files of settings have them now: so that the token of a new feed needs
 * no restart. The environment and the command line stay those of the start.
 */
final class SettingsNow {
    private SettingsNow() {}

    /**
     * Reads the files of settings, if a route file names any.
     *
     * @param start the values of the start, which stay while a file cannot be read
     */
    static Map<String, String> namedIn(List<Path> routes, Sources sources, Map<String, String> start) {
        Set<String> names = new TreeSet<>();
        routes.forEach(file -> names.addAll(RouteText.settings(file)));
        if (names.isEmpty()) {
            return Map.of();
        }
        Map<String, String> named = new TreeMap<>();
        try {
            List<Problem> problems = new ArrayList<>();
            Map<String, String> given = SettingsLayers.given(sources, names, problems);
            named.putAll(problems.isEmpty() ? SettingsLayers.merge(List.of(SettingsLayers.defaults(), given)) : start);
        } catch (UncheckedIOException | IllegalArgumentException e) {
            // It is being written, or is damaged; the next look finds out.
            named.putAll(start);
        }
        named.keySet().retainAll(names);
        return named;
    }
}
