package com.bytefreezer.connector.input.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.TestLog;
import com.bytefreezer.connector.receive.Format;
import com.bytefreezer.connector.spool.Arrival;
import com.bytefreezer.connector.testing.Await;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamSummaryRequest;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamSummaryResponse;
import software.amazon.awssdk.services.kinesis.model.ExpiredIteratorException;
import software.amazon.awssdk.services.kinesis.model.GetRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorRequest;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorResponse;
import software.amazon.awssdk.services.kinesis.model.InvalidArgumentException;
import software.amazon.awssdk.services.kinesis.model.ListShardsRequest;
import software.amazon.awssdk.services.kinesis.model.ListShardsResponse;
import software.amazon.awssdk.services.kinesis.model.ProvisionedThroughputExceededException;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.Shard;

/** What only a server of AWS does: it refuses, its iterators expire, its records are gone. */
class ShardsTest {
    private static final Instant THEN = Instant.parse("2026-01-02T03:04:05Z");

    private final Scripted server = new Scripted();
    private final Map<String, Long> spool = new HashMap<>();
    private final List<String> read = new ArrayList<>();
    private Shards shards = open();

    private Shards open() {
        KinesisFeed feed = new KinesisFeed(
                "data",
                "events",
                true,
                Optional.empty(),
                new RecordBodies(Format.AUTO, "events", "", 1000),
                () -> server,
                Optional::empty);
        return new Shards(feed, server, () -> Map.copyOf(spool), Sharing.none());
    }

    /** Reads and stores until so many are read. */
    private void read(int count) {
        Await.until(count + " records are read", () -> {
            Shards.Read some = shards.next();
            assertThat(some.failure()).isEmpty();
            some.pieces().forEach(each -> read.add(new String(each.bytes(), StandardCharsets.UTF_8)));
            some.positions().forEach((source, position) -> {
                if (position == Arrival.FORGOTTEN) {
                    spool.remove(source);
                } else {
                    spool.put(source, position);
                }
            });
            shards.stored();
            return read.size() >= count;
        });
    }

    @Test
    void refusedRequestsAndExpiredIteratorsLoseNothing() {
        server.answers.add(() -> server.records("1", "2"));
        server.answers.add(() -> {
            throw ProvisionedThroughputExceededException.builder().build();
        });
        server.answers.add(() -> {
            throw ExpiredIteratorException.builder().build();
        });
        server.answers.add(() -> server.records("2", "3"));
        read(3);
        assertThat(read).containsExactly("1", "2", "3");
        assertThat(server.iterators).containsExactly("TRIM_HORIZON", "AT_SEQUENCE_NUMBER 2");
        assertThat(spool).containsOnlyKeys("kinesis data arn:stream 0 shard-1 3");
    }

    @Test
    void itSaysWhichRecordsAreGoneAfterAStart() throws Exception {
        try (TestLog log = TestLog.of(Shards.class)) {
            server.answers.add(() -> server.records("1"));
            read(1);
            shards = open();
            server.answers.add(() -> server.records("7"));
            read(2);
            assertThat(read).containsExactly("1", "7");
            assertThat(log.lines())
                    .singleElement()
                    .asString()
                    .contains("stream events, shard-1: the last record that was read, 1 of " + THEN)
                    .contains("came after it and before 7 of " + THEN + " are lost");
        }
    }

    @Test
    void aPositionThatTheServerRefusesBeginsWithWhatIsThere() throws Exception {
        try (TestLog log = TestLog.of(Shards.class)) {
            server.answers.add(() -> server.records("1"));
            read(1);
            shards = open();
            server.refusesPositions = true;
            server.answers.add(() -> server.records("7"));
            read(2);
            assertThat(server.iterators).containsExactly("TRIM_HORIZON", "AT_SEQUENCE_NUMBER 1", "TRIM_HORIZON");
            assertThat(log.lines()).hasSize(1);
        }
    }

    @Test
    void childrenWaitForTheirParentAndGoneShardsAreForgotten() {
        server.shards.add(
                Shard.builder().shardId("shard-2").parentShardId("shard-1").build());
        server.answers.add(() -> server.records("1"));
        server.answers.add(() -> server.end());
        server.answers.add(() -> server.records("2"));
        read(2);
        assertThat(server.asked).containsExactly("shard-1", "shard-2");
        assertThat(spool)
                .containsOnlyKeys("kinesis data arn:stream 0 shard-1 end", "kinesis data arn:stream 0 shard-2 2");
        server.shards.remove(0);
        shards = open();
        server.answers.add(() -> server.records("2", "3"));
        read(3);
        assertThat(read).containsExactly("1", "2", "3");
        assertThat(spool).containsOnlyKeys("kinesis data arn:stream 0 shard-2 3");
    }

    /** Answers requests for records in turn, then with none. */
    private static final class Scripted implements KinesisClient {
        private final List<Shard> shards =
                new ArrayList<>(List.of(Shard.builder().shardId("shard-1").build()));
        private final Deque<Supplier<GetRecordsResponse>> answers = new ArrayDeque<>();
        private final List<String> iterators = new ArrayList<>();
        private final List<String> asked = new ArrayList<>();
        private boolean refusesPositions;

        private GetRecordsResponse records(String... numbers) {
            List<Record> records = new ArrayList<>();
            for (String each : numbers) {
                records.add(Record.builder()
                        .sequenceNumber(each)
                        .data(SdkBytes.fromUtf8String(each))
                        .partitionKey("k")
                        .approximateArrivalTimestamp(THEN)
                        .build());
            }
            return GetRecordsResponse.builder()
                    .records(records)
                    .nextShardIterator("next")
                    .millisBehindLatest(0L)
                    .build();
        }

        private GetRecordsResponse end() {
            return GetRecordsResponse.builder().records(List.of()).build();
        }

        @Override
        public DescribeStreamSummaryResponse describeStreamSummary(DescribeStreamSummaryRequest request) {
            return DescribeStreamSummaryResponse.builder()
                    .streamDescriptionSummary(
                            summary -> summary.streamARN("arn:stream").streamCreationTimestamp(Instant.EPOCH))
                    .build();
        }

        @Override
        public ListShardsResponse listShards(ListShardsRequest request) {
            return ListShardsResponse.builder().shards(shards).build();
        }

        @Override
        public GetShardIteratorResponse getShardIterator(GetShardIteratorRequest request) {
            if (!asked.contains(request.shardId())) {
                asked.add(request.shardId());
            }
            String position = request.startingSequenceNumber();
            iterators.add(request.shardIteratorTypeAsString() + (position == null ? "" : " " + position));
            if (refusesPositions && position != null) {
                throw InvalidArgumentException.builder().build();
            }
            return GetShardIteratorResponse.builder().shardIterator("first").build();
        }

        @Override
        public GetRecordsResponse getRecords(GetRecordsRequest request) {
            return answers.isEmpty() ? records() : answers.remove().get();
        }

        @Override
        public String serviceName() {
            return "kinesis";
        }

        @Override
        public void close() {}
    }
}
