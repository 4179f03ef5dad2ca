package com.bytefreezer.connector.api.data;

import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Records as lines of CSV (RFC 4180) for spreadsheets. A value is written as an export has it: a text without its quotes,
 * a nested one as JSON, a null as nothing and an empty text as {@code ""}. A text that a spreadsheet would compute gets a
 * {@code '} in front.
 */
final class CsvRecords {
    private final Map<String, Integer> positions = new LinkedHashMap<>();

    CsvRecords(List<String> columns) {
        columns.forEach(name -> positions.put(name, positions.size()));
    }

    byte[] heading() {
        return line(positions.keySet().stream().map(CsvRecords::text).toList());
    }

    /** @param json a record */
    byte[] record(byte[] json) throws IOException {
        String[] values = new String[positions.size()];
        Arrays.fill(values, "");
        try (JsonParser parser = Json.mapper().getFactory().createParser(json)) {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                Integer position = positions.get(parser.currentName());
                JsonToken token = parser.nextToken();
                String value = value(parser, token, json);
                if (position != null) {
                    values[position] = value;
                }
            }
        }
        return line(Arrays.asList(values));
    }

    private static String value(JsonParser parser, JsonToken token, byte[] json) throws IOException {
        if (token.isStructStart()) {
            int from = (int) parser.currentTokenLocation().getByteOffset();
            parser.skipChildren();
            int to = (int) parser.currentLocation().getByteOffset();
            return quoted(new String(json, from, to - from, StandardCharsets.UTF_8));
        }
        return switch (token) {
            case VALUE_NULL -> "";
            case VALUE_STRING -> text(parser.getText());
            // As it is written, with all its digits.
            default -> parser.getText();
        };
    }

    private static String text(String text) {
        boolean isFormula = !text.isEmpty() && "=+-@\t\r".indexOf(text.charAt(0)) >= 0;
        return quoted(isFormula ? "'" + text : text);
    }

    private static String quoted(String text) {
        boolean isPlain =
                !text.isEmpty() && text.chars().noneMatch(c -> c == '"' || c == ',' || c == '\n' || c == '\r');
        return isPlain ? text : '"' + text.replace("\"", "\"\"") + '"';
    }

    private static byte[] line(List<String> values) {
        return (String.join(",", values) + "\r\n").getBytes(StandardCharsets.UTF_8);
    }
}
