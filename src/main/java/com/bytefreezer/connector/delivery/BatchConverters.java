package com.bytefreezer.connector.delivery;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.camel.Converter;

/** Gives routes a batch as what their next step wants; nothing is converted unless it is asked for. */
@Converter(generateLoader = false)
public final class BatchConverters {
    private static final ObjectReader RECORD = new ObjectMapper().readerFor(Map.class);

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

    /** The records as maps, for routes that look into them; the slow way. */
    @Converter
    public static List<Map<String, Object>> toMaps(Batch batch) throws IOException {
        List<Map<String, Object>> records = new ArrayList<>();
        for (byte[] json : batch.records()) {
            records.add(RECORD.readValue(json));
        }
        return records;
    }
}
