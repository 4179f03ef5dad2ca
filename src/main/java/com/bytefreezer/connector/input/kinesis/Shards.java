package com.bytefreezer.connector.input.kinesis;

import com.bytefreezer.connector.cursor.PartClaims;
import com.bytefreezer.connector.receive.Piece;
import com.bytefreezer.connector.signs.Moment;
import com.bytefreezer.connector.spool.Arrival;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamSummaryResponse;
import software.amazon.awssdk.services.kinesis.model.ExpiredIteratorException;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorRequest;
import software.amazon.awssdk.services.kinesis.model.InvalidArgumentException;
import software.amazon.awssdk.services.kinesis.model.LimitExceededException;
import software.amazon.awssdk.services.kinesis.model.ListShardsResponse;
import software.amazon.awssdk.services.kinesis.model.ProvisionedThroughputExceededException;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/**
 * The shards of a stream, each read after those that it was made of. How far they are read is known to the spool, as the names of
 * sources: {@code kinesis FEED ARN CREATED SHARD SEQUENCE-NUMBER}, or {@code end}, because sequence numbers are longer than a
 * position can be; the position is when the record arrived. For one thread.
 */
final class Shards {
    private static final Logger LOG = LoggerFactory.getLogger(Shards.class);
    private static final long TOGETHER_BYTES = 2_000_000;
    private static final int TOGETHER_RECORDS = 1000;
    /** The server answers five requests for a shard in a second. */
    private static final long PAUSE_MILLIS = 250;

    private static final long IDLE_MILLIS = 1000;
    private static final Duration LISTED = Duration.ofMinutes(1);
    /** A shard that others read, too, is refused now and then. */
    private static final Duration THROTTLED = Duration.ofMinutes(1);

    private static final String BEGIN = "begin";
    private static final String END = PartClaims.END;

    private final KinesisFeed feed;
    private final KinesisClient client;
    private final Supplier<Map<String, Long>> stored;
    private final Sharing sharing;
    private final Map<String, ShardProgress> shards = new LinkedHashMap<>();
    private String stream = "";
    private Optional<Instant> since = Optional.empty();
    private @Nullable Moment listed;
    /** What the spool is to be told with the next records. */
    private final Map<String, Long> untold = new HashMap<>();

    Shards(KinesisFeed feed, KinesisClient client, Supplier<Map<String, Long>> stored, Sharing sharing) {
        this.sharing = sharing;
        this.feed = feed;
        this.client = client;
        this.stored = stored;
    }

    /**
     * What is read at once.
     *
     * @param positions of the sources after it
     * @param failure what kept the feed from more
     */
    record Read(List<Piece> pieces, Map<String, Long> positions, Optional<RuntimeException> failure) {
        boolean isEmpty() {
            return pieces.isEmpty() && positions.isEmpty();
        }
    }

    /** What has come. It must be stored before there is more. */
    Read next() {
        List<Piece> pieces = new ArrayList<>();
        try {
            list();
            if (!sharing.share(stream, shards)) {
                listed = null;
            }
            long bytes = 0;
            for (ShardProgress shard : due()) {
                if (bytes >= TOGETHER_BYTES) {
                    break;
                }
                bytes += read(shard, pieces);
            }
            return read(pieces, throttled());
        } catch (RuntimeException e) {
            // The stream may have been made anew.
            listed = null;
            return read(pieces, Optional.of(e));
        }
    }

    private Read read(List<Piece> pieces, Optional<RuntimeException> failure) {
        return new Read(pieces, Map.copyOf(untold), failure);
    }

    /** What {@link #next} has brought is on disk. */
    void stored() {
        untold.clear();
        sharing.stored();
    }

    /** Until something is due, in milliseconds. */
    long idle() {
        long now = System.nanoTime();
        long nanos = readable().mapToLong(each -> each.dueAt - now).min().orElse(IDLE_MILLIS * 1_000_000);
        return Math.max(0, Math.min(IDLE_MILLIS, nanos / 1_000_000 + 1));
    }

    private java.util.stream.Stream<ShardProgress> readable() {
        return shards.values().stream()
                .filter(each -> each.isMine
                        && !each.isDone
                        && each.parents.stream()
                                .allMatch(parent -> !shards.containsKey(parent) || shards.get(parent).isDone));
    }

