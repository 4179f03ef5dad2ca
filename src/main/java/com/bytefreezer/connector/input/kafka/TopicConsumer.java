package com.bytefreezer.connector.input.kafka;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.receive.ReadingConsumer;
import com.bytefreezer.connector.receive.Records;
import com.bytefreezer.connector.signs.Moment;
import com.bytefreezer.connector.signs.Plight;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.camel.Endpoint;
import org.apache.camel.Processor;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands the records of a feed to its route, again and again until they are stored; meanwhile it reads no others, and stays
 * in the group. Whatever fails, it goes on by itself.
 */
final class TopicConsumer extends ReadingConsumer {
    private static final Logger LOG = LoggerFactory.getLogger(TopicConsumer.class);
    private static final Duration POLL = Duration.ofSeconds(1);
    private static final Duration IDLE = Duration.ofSeconds(15);
    private static final Duration LAST = Duration.ofSeconds(5);
    private static final int PAUSE_SECONDS = 5;

    private final KafkaFeed feed;
    private final RecordPieces pieces;
    private final Supplier<Map<String, Long>> positions;
    private final Plight plight = new Plight();
    private boolean isNamed = true;
    private volatile @Nullable Consumer<byte[], byte[]> client;

    /** @param positions how far the partitions are read, by {@link Topics#source} */
    TopicConsumer(Endpoint endpoint, Processor processor, KafkaFeed feed, Supplier<Map<String, Long>> positions) {
        super(endpoint, processor, feed.name(), PAUSE_SECONDS);
        this.feed = feed;
        this.positions = positions;
        pieces = new RecordPieces(feed.format(), feed.member());
        hindered("It has not reached its brokers yet.");
    }

    @Override
    protected void read() throws InterruptedException {
        try (Topics topics = new Topics(feed)) {
            topics.ask();
            Consumer<byte[], byte[]> consumer = new KafkaConsumer<>(feed.consumers(isNamed));
            client = consumer;
            Partitions partitions = new Partitions(feed, consumer, topics, positions);
            try {
                consumer.subscribe(feed.topics(), partitions);
                read(consumer, partitions, topics);
            } finally {
                client = null;
                partitions.commitLast(LAST);
                consumer.close(LAST);
                topics.leave();
            }
        } catch (WakeupException | InterruptException e) {
            // The connector stops.
        } catch (UnsupportedVersionException e) {
            // Before Kafka 2.3 members have no names.
            isNamed = false;
        } catch (RuntimeException e) {
            tell(Topics.hindrance(feed, e, String.join(", ", feed.topics())));
        }
    }

    private void tell(ConnectorException hindrance) {
        String line = String.valueOf(hindrance.getMessage());
        hindered(line);
        if (!isEnding() && plight.isNews(line)) {
            LOG.warn("{}", line);
        }
    }

    private void works() {
        hindered("");
        plight.end().ifPresent(former -> LOG.info("feed {}: it reads again.", feed.name()));
    }

    private void read(Consumer<byte[], byte[]> consumer, Partitions partitions, Topics topics)
            throws InterruptedException {
        Moment heard = Moment.now();
        boolean joined = false;
        while (!isEnding()) {
            partitions.take(poll(consumer, partitions));
            if (!joined && !consumer.assignment().isEmpty()) {
                joined = true;
                works();
            }
            if (partitions.hasPending()) {
                store(consumer, partitions);
                heard = Moment.now();
            } else if (heard.past().compareTo(IDLE) > 0) {
                // Kafka's client says nothing of a broker that is away, nor of a topic that is gone.
                ask(topics);
                heard = Moment.now();
            }
        }
    }

    private void ask(Topics topics) throws InterruptedException {
        try {
            topics.ask();
            works();
        } catch (ConnectorException e) {
            tell(e);
        }
    }

    private static ConsumerRecords<byte[], byte[]> poll(Consumer<byte[], byte[]> consumer, Partitions partitions) {
        try {
            return consumer.poll(POLL);
        } catch (OffsetOutOfRangeException e) {
            partitions.beginAgain(e.offsetOutOfRangePartitions());
            return ConsumerRecords.empty();
        }
    }

    /** A stop leaves to Kafka what cannot be stored. */
    private void store(Consumer<byte[], byte[]> consumer, Partitions partitions) {
        while (partitions.hasPending()) {
            List<ConsumerRecord<byte[], byte[]>> next = partitions.next();
            Optional<Exception> failure = store(
                    new Records(feed.name(), next.stream().map(pieces::of).toList(), partitions.positionsAfter(next)));
            if (failure.isEmpty()) {
                partitions.stored(next);
                works();
                continue;
            }
            if (isEnding()) {
                return;
            }
            String line = "feed %s: %s It has paused, and tries again every second; the records stay in Kafka."
                    .formatted(feed.name(), Failures.describe(failure.get()));
            if (plight.isNews(line)) {
                LOG.warn("{}", line);
            }
            // It stays in the group.
            consumer.pause(List.copyOf(consumer.assignment()));
            partitions.take(poll(consumer, partitions));
        }
        consumer.resume(consumer.paused());
    }

    @Override
    protected void wake() {
        Consumer<byte[], byte[]> consumer = client;
        if (consumer != null) {
            consumer.wakeup();
        }
    }
}
