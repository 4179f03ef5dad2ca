package com.bytefreezer.connector.lookup;

import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a file with a JSON object on each line. All members with one name form a column: of whole numbers, numbers or booleans; of texts if their types differ or are others. Reads the file twice. Used by one thread.
 */
final class NdjsonRows implements LookupRows {
    private static final ObjectMapper JSON = Json.mapper();

    private final Opener opener;
    private BufferedReader text;
    private long line;
    private @Nullable Map<String, String> columns;

    /** Opens the file from its beginning. */
    interface Opener {
        BufferedReader open() throws IOException;
    }

    NdjsonRows(Opener opener) throws IOException {
        this.opener = opener;
        text = opener.open();
    }

    @Override
    public Map<String, String> columns() throws IOException {
        if (columns == null) {
            Map<String, String> found = new LinkedHashMap<>();
            for (JsonNode row = read(); row != null; row = read()) {
                row.properties().forEach(member -> {
                    String type = type(member.getValue());
                    if (!type.isEmpty()) {
                        found.merge(member.getKey(), type, NdjsonRows::wider);
                    } else {
                        found.putIfAbsent(member.getKey(), "");
                    }
                });
                if (found.size() > MOST_COLUMNS) {
                    break;
                }
            }
            if (line == 0) {
                throw new BrokenLookup("it is empty");
            }
            found.replaceAll((name, type) -> type.isEmpty() ? "VARCHAR" : type);
            LookupRows.requireNames(new ArrayList<>(found.keySet()));
            columns = found;
            text.close();
            text = opener.open();
            line = 0;
        }
        return columns;
    }

    @Override
    public Object @Nullable [] next() throws IOException {
        JsonNode row = read();
        if (row == null) {
            return null;
        }
        List<@Nullable Object> values = new ArrayList<>();
        for (Map.Entry<String, String> column : columns().entrySet()) {
            values.add(value(row.path(column.getKey()), column.getValue()));
        }
        return values.toArray();
    }

    private static @Nullable Object value(JsonNode value, String type) {
        if (value.isMissingNode() || value.isNull()) {
            return null;
        }
        return switch (type) {
            case "BIGINT" -> value.longValue();
            case "DOUBLE" -> value.doubleValue();
            case "BOOLEAN" -> value.booleanValue();
            default -> value.isTextual() ? value.textValue() : value.toString();
        };
    }

    private static String type(JsonNode value) {
        return switch (value.getNodeType()) {
            case NULL -> "";
            case NUMBER -> value.isIntegralNumber() && value.canConvertToLong() ? "BIGINT" : "DOUBLE";
            case BOOLEAN -> "BOOLEAN";
            default -> "VARCHAR";
        };
    }

    private static String wider(String one, String other) {
        if (one.isEmpty() || one.equals(other)) {
            return other;
        }
        return other.isEmpty()
                ? one
                : (one + other).replace("BIGINT", "").replace("DOUBLE", "").isEmpty() ? "DOUBLE" : "VARCHAR";
    }

    private @Nullable JsonNode read() throws IOException {
        for (String next = text.readLine(); next != null; next = text.readLine()) {
            line++;
            if (!next.isBlank()) {
                return parsed(next);
            }
        }
        return null;
    }

    private JsonNode parsed(String text) throws BrokenLookup {
        try {
            JsonNode row = JSON.readTree(text);
            if (row.isObject()) {
                return row;
            }
        } catch (JsonProcessingException e) {
            throw new BrokenLookup("line %d is not JSON (%s)".formatted(line, e.getOriginalMessage()));
        }
        throw new BrokenLookup("line %d is not a JSON object".formatted(line));
    }
}
