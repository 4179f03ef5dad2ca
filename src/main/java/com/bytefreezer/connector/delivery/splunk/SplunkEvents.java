package com.bytefreezer.connector.delivery.splunk;

import com.bytefreezer.connector.delivery.Batch;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.TemporalAccessor;
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
    private static final JsonFactory JSON = new JsonFactory();
    /** What is larger is in a smaller unit: seconds reach it in the year 5138. */
    private static final BigDecimal MOST_SECONDS = BigDecimal.TEN.pow(11);

    private static final int MILLIS = 3;
    private static final DateTimeFormatter TIMESTAMP = new DateTimeFormatterBuilder()
            .append(DateTimeFormatter.ISO_LOCAL_DATE)
            .optionalStart()
            .appendLiteral('T')
            .append(DateTimeFormatter.ISO_LOCAL_TIME)
            .optionalStart()
            .appendOffsetId()
            .toFormatter();
    private static final byte[] EVENT = bytes("\"event\":");
    private static final byte[] FIELDS = bytes("\"fields\":{");

    private final String timeColumn;
    private final String hostColumn;
    private final List<String> fields;
    private final Set<String> columns;
    private final String host;
    /** The metadata that all events have in common. */
    private final byte[] common;

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
    }

    /** The events of a batch, one after the other. */
    byte[] of(Batch batch) throws IOException {
        ByteArrayOutputStream events = new ByteArrayOutputStream(batch.size() + batch.recordCount() * 200);
        for (byte[] record : batch.records()) {
            events.write('{');
            writeMetadata(record, events);
            events.writeBytes(EVENT);
            events.writeBytes(record);
            events.write('}');
            events.write('\n');
        }
        return events.toByteArray();
    }

    private void writeMetadata(byte[] record, ByteArrayOutputStream event) throws IOException {
        if (columns.isEmpty()) {
            event.writeBytes(bytes(host));
            event.writeBytes(common);
            return;
        }
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
    }

    private static Optional<String> time(JsonToken value, JsonParser parser) throws IOException {
        if (value.isNumeric()) {
            return Optional.of(seconds(parser.getDecimalValue()));
        }
        return value == JsonToken.VALUE_STRING ? seconds(parser.getText()) : Optional.empty();
    }

    /** Epoch seconds with milliseconds from an epoch number in s, ms, µs or ns, told apart by its size. */
    static String seconds(BigDecimal epoch) {
        BigDecimal seconds = epoch;
        while (seconds.abs().compareTo(MOST_SECONDS) > 0) {
            seconds = seconds.movePointLeft(MILLIS);
        }
        return seconds.setScale(MILLIS, RoundingMode.DOWN).toPlainString();
    }

    /** The same from a timestamp, which is in UTC when it names no zone; empty when it is none. */
    static Optional<String> seconds(String timestamp) {
        try {
            TemporalAccessor parsed = TIMESTAMP.parseBest(
                    timestamp.strip().replace(' ', 'T'), OffsetDateTime::from, LocalDateTime::from, LocalDate::from);
            return Optional.of(seconds(BigDecimal.valueOf(instant(parsed).toEpochMilli(), MILLIS)));
        } catch (DateTimeException | ArithmeticException e) {
            return Optional.empty();
        }
    }

    private static Instant instant(TemporalAccessor time) {
        if (time instanceof OffsetDateTime withZone) {
            return withZone.toInstant();
        }
        return time instanceof LocalDateTime local
                ? local.toInstant(ZoneOffset.UTC)
                : LocalDate.from(time).atStartOfDay().toInstant(ZoneOffset.UTC);
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
