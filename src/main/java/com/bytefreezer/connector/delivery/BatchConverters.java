package com.bytefreezer.connector.delivery;

import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.databind.ObjectReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.camel.Converter;

/** Converts a batch to the type that a step of a route needs, and only then. */
@Converter(generateLoader = false)
public final class BatchConverters {
    private static final ObjectReader RECORD = Json.mapper().readerFor(Map.class);

    private BatchConverters() {}

    @Converter
    public static byte[] toBytes(Batch batch) {
        return batch.ndjson();
    }

    @Converter
    public static InputStream toInputStream(Batch batch) {
        return new ByteArrayInputStream(batch.ndjson());
    }

    @Converter
    public static String toText(Batch batch) {
        return batch.toString();
    }

    /**
     * The records as maps, for routes that look into them; this is slow. A record that cannot be read as a map is
     * rejected and left out.
     */
    @Converter
    public static List<Map<String, Object>> toMaps(Batch batch) {
        List<Map<String, Object>> records = new ArrayList<>();
        for (int position = 0; position < batch.recordCount(); position++) {
            try {
                records.add(RECORD.readValue(batch.records().get(position)));
            } catch (IOException e) {
                batch.reject(position, Columns.unreadable(e));
            }
        }
        return records;
    }
}