    private List<ShardProgress> due() {
        return readable()
                .filter(ShardProgress::isDue)
                .sorted(Comparator.comparingLong(each -> each.dueAt))
                .toList();
    }

    /** A shard that ends has others after it. */
    private void list() {
        Moment last = listed;
        if (last != null && last.past().compareTo(LISTED) < 0) {
            return;
        }
        DescribeStreamSummaryResponse summary = client.describeStreamSummary(request ->
                request.streamName(feed.isArn() ? null : feed.stream()).streamARN(feed.isArn() ? feed.stream() : null));
        var about = summary.streamDescriptionSummary();
        String now = "kinesis %s %s %d"
                .formatted(
                        feed.name(),
                        about.streamARN(),
                        about.streamCreationTimestamp().getEpochSecond());
        if (!now.equals(stream)) {
            stream = now;
            shards.clear();
            begin(summary);
        }
        Map<String, ShardProgress> found = new LinkedHashMap<>();
        String more = null;
        do {
            String token = more;
            ListShardsResponse page = client.listShards(request -> {
                if (token == null) {
                    request.streamARN(about.streamARN());
                } else {
                    request.nextToken(token);
                }
            });
            for (Shard each : page.shards()) {
                ShardProgress known = shards.get(each.shardId());
                found.put(each.shardId(), known == null ? new ShardProgress(each, !sharing.isShared()) : known);
            }
            more = page.nextToken();
        } while (more != null && !more.isEmpty());
        recall(found);
        sharing.changed();
        listed = Moment.now();
    }

    /** A feed that does not begin at the start begins at a time, so that after a crash it is not the end of then. */
    private void begin(DescribeStreamSummaryResponse answer) {
        String source = "%s %s".formatted(stream, BEGIN);
        Long known = stored.get().get(source);
        since = feed.since();
        if (since.isEmpty() && !feed.fromStart()) {
            Instant begin = Instant.ofEpochMilli(
                    sharing.begin(stream, known == null ? time(answer).toEpochMilli() : known));
            since = Optional.of(begin);
            if (known == null) {
                untold.put(source, begin.toEpochMilli());
            }
        }
    }

