package com.bytefreezer.connector.input.kafka;

import com.bytefreezer.connector.problem.Failures;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far the partitions are read that this machine has now. What is on disk decides where it goes on, if the group's
 * offset is behind that: the process died before it could commit. For one thread.
 */
final class Partitions implements ConsumerRebalanceListener {
    private static final Logger LOG = LoggerFactory.getLogger(Partitions.class);

    private static final long TOGETHER_BYTES = 2_000_000;
    /** What an event takes beside its value. */
    private static final int OVERHEAD = 100;

    private final KafkaFeed feed;
    private final Consumer<byte[], byte[]> consumer;
    private final Topics topics;
    private final Supplier<Map<String, Long>> stored;
    private final List<ConsumerRecord<byte[], byte[]>> pending = new ArrayList<>();
    /** What is stored and perhaps not committed. */
    private final Map<TopicPartition, OffsetAndMetadata> done = new HashMap<>();

    Partitions(KafkaFeed feed, Consumer<byte[], byte[]> consumer, Topics topics, Supplier<Map<String, Long>> stored) {
        this.feed = feed;
        this.consumer = consumer;
        this.topics = topics;
        this.stored = stored;
    }

    boolean hasPending() {
        return !pending.isEmpty();
    }

    /** The first of what is read and not yet on disk: what goes there at once. */
    List<ConsumerRecord<byte[], byte[]>> next() {
        int count = 0;
        for (long bytes = 0; count < pending.size() && bytes < TOGETHER_BYTES; count++) {
            ConsumerRecord<byte[], byte[]> each = pending.get(count);
            bytes += OVERHEAD + Math.max(0, each.serializedKeySize()) + Math.max(0, each.serializedValueSize());
        }
        return List.copyOf(pending.subList(0, count));
    }

    void take(Iterable<ConsumerRecord<byte[], byte[]>> more) {
        more.forEach(pending::add);
    }

    /** Of the sources, once these are stored. */
    Map<String, Long> positionsAfter(List<ConsumerRecord<byte[], byte[]>> some) {
        Map<String, Long> positions = new HashMap<>();
        offsetsAfter(some).forEach((partition, offset) -> positions.put(topics.source(partition), offset.offset()));
        return positions;
    }

    private static Map<TopicPartition, OffsetAndMetadata> offsetsAfter(List<ConsumerRecord<byte[], byte[]>> some) {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        for (ConsumerRecord<byte[], byte[]> each : some) {
            offsets.put(new TopicPartition(each.topic(), each.partition()), new OffsetAndMetadata(each.offset() + 1));
        }
        return offsets;
    }

    /** The first of what was pending are on disk: the group's offsets may move. A commit that fails is made up for by the next one. */
    void stored(List<ConsumerRecord<byte[], byte[]>> some) {
        Map<TopicPartition, OffsetAndMetadata> offsets = offsetsAfter(some);
        pending.subList(0, some.size()).clear();
        done.putAll(offsets);
        consumer.commitAsync(offsets, (committed, failure) -> {});
    }

    /** Before others get the partitions. */
    void commitLast(Duration patience) {
        try {
            if (!done.isEmpty()) {
                consumer.commitSync(Map.copyOf(done), patience);
            }
        } catch (KafkaException e) {
            LOG.debug("feed {}: {}", feed.name(), Failures.describe(e));
        }
        done.clear();
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> revoked) {
        commitLast(Duration.ofSeconds(5));
        onPartitionsLost(revoked);
    }

    /** Another machine reads them again from the group's offset. */
    @Override
    public void onPartitionsLost(Collection<TopicPartition> lost) {
        pending.removeIf(each -> lost.contains(new TopicPartition(each.topic(), each.partition())));
        done.keySet().removeAll(lost);
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> assigned) {
        if (assigned.isEmpty()) {
            return;
        }
        try {
            // A topic may have been made anew.
            topics.ask();
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
        Set<TopicPartition> fresh = new HashSet<>();
        Map<TopicPartition, OffsetAndMetadata> committed = consumer.committed(Set.copyOf(assigned));
        Map<TopicPartition, Long> ends = consumer.endOffsets(assigned);
        Map<String, Long> known = stored.get();
        long onDisk = 0;
        for (TopicPartition each : assigned) {
            OffsetAndMetadata offset = committed.get(each);
            Long here = known.get(topics.source(each));
            if (here != null && here <= ends.getOrDefault(each, 0L) && (offset == null || offset.offset() < here)) {
                onDisk += here - (offset == null ? 0 : offset.offset());
                consumer.seek(each, here);
                done.put(each, new OffsetAndMetadata(here));
            } else if (offset == null) {
                fresh.add(each);
            }
        }
        if (onDisk > 0) {
            LOG.info(
                    "feed {}: the offsets of the group {} are {} behind what is on disk. It does not read that again.",
                    feed.name(),
                    feed.group(),
                    onDisk);
        }
        begin(fresh, ends);
        if (!pending.isEmpty()) {
            consumer.pause(assigned);
        }
    }

    /** Without an offset, of the group or here. */
    private void begin(Set<TopicPartition> fresh, Map<TopicPartition, Long> ends) {
        if (fresh.isEmpty()) {
            // Kafka's client takes no partition for all.
            return;
        }
        if (feed.fromStart()) {
            consumer.seekToBeginning(fresh);
            return;
        }
        // Committed at once, so that after a crash it is not the end of then.
        for (TopicPartition each : fresh) {
            long end = ends.getOrDefault(each, 0L);
            consumer.seek(each, end);
            done.put(each, new OffsetAndMetadata(end));
        }
        consumer.commitSync(Map.copyOf(done));
    }

    /** The records at these offsets are gone: the topic keeps them for a time only, or it was made anew. */
    void beginAgain(Map<TopicPartition, Long> gone) {
        Map<TopicPartition, Long> first = consumer.beginningOffsets(gone.keySet());
        gone.forEach((partition, offset) -> {
            long begin = first.getOrDefault(partition, 0L);
            LOG.warn(
                    "feed {}: topic {}, partition {} no longer has offset {}. It goes on at {}, with what the topic still has. {}",
                    feed.name(),
                    partition.topic(),
                    partition.partition(),
                    offset,
                    begin,
                    begin > offset
                            ? "Let the topic keep its records longer (retention.ms)."
                            : "The topic was made anew, or brokers lost records.");
            consumer.seek(partition, begin);
        });
    }
}
