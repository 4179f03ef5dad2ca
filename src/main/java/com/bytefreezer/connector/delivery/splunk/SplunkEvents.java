package com.bytefreezer.connector.delivery.splunk;

import com.bytefreezer.connector.Json;
import com.bytefreezer.connector.delivery.Batch;
import com.bytefreezer.connector.delivery.Columns;
import com.bytefreezer.connector.delivery.EventTime;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Puts each record of a batch, byte for byte, into an event of Splunk. A record is looked into only for the columns that
 * the event's metadata come from. Immutable.
 */
final class SplunkEvents {
    private static final JsonFactory JSON = Json.records();
    private static final int MILLIS = 3;
    private static final byte[] EVENT = bytes("\"event\":");
    private static final byte[] FIELDS = bytes("\"fields\":{");

    private final String timeColumn;
    private final String hostColumn;
    private final List<String> fields;
    private final Set<String> columns;
    private final String host;
    /** The metadata that all events have in common. */
    private final byte[] common;

    private final byte[] sameForAll;

    SplunkEvents(HecEndpoint endpoint) {
        var configuration = endpoint.getConfiguration();
        timeColumn = endpoint.getTimeColumn();
        hostColumn = endpoint.getHostColumn();
        fields = endpoint.getFields();
        columns = new HashSet<>(fields);
        columns.add(timeColumn);
        columns.add(hostColumn);
        columns.remove("");
        host = member("host", configuration.getHost());
        common = bytes(member("source", configuration.getSource())
                + member("sourcetype", configuration.getSourceType())
                + member("index", configuration.getIndex()));
        sameForAll = bytes(host + new String(common, StandardCharsets.UTF_8));
    }

    /** The events of a batch, one after the other. Records whose columns cannot be read are rejected and left out. */
    byte[] of(Batch batch) {
        ByteArrayOutputStream events = new ByteArrayOutputStream(batch.size() + batch.recordCount() * 200);
        List<byte[]> records = batch.records();
        for (int position = 0; position < records.size(); position++) {
            byte[] metadata;
            try {
                metadata = metadata(records.get(position));
            } catch (IOException e) {
                batch.reject(position, Columns.unreadable(e));
                continue;
            }
            events.write('{');
            events.writeBytes(metadata);
            events.writeBytes(EVENT);
            events.writeBytes(records.get(position));
            events.write('}');
            events.write('\n');
        }
        return events.toByteArray();
    }

    private byte[] metadata(byte[] record) throws IOException {
        if (columns.isEmpty()) {
            return sameForAll;
        }
        ByteArrayOutputStream event = new ByteArrayOutputStream();
        String ownHost = "";
        ByteArrayOutputStream indexed = new ByteArrayOutputStream();
        int missing = columns.size();
        try (JsonParser parser = JSON.createParser(record)) {
            parser.nextToken();
            while (missing > 0 && parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                JsonToken value = parser.nextToken();
                if (!columns.contains(name) || value == JsonToken.VALUE_NULL) {
                    parser.skipChildren();
                    continue;
                }
                missing--;
                int start = (int) parser.currentTokenLocation().getByteOffset();
                if (name.equals(timeColumn)) {
                    time(value, parser).ifPresent(time -> event.writeBytes(bytes("\"time\":" + time + ",")));
                }
                if (name.equals(hostColumn) && value.isScalarValue()) {
                    ownHost = member("host", parser.getText());
                }
                if (fields.contains(name)) {
                    parser.skipChildren();
                    parser.finishToken();
                    int end = (int) parser.currentLocation().getByteOffset();
                    indexed.write(indexed.size() == 0 ? ' ' : ',');
                    indexed.writeBytes(bytes(quoted(name) + ":"));
                    indexed.write(record, start, end - start);
                } else {
                    parser.skipChildren();
                }
            }
        }
        event.writeBytes(bytes(ownHost.isEmpty() ? host : ownHost));
        event.writeBytes(common);
        if (indexed.size() > 0) {
            event.writeBytes(FIELDS);
            event.write(indexed.toByteArray(), 1, indexed.size() - 1);
            event.writeBytes(bytes("},"));
        }
        return event.toByteArray();
    }

    private static Optional<String> time(JsonToken value, JsonParser parser) throws IOException {
        Optional<Instant> time = value.isNumeric() || value == JsonToken.VALUE_STRING
                ? EventTime.of(parser.getText())
                : Optional.empty();
        return time.map(SplunkEvents::seconds);
    }

    /** Epoch seconds with milliseconds. */
    private static String seconds(Instant time) {
        return BigDecimal.valueOf(time.toEpochMilli(), MILLIS).toPlainString();
    }

    private static String member(String name, @Nullable String value) {
        return value == null || value.isBlank() ? "" : quoted(name) + ":" + quoted(value) + ",";
    }

    private static String quoted(String text) {
        return '"' + new String(JsonStringEncoder.getInstance().quoteAsString(text)) + '"';
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
