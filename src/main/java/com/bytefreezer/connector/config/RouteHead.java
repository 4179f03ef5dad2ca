package com.bytefreezer.connector.config;

import com.bytefreezer.connector.config.Destination.Setting;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the comment at the head of a destination's route file. */
final class RouteHead {
    /** A line that explains a setting. */
    private static final Pattern EXPLAINED = Pattern.compile("#   ([a-z0-9-]+(?:\\.[a-z0-9-]+)+)\\s+(.*)");
    /** A line that continues the explanation before it. */
    private static final Pattern CONTINUED = Pattern.compile("#    \\s*(\\S.*)");
    /** A mark before the explanation; the last kind lists the allowed values. Other text in brackets is not a mark. */
    private static final Pattern MARK =
            Pattern.compile("\\[(secret|address|addresses|harmless|name|[^\\[\\]]+ or [^\\[\\]]+)]\\s*");
    /** The word that marks a secret in a file without marks. */
    private static final Pattern SECRET = Pattern.compile("(?i).*\\bsecret\\b.*");
    /** A line that says how often a record arrives. */
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

    /**
     * @param hasCheck whether the file has a route that checks the destination
     * @param hasPreview whether the file has a route that shows what is sent
     */
    Destination destination(boolean hasCheck, boolean hasPreview) {
        Set<String> names = new LinkedHashSet<>(explained.keySet());
        // A setting without a comment is still a setting.
        new TreeSet<>(defaults.keySet())
                .stream()
                        .filter(setting -> setting.startsWith("destination." + name + "."))
                        .forEach(names::add);
        List<Setting> settings = new ArrayList<>();
        names.forEach(setting -> settings.add(setting(setting, explained.getOrDefault(setting, ""))));
        boolean marked = settings.stream().anyMatch(setting -> !setting.marks().isEmpty());
        return new Destination(
                name,
                name,
                String.join(" ", text).replaceFirst("^Destination \"[^\"]*\": ", ""),
                guarantee,
                marked
                        ? List.copyOf(settings)
                        : settings.stream().map(RouteHead::unmarked).toList(),
                hasCheck,
                hasPreview);
    }

    /** The comment has a column for "required" or the default before it says what the setting is. */
    private Setting setting(String setting, String comment) {
        String byDefault = defaults.getOrDefault(setting, "");
        boolean isRequired = required.contains(setting);
        String column = isRequired ? "required" : byDefault;
        boolean hasColumn = !column.isEmpty() && comment.startsWith(column + " ");
        String description = hasColumn ? comment.substring(column.length()).strip() : comment;
        Set<String> marks = new LinkedHashSet<>();
        for (Matcher mark = MARK.matcher(description); mark.lookingAt(); mark = MARK.matcher(description)) {
            marks.add(mark.group(1));
            description = description.substring(mark.end());
        }
        return new Setting(setting, byDefault, isRequired, Set.copyOf(marks), description);
    }

    /** In a file without any marks, the word "secret" marks secrets. */
    private static Setting unmarked(Setting setting) {
        return SECRET.matcher(setting.description()).matches()
                ? new Setting(
                        setting.name(),
                        setting.byDefault(),
                        setting.required(),
                        Set.of(Setting.SECRET),
                        setting.description())
                : setting;
    }
}
