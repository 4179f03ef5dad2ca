package com.bytefreezer.connector.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the comment at the head of a destination's route file. */
final class RouteHead {
    /** A line that explains a setting. */
    private static final Pattern EXPLAINED = Pattern.compile("#   ([a-z0-9-]+(?:\\.[a-z0-9-]+)+)\\s+(.*)");
    /** A line that goes on with the explanation before it. */
    private static final Pattern CONTINUED = Pattern.compile("#    \\s*(\\S.*)");

    /** Begins the line that says how often a record arrives. */
    private static final String GUARANTEE = "# Guarantee:";

    private final String name;
    private final Map<String, String> defaults;
    private final Set<String> required;
    private final List<String> text = new ArrayList<>();
    private final Map<String, String> explained = new LinkedHashMap<>();
    private String guarantee = "";

    /**
     * @param name of the destination
     * @param comment its lines
     * @param defaults those of all settings that the file uses; empty for none
     */
    RouteHead(String name, List<String> comment, Map<String, String> defaults, Set<String> required) {
        this.name = name;
        this.defaults = defaults;
        this.required = required;
        String last = "";
        for (String line : comment) {
            Matcher setting = EXPLAINED.matcher(line);
            Matcher more = CONTINUED.matcher(line);
            if (setting.matches()) {
                last = setting.group(1);
                explained.put(last, setting.group(2));
            } else if (!last.isEmpty() && more.matches()) {
                explained.merge(last, more.group(1), (first, rest) -> first + " " + rest);
            } else if (line.startsWith(GUARANTEE)) {
                guarantee = line.substring(GUARANTEE.length()).strip();
            } else if (explained.isEmpty() && !line.startsWith("# In:")) {
                text.add(line.substring(1).strip());
            }
        }
    }

    /** With the settings that the comment explains, and those that it passes over. */
    Destination destination() {
        List<Destination.Setting> settings = new ArrayList<>();
        explained.forEach((setting, comment) -> settings.add(setting(setting, comment)));
        defaults.keySet().stream()
                .filter(setting -> setting.startsWith("destination." + name + ".") && !explained.containsKey(setting))
                .forEach(setting -> settings.add(setting(setting, "")));
        String description = String.join(" ", text).replaceFirst("^Destination \"[^\"]*\": ", "");
        return new Destination(name, description, guarantee, List.copyOf(settings));
    }

    /** The comment has a column for "required" or the default before it says what the setting is. */
    private Destination.Setting setting(String setting, String comment) {
        String byDefault = defaults.getOrDefault(setting, "");
        String column = required.contains(setting) ? "required" : byDefault;
        boolean hasColumn = !column.isEmpty() && comment.startsWith(column + " ");
        String description = hasColumn ? comment.substring(column.length()).strip() : comment;
        return new Destination.Setting(setting, byDefault, required.contains(setting), description);
    }
}
