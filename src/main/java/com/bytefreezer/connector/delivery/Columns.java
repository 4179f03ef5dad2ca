package com.bytefreezer.connector.delivery;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Reads single columns of a record from its JSON, no further than the last of them. */
public final class Columns {
    private static final JsonFactory JSON = new JsonFactory();

    private Columns() {}

    /** The columns that are there and are neither null nor nested, as text. */
    public static Map<String, String> read(byte[] json, Set<String> names) throws IOException {
        if (names.isEmpty()) {
            return Map.of();
        }
        Map<String, String> values = new HashMap<>();
        int left = names.size();
        try (JsonParser record = JSON.createParser(json)) {
            record.nextToken();
            while (left > 0 && record.nextToken() == JsonToken.FIELD_NAME) {
                String name = record.currentName();
                JsonToken value = record.nextToken();
                if (names.contains(name)) {
                    left--;
                    if (value.isScalarValue() && value != JsonToken.VALUE_NULL) {
                        values.put(name, record.getText());
                    }
                }
                record.skipChildren();
            }
        }
        return values;
    }
}
