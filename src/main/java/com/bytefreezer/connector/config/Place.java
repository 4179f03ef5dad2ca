package com.bytefreezer.connector.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A kind of place where a route file inserts a setting into text; Camel evaluates each kind differently. */
enum Place {
    /** The address of an endpoint. */
    ADDRESS("[A-Za-z0-9._~:/@,*=-]*"),
    /** A parameter of an endpoint, which becomes a part of its URI. */
    PARAMETER("(?!RAW[({])[A-Za-z0-9._~:/@,*=?!;$()|<>^ \\[\\]-]*"),
    /** An expression, also between quotes. */
    EXPRESSION("(?!resource:)(?:(?!\\$\\{|\\$simple\\{|\\{\\{|}})[^'\"\\\\\\v])*"),
    /** A property of a bean. */
    PROPERTY("(?!\\s*#)(?s:(?!\\{\\{|}}).)*"),
    /** Any other text, such as a constant. */
    TEXT("(?!resource:)(?s:(?!\\{\\{|}}).)*");

    private static final Pattern PASTED = Pattern.compile("\\{\\{\\??([a-z0-9-]+(?:\\.[a-z0-9-]+)+)(?=[:}])");
    private static final Set<String> ADDRESSES = Set.of("uri", "to", "toD", "from", "wireTap", "poll");
    private static final Set<String> EXPRESSIONS = Set.of(
            "simple", "expression", "message", "jq", "jsonpath", "groovy", "xpath", "tokenize", "script", "datasonnet");

    private final Pattern harmless;

    Place(String harmless) {
        this.harmless = Pattern.compile(harmless);
    }

    /** Whether Camel leaves this value unchanged. */
    boolean takes(String value) {
        return harmless.matcher(value).matches();
    }

    /** Whether Camel leaves this value unchanged in any place. */
    static boolean allTake(String value) {
        return Stream.of(values()).allMatch(place -> place.takes(value));
    }

    /** The places of each setting in the content of a route file. */
    static Map<String, Set<Place>> in(JsonNode content) {
        Map<String, Set<Place>> places = new TreeMap<>();
        collect(content, TEXT, places);
        return places;
    }

    private static void collect(JsonNode node, Place place, Map<String, Set<Place>> places) {
        node.properties()
                .forEach(field -> collect(field.getValue(), of(field.getKey(), field.getValue(), place), places));
        if (node.isArray()) {
            node.forEach(item -> collect(item, place, places));
        }
        PASTED.matcher(node.asText()).results().forEach(match -> places.computeIfAbsent(
                        match.group(1), name -> new TreeSet<>())
                .add(place));
    }

    private static Place of(String key, JsonNode value, Place around) {
        if (key.equals("beans")) {
            return PROPERTY;
        }
        if (key.equals("parameters") && value.isObject()) {
            return PARAMETER;
        }
        if (value.isTextual() && ADDRESSES.contains(key)) {
            return ADDRESS;
        }
        return EXPRESSIONS.contains(key) ? EXPRESSION : around;
    }
}
