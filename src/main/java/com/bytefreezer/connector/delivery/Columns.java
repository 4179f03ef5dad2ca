package com.bytefreezer.connector.delivery;

import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Reads single columns of a record from its JSON and stops after the last of them. */
public final class Columns {
    private static final JsonFactory JSON = Json.records();

    private Columns() {}

    /** The message for a record whose columns cannot be read. */
    public static String unreadable(IOException failure) {
        return "its columns cannot be read: " + Failures.describe(failure);
    }

    /**
     * The columns that exist and are neither null nor nested, as text.
     *
     * @throws IOException if the record cannot be read as JSON; only that record has failed then
     */
    public static Map<String, String> read(byte[] json, Set<String> names) throws IOException {
        if (names.isEmpty()) {
            return Map.of();
        }
        Map<String, String> values = new HashMap<>();
        Set<String> left = new HashSet<>(names);
        try (JsonParser record = JSON.createParser(json)) {
            record.nextToken();
            while (!left.isEmpty() && record.nextToken() == JsonToken.FIELD_NAME) {
                String name = record.currentName();
                JsonToken value = record.nextToken();
                if (left.remove(name) && value.isScalarValue() && value != JsonToken.VALUE_NULL) {
                    values.put(name, record.getText());
                }
                record.skipChildren();
            }
        }
        return values;
    }
}
