package com.bytefreezer.connector.testing;

import com.bytefreezer.connector.kit.Request;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Finds the records in a body, each as the bytes that were sent. */
final class RecordBodies {
    private static final JsonFactory JSON = new JsonFactory();

    private RecordBodies() {}

    /** Reads NDJSON, a JSON array, or {@code {"records":[…],"count":n}}; fails when the count is not that of the records. */
    static List<byte[]> read(Request request) throws IOException {
        var lines = request.header("Content-Type")
                .filter(type -> type.contains("ndjson"))
                .isPresent();
        return lines ? lines(request.body()) : json(request.body());
    }

    private static List<byte[]> lines(byte[] body) {
        var records = new ArrayList<byte[]>();
        var start = 0;
        for (var end = 0; end <= body.length; end++) {
            if (end < body.length && body[end] != '\n') {
                continue;
            }
            if (end > start) {
                records.add(Arrays.copyOfRange(body, start, end));
            }
            start = end + 1;
        }
        return records;
    }

    private static List<byte[]> json(byte[] body) throws IOException {
        try (var parser = JSON.createParser(body)) {
            if (parser.nextToken() == JsonToken.START_ARRAY) {
                return elements(parser, body);
            }
            List<byte[]> records = List.of();
            var count = -1L;
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                var field = parser.currentName();
                parser.nextToken();
                switch (field) {
                    case "records" -> records = elements(parser, body);
                    case "count" -> count = parser.getLongValue();
                    default -> throw new IOException("a body of records has no field " + field);
                }
            }
            if (count != records.size()) {
                throw new IOException("count is %d, records are %d".formatted(count, records.size()));
            }
            return records;
        }
    }

    private static List<byte[]> elements(JsonParser parser, byte[] body) throws IOException {
        var records = new ArrayList<byte[]>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            var start = (int) parser.currentTokenLocation().getByteOffset();
            parser.skipChildren();
            records.add(Arrays.copyOfRange(
                    body, start, (int) parser.currentLocation().getByteOffset()));
        }
        return records;
    }
}
