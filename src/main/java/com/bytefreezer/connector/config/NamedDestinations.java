package com.bytefreezer.connector.config;

import com.bytefreezer.connector.config.Destination.Setting;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.text.Names;
import com.bytefreezer.connector.text.Suggestion;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The destinations that settings name: {@code destinations.siem-prod.kind=elasticsearch}, and beside it settings of that
 * kind, such as {@code destinations.siem-prod.url}. They have nothing of {@code destination.elasticsearch.*}: a password
 * for one server never goes to another.
 */
final class NamedDestinations {
    static final String PREFIX = "destinations.";
    private static final Pattern KIND = Pattern.compile("destinations\\.([^.]+)\\.kind");
    private static final Pattern IN_ENVIRONMENT =
            Pattern.compile("((?:%s)?DESTINATIONS_)(.+)_KIND".formatted(Environment.PREFIX));

    private NamedDestinations() {}

    /** The kind of each named destination among these settings. */
    static Map<String, String> kinds(Map<String, String> values) {
        Map<String, String> kinds = new TreeMap<>();
        values.forEach((setting, value) -> {
            Matcher kind = KIND.matcher(setting);
            if (kind.matches() && !value.isBlank()) {
                kinds.put(kind.group(1), value.strip());
            }
        });
        return kinds;
    }

    /** The same of all sources, the lowest first. */
    static Map<String, String> kinds(
            Map<String, String> file,
            Map<String, String> config,
            Map<String, String> environment,
            Map<String, String> commandLine) {
        Set<String> settings = new TreeSet<>();
        Stream.of(file, config, commandLine)
                .flatMap(layer -> kinds(layer).keySet().stream())
                .map(NamedDestinations::settingOfKind)
                .forEach(settings::add);
        Map<String, String> merged = new TreeMap<>();
        Stream.of(file, config, Environment.read(environment, settings), commandLine)
                .forEach(layer -> merged.putAll(kinds(layer)));
        Set<String> variables = settings.stream().map(Environment::variable).collect(Collectors.toSet());
        inEnvironment(environment).forEach((name, kind) -> {
            if (!variables.contains(Environment.variable(settingOfKind(name)))) {
                merged.put(name, kind);
            }
        });
        return merged;
    }

    /** The same of an environment alone, where {@code DESTINATIONS_SIEM_PROD_KIND} names {@code siem-prod}. */
    static Map<String, String> inEnvironment(Map<String, String> environment) {
        Map<String, String> kinds = new TreeMap<>();
        environment.forEach((variable, value) -> {
            Matcher kind = IN_ENVIRONMENT.matcher(variable);
            if (kind.matches() && !value.isBlank()) {
                kinds.put(kind.group(2).toLowerCase(Locale.ROOT).replace('_', '-'), value.strip());
            }
        });
        return kinds;
    }

    /** The name of the setting that says the kind of a named destination. */
    static String settingOfKind(String name) {
        return PREFIX + name + ".kind";
    }

    /** The settings of the kind, with the values that the named destination has for them instead. */
    static Map<String, String> asKind(String name, String kind, Map<String, String> values) {
        String own = PREFIX + name + ".";
        String kinds = "destination." + kind + ".";
        Map<String, String> instead = new TreeMap<>(values);
        instead.keySet().removeIf(setting -> setting.startsWith(kinds));
        values.forEach((setting, value) -> {
            if (setting.startsWith(own) && !setting.equals(settingOfKind(name))) {
                instead.put(kinds + setting.substring(own.length()), value);
            }
        });
        return instead;
    }

    /** The named form of a setting of the kind; any other setting as it is. */
    static String named(String setting, String kind, String name) {
        String kinds = "destination." + kind + ".";
        return setting.startsWith(kinds) ? PREFIX + name + "." + setting.substring(kinds.length()) : setting;
    }

    /** The destination that a route file describes, under a name and with the settings of that name. */
    static Destination named(Destination kind, String name) {
        List<Setting> settings = kind.settings().stream()
                .map(setting -> new Setting(
                        named(setting.name(), kind.name(), name),
                        setting.byDefault(),
                        setting.required(),
                        setting.marks(),
                        setting.description()))
                .toList();
        return new Destination(
                name, kind.name(), kind.description(), kind.guarantee(), settings, kind.hasCheck(), kind.hasPreview());
    }

    /** What is wrong with the names and kinds among these settings. */
    static List<Problem> problems(Map<String, String> values, Set<String> files) {
        List<Problem> problems = new ArrayList<>();
        kinds(values).forEach((name, kind) -> {
            String setting = settingOfKind(name);
            if (!files.contains(kind)) {
                problems.add(Problem.ofStart(
                        "%s: unknown kind \"%s\", available: %s.%s"
                                .formatted(setting, kind, String.join(" ", files), Suggestion.of(kind, files)),
                        ""));
            }
            if (files.contains(name)) {
                problems.add(Problem.ofStart(
                        "%s: routes/destinations has a destination of this name already.".formatted(setting),
                        "Choose another name."));
            } else if (!Names.isOfRoute(name)) {
                problems.add(Problem.ofStart(
                        "%s: the name must consist of letters, digits and _ - only.".formatted(setting), ""));
            }
        });
        return problems;
    }
}