    /** By the server's clock: it refuses a time that is ahead of that. */
    private static Instant time(DescribeStreamSummaryResponse answer) {
        try {
            return answer.sdkHttpResponse()
                    .firstMatchingHeader("Date")
                    .map(date -> ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME)
                            .toInstant())
                    .orElseGet(Instant::now);
        } catch (DateTimeException e) {
            return Instant.now();
        }
    }

    /** How far they are read, and forgets those that the stream has no more. */
    private void recall(Map<String, ShardProgress> found) {
        String prefix = stream + " ";
        stored.get().forEach((source, arrived) -> {
            String[] rest = source.startsWith(prefix)
                    ? source.substring(prefix.length()).split(" ")
                    : new String[0];
            if (rest.length != 2) {
                return;
            }
            ShardProgress shard = found.get(rest[0]);
            if (shard == null) {
                untold.put(source, Arrival.FORGOTTEN);
            } else if (shard.known == null) {
                shard.known = source;
                shard.isDone = rest[1].equals(END);
                shard.last = shard.isDone ? null : rest[1];
                shard.arrived = arrived;
            }
        });
        shards.clear();
        shards.putAll(found);
    }

    /** Reads on in a shard; says how many bytes it has brought. */
    private long read(ShardProgress shard, List<Piece> pieces) {
        try {
            if (shard.iterator == null) {
                shard.iterator = iterator(shard);
            }
            String from = shard.iterator;
            GetRecordsResponse answer =
                    client.getRecords(request -> request.shardIterator(from).limit(TOGETHER_RECORDS));
            shard.throttledSince = null;
            long bytes = take(shard, answer, pieces);
            shard.iterator = answer.nextShardIterator();
            boolean isBehind = answer.millisBehindLatest() != null && answer.millisBehindLatest() > 0;
            shard.dueIn(isBehind || !answer.records().isEmpty() ? PAUSE_MILLIS : IDLE_MILLIS);
            if (shard.iterator == null) {
                finish(shard);
            }
            return bytes;
        } catch (ExpiredIteratorException e) {
            // They live for five minutes, and the spool may be full for longer.
            shard.iterator = null;
        } catch (ProvisionedThroughputExceededException | LimitExceededException e) {
            shard.throttledSince = shard.throttledSince == null ? System.nanoTime() : shard.throttledSince;
            shard.dueIn(IDLE_MILLIS);
        } catch (RuntimeException e) {
            shard.iterator = null;
            shard.dueIn(IDLE_MILLIS);
            throw e;
        }
        return 0;
    }

    private Optional<RuntimeException> throttled() {
        long now = System.nanoTime();
        return shards.values().stream()
                .filter(each -> each.throttledSince != null && now - each.throttledSince > THROTTLED.toNanos())
                .findFirst()
                .map(each -> new IllegalStateException(
                        "the server has refused requests for %s for a minute, because others read the stream, too"
                                .formatted(each.id)));
    }

    private String iterator(ShardProgress shard) {
        String last = shard.last;
        if (last == null) {
            return client.getShardIterator(first(shard)).shardIterator();
        }
        try {
            // At, not after: that it is still there shows that nothing is missing after it.
            String iterator = client.getShardIterator(of(shard)
                            .shardIteratorType(ShardIteratorType.AT_SEQUENCE_NUMBER)
                            .startingSequenceNumber(last)
                            .build())
                    .shardIterator();
            shard.isResuming = true;
            return iterator;
        } catch (InvalidArgumentException e) {
            tellOfLoss(shard, Optional.empty());
            return client.getShardIterator(of(shard)
                            .shardIteratorType(ShardIteratorType.TRIM_HORIZON)
                            .build())
                    .shardIterator();
        }
    }

    private GetShardIteratorRequest first(ShardProgress shard) {
        GetShardIteratorRequest.Builder request = of(shard);
        return since.map(time -> request.shardIteratorType(ShardIteratorType.AT_TIMESTAMP)
                        .timestamp(time))
                .orElseGet(() -> request.shardIteratorType(ShardIteratorType.TRIM_HORIZON))
                .build();
    }

    private GetShardIteratorRequest.Builder of(ShardProgress shard) {
        return GetShardIteratorRequest.builder().streamARN(stream.split(" ")[2]).shardId(shard.id);
    }

    private long take(ShardProgress shard, GetRecordsResponse answer, List<Piece> pieces) {
        List<Record> records = answer.records();
        if (shard.isResuming && (!records.isEmpty() || answer.nextShardIterator() == null)) {
            shard.isResuming = false;
            if (!records.isEmpty() && records.get(0).sequenceNumber().equals(shard.last)) {
                records = records.subList(1, records.size());
            } else {
                tellOfLoss(shard, records.stream().findFirst());
            }
        }
        long bytes = 0;
        for (Record each : records) {
            bytes += each.data().asByteArrayUnsafe().length;
            pieces.addAll(feed.bodies().of(shard.id, each));
        }
        if (!records.isEmpty()) {
            Record last = records.get(records.size() - 1);
            shard.last = last.sequenceNumber();
            Instant arrived = last.approximateArrivalTimestamp();
            shard.arrived = (arrived == null ? Instant.now() : arrived).toEpochMilli();
            tell(shard, last.sequenceNumber());
        }
        return bytes;
    }

    private void finish(ShardProgress shard) {
        shard.isDone = true;
        tell(shard, END);
        listed = null;
    }

    private void tell(ShardProgress shard, String position) {
        sharing.read(shard, position);
        if (shard.known != null) {
            untold.put(shard.known, Arrival.FORGOTTEN);
        }
        shard.known = "%s %s %s".formatted(stream, shard.id, position);
        untold.put(shard.known, Math.max(0, shard.arrived));
    }

    private void tellOfLoss(ShardProgress shard, Optional<Record> next) {
        LOG.warn(
                "feed {}: stream {}, {}: the last record that was read, {} of {}, is no longer there. "
                        + "Records that came after it and before {} are lost, if there were any. It goes on with what the stream "
                        + "still has. Let the stream keep its records longer (retention period).",
                feed.name(),
                feed.stream(),
                shard.id,
                shard.last,
                Instant.ofEpochMilli(shard.arrived),
                next.map(each -> "%s of %s".formatted(each.sequenceNumber(), each.approximateArrivalTimestamp()))
                        .orElse("those"));
    }
}
