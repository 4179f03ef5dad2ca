package com.bytefreezer.connector.config;

import com.bytefreezer.connector.problem.ApiException;
import com.bytefreezer.connector.text.Suggestion;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A tool for agents: a route from {@code direct:mcp-<name>}, described by its description and note.
 *
 * @param description its purpose, for a model that decides whether to call it
 * @param reads whether it only reads; any other needs {@code mcp.allow}
 * @param returns the schema of its answer in openapi.yaml; empty if the note names none
 */
public record Tool(String name, String description, boolean reads, List<Argument> arguments, String returns) {
    /** The start of the address of a tool's route; the tool's name follows. */
    public static final String ROUTE = "direct:mcp-";
    /** The group of the routes whose tools only read. */
    static final String READS = "tools";

    /**
     * One argument.
     *
     * @param choices the possible values; empty for any
     * @param byDefault null for none
     */
    public record Argument(
            String name,
            ArgumentType type,
            List<String> choices,
            boolean required,
            @Nullable Object byDefault,
            String description) {
        private String problem(Object value) {
            return "%s must be %s, not %s.".formatted(name, expected(), shown(value));
        }

        private String expected() {
            return choices.isEmpty() ? type.words : "one of " + String.join(", ", choices);
        }

        private boolean takes(Object value) {
            return type.takes(value) && (choices.isEmpty() || choices.contains(value));
        }

        private static String shown(Object value) {
            String text = value instanceof String ? "\"" + value + "\"" : String.valueOf(value);
            return text.length() > 40 ? text.substring(0, 40) + "…" : text;
        }
    }

    /** The type of an argument. */
    public enum ArgumentType {
        STRING("string", "a text"),
        INTEGER("integer", "a whole number"),
        BOOLEAN("boolean", "true or false"),
        STRINGS("array", "a list of texts");

        /** Its name in JSON Schema. */
        public final String json;

        private final String words;

        ArgumentType(String json, String words) {
            this.json = json;
            this.words = words;
        }

        private boolean takes(Object value) {
            return switch (this) {
                case STRING -> value instanceof String;
                case INTEGER -> value instanceof Integer || value instanceof Long;
                case BOOLEAN -> value instanceof Boolean;
                case STRINGS -> value instanceof List<?> list && list.stream().allMatch(String.class::isInstance);
            };
        }
    }

    /**
     * The arguments of a call, with defaults for missing ones.
     *
     * @throws ApiException if they do not match the description, with a line that tells how to correct them
     */
    public Map<String, Object> complete(Map<String, Object> given) {
        Map<String, Argument> known = new LinkedHashMap<>();
        arguments.forEach(argument -> known.put(argument.name(), argument));
        for (String argument : given.keySet()) {
            if (!known.containsKey(argument)) {
                throw ApiException.wrong("%s has no argument %s.%s %s"
                        .formatted(name, argument, Suggestion.of(argument, known.keySet()), usage()));
            }
        }
        Map<String, Object> complete = new LinkedHashMap<>();
        for (Argument argument : arguments) {
            Object value = Objects.requireNonNullElse(given.get(argument.name()), "");
            boolean missing = given.get(argument.name()) == null;
            if (missing && argument.required()) {
                throw ApiException.wrong("%s is missing. %s".formatted(argument.name(), usage()));
            }
            if (!missing && !argument.takes(value)) {
                throw ApiException.wrong(argument.problem(value) + " " + usage());
            }
            Object taken = missing ? argument.byDefault() : value;
            if (taken != null) {
                complete.put(argument.name(), taken);
            }
        }
        return complete;
    }

    private String usage() {
        return arguments.isEmpty()
                ? name + " takes no arguments."
                : arguments.stream()
                        .map(argument -> argument.name() + (argument.required() ? " (required)" : ""))
                        .collect(Collectors.joining(", ", name + " takes ", "."));
    }
}
