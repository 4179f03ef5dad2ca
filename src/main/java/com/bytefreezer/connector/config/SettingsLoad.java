package com.bytefreezer.connector.config;

import com.bytefreezer.connector.config.Settings.Sources;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.text.SecretValues;
import com.bytefreezer.connector.text.Secrets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Makes {@link Settings} of their sources: reads, merges and checks. */
final class SettingsLoad {
    /** The settings that name a lake, or at least show that the user means one. */
    private static final List<String> LAKE = List.of(
            "lake.root",
            "s3.bucket",
            "s3.endpoint",
            "s3.access-key",
            "s3.secret-key",
            "control.url",
            "control.api-key",
            "control.account-id");

    private SettingsLoad() {}

    /** As {@link Settings#load}. */
    static Settings of(Sources sources) throws SettingsException {
        List<Problem> problems = new ArrayList<>();
        Map<String, String> defaults = SettingsLayers.defaults();
        Path folder = sources.workingFolder();
        Map<String, String> file =
                folder == null ? Map.of() : SettingsLayers.properties(folder.resolve("application.properties"));
        Map<String, String> config =
                sources.configFile() == null ? Map.of() : ConfigFile.read(sources.configFile(), problems);
        if (!problems.isEmpty()) {
            // The missing settings may be in that file.
            throw new SettingsException(problems);
        }
        Map<String, String> kinds = NamedDestinations.kinds(file, config, sources.environment(), sources.commandLine());
        RouteFiles all = sources.routes().naming(kinds);
        Set<String> known = new TreeSet<>(defaults.keySet());
        known.addAll(all.settings());
        kinds.keySet().forEach(name -> known.add(NamedDestinations.settingOfKind(name)));
        Map<String, String> environment = Environment.read(sources.environment(), known);

        // Lowest first.
        List<Map<String, String>> layers = new ArrayList<>(List.of(defaults, file, config, environment));
        layers.add(sources.commandLine());
        Map<String, String> merged = SettingsLayers.merge(layers);
        boolean sample = folder != null && sources.configFile() == null && namesNoLake(merged);
        if (folder != null && sample) {
            layers.add(1, SettingsLayers.properties(folder.resolve("samples/sample.properties")));
            merged = SettingsLayers.merge(layers);
        }

        Map<String, String> given = new LinkedHashMap<>();
        List.of(file, config, sources.commandLine()).forEach(layer -> SettingsLayers.putSet(given, layer));
        problems.addAll(
                SettingsLayers.unknown(given.keySet(), known, merged.getOrDefault("destination.type", ""), all));
        problems.addAll(SettingsLayers.ofNoDestination(layers, merged.getOrDefault("destination.type", "")));
        // In watch mode, a wrong file stops only its own export.
        RouteFiles routes = sources.mode() == Mode.WATCH ? rightOnes(merged, all) : all;
        problems.addAll(Rules.check(merged, routes, sources.mode()));
        if (!problems.isEmpty()) {
            Secrets secrets = new Secrets();
            SecretValues.in(merged, all.secretSettings()).forEach(secrets::add);
            throw new SettingsException(
                    problems.stream().map(problem -> problem.masked(secrets)).toList());
        }
        return new Settings(
                inDataFolder(merged),
                sample,
                new Sources(
                        sources.mode(),
                        sources.commandLine(),
                        sources.environment(),
                        sources.configFile(),
                        sources.workingFolder(),
                        routes));
    }

    private static RouteFiles rightOnes(Map<String, String> values, RouteFiles routes) {
        RouteFiles right = routes.without(
                Settings.exportFiles(values, routes, Set.of()).problems().keySet());
        return right.exports().hasFurther() || !routes.exports().hasFurther() ? right : routes;
    }

    /** Lets a container's own files be read-only, whatever relative names the original's configuration has. */
    private static Map<String, String> inDataFolder(Map<String, String> values) {
        String folder = values.get("data.folder");
        if (folder == null) {
            return values;
        }
        Map<String, String> resolved = new TreeMap<>(values);
        for (String name :
                List.of("cursor.file", "delivery.dead-letters-folder", "spool.folder", "feeds.dead-letters-folder")) {
            resolved.computeIfPresent(
                    name, (same, file) -> Path.of(folder).resolve(file).toString());
        }
        return resolved;
    }

    private static boolean namesNoLake(Map<String, String> merged) {
        return LAKE.stream().noneMatch(merged::containsKey);
    }
}
