package com.bytefreezer.connector.input.kinesis;

import com.bytefreezer.connector.config.FeedDefinition;
import com.bytefreezer.connector.receive.AwsBody;
import com.bytefreezer.connector.receive.Format;
import com.bytefreezer.connector.receive.Piece;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import software.amazon.awssdk.services.kinesis.model.Record;

/**
 * What a record of Kinesis brings: the events of its data, and in a member of each where it comes from. Whatever the data is,
 * it leaves an event or a dead letter.
 *
 * @param member its name; empty for none
 * @param mostUnpacked bytes of a record without its compression
 */
public record RecordBodies(Format format, String stream, String member, int mostUnpacked) {
    /**
     * As the file of the feed says.
     *
     * @param mostUnpacked bytes of a record without its compression
     */
    public static RecordBodies of(FeedDefinition feed, int mostUnpacked) {
        return new RecordBodies(
                Format.valueOf(feed.format().toUpperCase(Locale.ROOT)),
                feed.parameter("stream-name"),
                feed.parameter("member"),
                mostUnpacked);
    }

    /** The events of a record, or of those that the Kinesis Producer Library has put into it. */
    public List<Piece> of(String shard, Record sent) {
        byte[] data = sent.data().asByteArrayUnsafe();
        String place = "stream %s, %s, sequence number %s".formatted(stream, shard, sent.sequenceNumber());
        if (!Aggregate.isOne(data)) {
            return List.of(piece(data, shard, sent, sent.partitionKey(), () -> place));
        }
        Optional<List<Aggregate.Part>> parts = Aggregate.partsOf(data);
        if (parts.isEmpty()) {
            return List.of(flawed(data, "records that were aggregated by a producer are damaged", place));
        }
        List<Aggregate.Part> all = parts.get();
        return all.isEmpty()
                ? List.of(flawed(data, "it has no events", place))
                : IntStream.range(0, all.size())
                        .mapToObj(i ->
                                piece(all.get(i).data(), shard, sent, all.get(i).partitionKey(), () -> "%s, part %d"
                                        .formatted(place, i + 1)))
                        .toList();
    }

    private static Piece flawed(byte[] data, String why, String place) {
        return new Piece(data, 0, data.length, Format.TEXT, true, "", Optional.of(why), Optional.of(() -> place));
    }

    private Piece piece(byte[] data, String shard, Record sent, String key, Supplier<String> place) {
        return AwsBody.of(data, format, mostUnpacked).piece(members(shard, sent, key), place);
    }

    private String members(String shard, Record sent, String key) {
        if (member.isEmpty()) {
            return "";
        }
        StringBuilder json = new StringBuilder(200);
        quote(json, member).append(":{\"stream\":");
        quote(json, stream).append(",\"shard\":");
        quote(json, shard).append(",\"sequence_number\":");
        quote(json, sent.sequenceNumber());
        Instant arrived = sent.approximateArrivalTimestamp();
        if (arrived != null) {
            quote(json.append(",\"timestamp\":"), arrived.toString());
        }
        quote(json.append(",\"partition_key\":"), key);
        return json.append('}').toString();
    }

    private static StringBuilder quote(StringBuilder json, String text) {
        return json.append('"')
                .append(JsonStringEncoder.getInstance().quoteAsString(text))
                .append('"');
    }
}
