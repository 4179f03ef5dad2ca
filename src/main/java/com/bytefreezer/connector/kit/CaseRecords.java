package com.bytefreezer.connector.kit;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.bytefreezer.connector.config.FeedDefinition;
import com.bytefreezer.connector.input.kafka.RecordPieces;
import com.bytefreezer.connector.receive.Format;
import com.bytefreezer.connector.receive.Records;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Records of a topic of Kafka, as a case sends them, one after the other. */
final class CaseRecords {
    private static final String TOPIC = "events";
    private static final String KEY = "key";

    private final FeedDefinition feed;
    private long offset;

    CaseRecords(FeedDefinition feed) {
        this.feed = feed;
    }

    /** @param headers of the record; {@code key} is its key */
    Records next(byte[] value, Map<String, String> headers) {
        byte[] key = headers.containsKey(KEY) ? headers.get(KEY).getBytes(UTF_8) : null;
        ConsumerRecord<byte[], byte[]> sent = new ConsumerRecord<>(TOPIC, 0, offset++, key, value);
        headers.forEach((name, text) -> {
            if (!name.equals(KEY)) {
                sent.headers().add(name, text.getBytes(UTF_8));
            }
        });
        RecordPieces pieces =
                new RecordPieces(Format.valueOf(feed.format().toUpperCase(Locale.ROOT)), feed.parameter("member"));
        return new Records(feed.name(), List.of(pieces.of(sent)), Map.of(TOPIC, offset));
    }
}
