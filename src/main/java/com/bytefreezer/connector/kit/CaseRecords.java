package com.bytefreezer.connector.kit;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.bytefreezer.connector.config.FeedDefinition;
import com.bytefreezer.connector.input.kafka.RecordPieces;
import com.bytefreezer.connector.input.kinesis.RecordBodies;
import com.bytefreezer.connector.receive.Format;
import com.bytefreezer.connector.receive.Records;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.model.Record;

/** Records of a topic of Kafka or of a shard of Kinesis, as a case sends them, one after the other. */
final class CaseRecords {
    private static final String TOPIC = "events";
    private static final String SHARD = "shardId-000000000000";
    private static final String KEY = "key";

    private final FeedDefinition feed;
    private final int mostUnpacked;
    private long offset;

    CaseRecords(FeedDefinition feed, int mostUnpacked) {
        this.feed = feed;
        this.mostUnpacked = mostUnpacked;
    }

    /** @param headers of the record; {@code key} is its key */
    Records ofKafka(byte[] value, Map<String, String> headers) {
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

    /** @param headers {@code key} is its partition key */
    Records ofKinesis(byte[] data, Map<String, String> headers) {
        Record sent = Record.builder()
                .data(SdkBytes.fromByteArrayUnsafe(data))
                .partitionKey(headers.getOrDefault(KEY, KEY))
                .sequenceNumber(String.valueOf(offset++))
                .build();
        return new Records(feed.name(), RecordBodies.of(feed, mostUnpacked).of(SHARD, sent), Map.of(SHARD, offset));
    }
}
