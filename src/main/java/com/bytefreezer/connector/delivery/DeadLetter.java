package com.bytefreezer.connector.delivery;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.text.Json;
import com.bytefreezer.connector.text.PlainText;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A record that a destination has refused for good. Its JSON is the last field of its line, byte for byte as it was
 * refused; a person may correct it there.
 *
 * @param time when it was refused
 * @param recordNumber in its object
 * @param recordId as in {@link Batch#recordIds}; null if there is none
 * @param reason in the destination's words
 */
public record DeadLetter(
        String time,
        String export,
        String tenant,
        String dataset,
        String object,
        long recordNumber,
        String batchId,
        String destination,
        @Nullable String recordId,
        String reason,
        byte[] json) {
    private static final JsonFactory JSON = Json.records();
    private static final Pattern STAND_IN = Pattern.compile("\\{\"too_large\":\\{\"bytes\":\\d+}}");

    /** A file may be older than the present secrets. */
    public DeadLetter {
        reason = PlainText.line(reason);
    }

    /** The text that replaces a record too large to be kept or previewed. */
    static byte[] standIn(long bytes) {
        return "{\"too_large\":{\"bytes\":%d}}".formatted(bytes).getBytes(StandardCharsets.UTF_8);
    }

    /** Whether the record itself is missing here and cannot be sent. */
    public boolean isStandIn() {
        return json.length < 60 && STAND_IN.matcher(record()).matches();
    }

    /** Identifies it among all dead letters of its lane; starts with its batch. */
    public String id() {
        return "%s-%s-%d".formatted(batchId, Integer.toHexString(object.hashCode()), recordNumber);
    }

    /** The same record, refused again. */
    public DeadLetter refused(String newReason) {
        return with(Instant.now().toString(), newReason, json);
    }

    /** The same record with other content. */
    public DeadLetter with(byte[] newJson) {
        return with(time, reason, newJson);
    }

    private DeadLetter with(String newTime, String newReason, byte[] newJson) {
        return new DeadLetter(
                newTime,
                export,
                tenant,
                dataset,
                object,
                recordNumber,
                batchId,
                destination,
                recordId,
                newReason,
                newJson);
    }

    /**
     * Whether its id proves that it is the record with its number that a query makes of an object.
     *
     * @param query its id
     */
    public boolean isMadeOf(LakeObject source, String query) {
        Unit unit = new Unit(Lane.of(export, destination), tenant, dataset, List.of(source), query, null, null, true);
        Batch batch = new Batch(unit, 0, new byte[][] {json}, new long[] {recordNumber});
        return recordId != null && batch.recordIds().contains(recordId);
    }

    /** Reads a line of a file; its last field is the record. */
    static DeadLetter read(byte[] line) throws IOException {
        Map<String, String> fields = new HashMap<>();
        try (JsonParser parser = JSON.createParser(line)) {
            require(parser.nextToken() == JsonToken.START_OBJECT, "a JSON object is expected");
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                parser.nextToken();
                if (!name.equals("record")) {
                    fields.put(name, parser.getText());
                    continue;
                }
                require(parser.currentToken() == JsonToken.START_OBJECT, "the record is not a JSON object");
                int from = (int) parser.currentTokenLocation().getByteOffset();
                parser.skipChildren();
                int to = (int) parser.currentLocation().getByteOffset();
                require(parser.nextToken() == JsonToken.END_OBJECT, "the record is not the last field");
                return of(fields, Arrays.copyOfRange(line, from, to));
            }
        }
        throw new IOException("it has no record");
    }

    private static DeadLetter of(Map<String, String> fields, byte[] json) throws IOException {
        for (String name : List.of("batch_id", "object", "record_number")) {
            require(fields.containsKey(name), "it has no " + name);
        }
        return new DeadLetter(
                fields.getOrDefault("time", ""),
                fields.getOrDefault("export", ""),
                fields.getOrDefault("tenant", ""),
                fields.getOrDefault("dataset", ""),
                fields.getOrDefault("object", ""),
                Long.parseLong(fields.getOrDefault("record_number", "0")),
                fields.getOrDefault("batch_id", ""),
                fields.getOrDefault("destination", ""),
                fields.get("record_id"),
                fields.getOrDefault("reason", ""),
                json);
    }

    private static void require(boolean right, String otherwise) throws IOException {
        if (!right) {
            throw new IOException(otherwise);
        }
    }

    void writeTo(OutputStream out) throws IOException {
        try (JsonGenerator line = JSON.createGenerator(out)) {
            line.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
            line.writeStartObject();
            line.writeStringField("time", time);
            line.writeStringField("export", export);
            line.writeStringField("tenant", tenant);
            line.writeStringField("dataset", dataset);
            line.writeStringField("object", object);
            line.writeNumberField("record_number", recordNumber);
            line.writeStringField("batch_id", batchId);
            line.writeStringField("destination", destination);
            if (recordId != null) {
                line.writeStringField("record_id", recordId);
            }
            line.writeStringField("reason", reason);
            line.writeFieldName("record");
            line.writeRawValue(record());
            line.writeEndObject();
        }
        out.write('\n');
    }

    /** The JSON of the record. */
    public String record() {
        return new String(json, StandardCharsets.UTF_8);
    }

    /**
     * Whether both may be in one batch. If records have no ids, their numbers have a meaning only in their own batch.
     *
     * @param other another record of another object, or of the same
     */
    public boolean goesWith(DeadLetter other) {
        return tenant.equals(other.tenant)
                && dataset.equals(other.dataset)
                && (recordId == null) == (other.recordId == null)
                && (recordId != null || batchId.equals(other.batchId));
    }

    /** A batch of dead letters that {@link #goesWith} each other. Its records keep their ids. */
    public static Batch batch(Lane lane, List<DeadLetter> letters) {
        DeadLetter first = letters.get(0);
        List<LakeObject> objects = new ArrayList<>();
        Map<String, Integer> positions = new HashMap<>();
        byte[][] records = new byte[letters.size()][];
        long[] numbers = new long[letters.size()];
        Map<String, Integer> times = new HashMap<>();
        String[] ids = new String[letters.size()];
        for (int i = 0; i < letters.size(); i++) {
            DeadLetter letter = letters.get(i);
            // With another version of a lookup another record has the number.
            int time = times.merge(letter.recordNumber + " " + letter.object, 1, Integer::sum);
            int position = positions.computeIfAbsent(time + " " + letter.object, any -> {
                objects.add(new LakeObject(letter.object, letter.object, 0, Instant.EPOCH));
                return objects.size() - 1;
            });
            records[i] = letter.json;
            numbers[i] = Batch.number(position, letter.recordNumber);
            ids[i] = letter.recordId == null ? "" : letter.recordId;
        }
        Unit unit = new Unit(
                lane,
                first.tenant,
                first.dataset,
                objects,
                "dead letters of " + first.batchId,
                null,
                null,
                // They go with each other: all have one, or none.
                first.recordId != null);
        unit.selected(letters.size());
        return Batch.again(unit, records, numbers, ids);
    }
}
