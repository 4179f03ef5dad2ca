package com.bytefreezer.connector.destination.splunk;

import com.bytefreezer.connector.delivery.Batch;
import com.bytefreezer.connector.delivery.Columns;
import com.bytefreezer.connector.delivery.DatasetText;
import com.bytefreezer.connector.delivery.EventTime;
import com.bytefreezer.connector.delivery.NamesTaken;
import com.bytefreezer.connector.delivery.Unit;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.text.Json;
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
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Puts each record of a batch, byte for byte, into an event of Splunk. It parses a record only for the columns with the
 * event's metadata. Safe for use by several threads.
 */
final class SplunkEvents {
    private static final JsonFactory JSON = Json.records();
    private static final int MILLIS = 3;
    private static final Pattern INDEX = Pattern.compile("[a-z0-9][a-z0-9_-]*");
    private static final byte[] EVENT = bytes("\"event\":");
    private static final byte[] FIELDS = bytes("\"fields\":{");

    private final String timeColumn;
    private final String hostColumn;
    private final List<String> fields;
    private final Set<String> columns;
    private final DatasetText host;
    private final DatasetText source;
    private final DatasetText sourcetype;
    private final DatasetText index;
    private final String indexAsWritten;
    private final NamesTaken taken = new NamesTaken("destination.splunk.index");

    SplunkEvents(HecEndpoint endpoint) {
        var configuration = endpoint.getConfiguration();
        timeColumn = endpoint.getTimeColumn();
        hostColumn = endpoint.getHostColumn();
        fields = endpoint.getFields();
        columns = new HashSet<>(fields);
        columns.add(timeColumn);
        columns.add(hostColumn);
        columns.remove("");
        host = text(configuration.getHost());
        source = text(configuration.getSource());
        sourcetype = text(configuration.getSourceType());
        indexAsWritten = Objects.requireNonNullElse(configuration.getIndex(), "");
        index = new DatasetText(indexAsWritten, name -> name.toLowerCase(Locale.ROOT));
    }

    private static DatasetText text(@Nullable String text) {
        return new DatasetText(Objects.requireNonNullElse(text, ""), UnaryOperator.identity());
    }

    /**
     * The metadata that all events of a batch share.
     *
     * @param host for events without their own
     */
    private record Common(String host, byte[] others, byte[] all) {}

    private Common common(Unit unit) {
        String its = member("host", host.of(unit.tenant(), unit.dataset()));
        String others = member("source", source.of(unit.tenant(), unit.dataset()))
                + member("sourcetype", sourcetype.of(unit.tenant(), unit.dataset()))
                + member("index", indexOf(unit));
        return new Common(its, bytes(others), bytes(its + others));
    }

    private String indexOf(Unit unit) {
        String name = index.of(unit.tenant(), unit.dataset());
        if (!index.isFixed() && !INDEX.matcher(name).matches()) {
            throw new ConnectorException(
                    "dataset %s/%s: its index would be \"%s\", and in Splunk the name of an index has only lower-case letters, digits, _ and -, and starts with a letter or digit. The connector delivers none of its records. Give it another index, with a separate export."
                            .formatted(unit.tenant(), unit.dataset(), name));
        }
        if (!index.isFixed()) {
            taken.take(
                    DatasetText.in(indexAsWritten, unit.tenant(), unit.dataset(), UnaryOperator.identity()),
                    unit.tenant(),
                    unit.dataset());
        }
        return name;
    }

    /** The events of a batch, in order. Records whose columns cannot be read are rejected and left out. */
    byte[] of(Batch batch) {
        ByteArrayOutputStream events = new ByteArrayOutputStream(batch.size() + batch.recordCount() * 200);
        List<byte[]> records = batch.records();
        Common common = common(batch.unit());
        for (int position = 0; position < records.size(); position++) {
            byte[] metadata;
            try {
                metadata = metadata(records.get(position), common);
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

    private byte[] metadata(byte[] record, Common common) throws IOException {
        if (columns.isEmpty()) {
            return common.all;
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
        event.writeBytes(bytes(ownHost.isEmpty() ? common.host : ownHost));
        event.writeBytes(common.others);
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
