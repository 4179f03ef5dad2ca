package com.bytefreezer.connector.kit;

import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.io.IOException;
import java.util.Arrays;
import java.util.Iterator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Compares the expectations of a case with the result. {@code {any}} stands for any text. */
final class Matching {
    private static final ObjectMapper JSON = Json.mapper();
    private static final String ANY = "{any}";

    private Matching() {}

    static boolean text(String expected, String actual) {
        String pattern = Arrays.stream(expected.split(Pattern.quote(ANY), -1))
                .map(Pattern::quote)
                .collect(Collectors.joining(".*"));
        return Pattern.compile(pattern, Pattern.DOTALL).matcher(actual).matches();
    }

    /**
     * Whether a body is as expected: text byte by byte; anything else as JSON, where a list also matches consecutive
     * documents (NDJSON).
     */
    static boolean body(JsonNode expected, String actual) {
        if (expected.isTextual()) {
            return text(expected.asText(), actual);
        }
        ArrayNode documents = JSON.createArrayNode();
        try (MappingIterator<JsonNode> values = JSON.readerFor(JsonNode.class).readValues(actual)) {
            while (values.hasNextValue()) {
                documents.add(values.nextValue());
            }
        } catch (IOException e) {
            return false;
        }
        return (documents.size() == 1 && json(expected, documents.get(0))) || json(expected, documents);
    }

    /** Whether a value is as expected, in whatever order members stand. */
    static boolean json(JsonNode expected, JsonNode actual) {
        if (expected.isTextual()) {
            return expected.asText().equals(ANY) || (actual.isTextual() && text(expected.asText(), actual.asText()));
        }
        if (expected.isNumber() && actual.isNumber()) {
            return expected.decimalValue().compareTo(actual.decimalValue()) == 0;
        }
        if (expected.size() != actual.size() || expected.getNodeType() != actual.getNodeType()) {
            return false;
        }
        if (expected.isObject()) {
            return expected.properties().stream()
                    .allMatch(
                            field -> actual.has(field.getKey()) && json(field.getValue(), actual.get(field.getKey())));
        }
        if (expected.isArray()) {
            Iterator<JsonNode> others = actual.iterator();
            for (JsonNode element : expected) {
                if (!json(element, others.next())) {
                    return false;
                }
            }
            return true;
        }
        return expected.equals(actual);
    }

    /** The form for display and sending: text unchanged, anything else as JSON. */
    static String textOf(JsonNode node) {
        try {
            return node.isTextual() ? node.asText() : JSON.writeValueAsString(node);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
