package com.bytefreezer.connector.input.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.bytefreezer.connector.receive.FeedSender;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** To the first topic of a feed; one that is made has two partitions. */
record KafkaSender(String topic, Admin admin, Producer<byte[], byte[]> producer, boolean made) implements FeedSender {
    private static final int PARTITIONS = 2;

    static KafkaSender open(KafkaFeed feed) throws ExecutionException, InterruptedException {
        String topic = feed.topics().get(0);
        Admin admin = Admin.create(feed.clients());
        try {
            boolean made = makes(topic, admin);
            Properties properties = feed.clients();
            properties.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
            properties.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
            return new KafkaSender(topic, admin, new KafkaProducer<>(properties), made);
        } catch (ExecutionException | InterruptedException | RuntimeException e) {
            admin.close(Duration.ZERO);
            throw e;
        }
    }

    private static boolean makes(String topic, Admin admin) throws ExecutionException, InterruptedException {
        try {
            admin.createTopics(List.of(new NewTopic(topic, Optional.of(PARTITIONS), Optional.empty())))
                    .all()
                    .get();
            return true;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof TopicExistsException) {
                return false;
            }
            throw e;
        }
    }

    @Override
    public void send(byte[] message, String key) throws ExecutionException, InterruptedException {
        producer.send(new ProducerRecord<>(topic, key.isEmpty() ? null : key.getBytes(UTF_8), message))
                .get();
    }

    @Override
    public void close() {
        producer.close(Duration.ZERO);
        try {
            if (made) {
                admin.deleteTopics(List.of(topic)).all().get();
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            admin.close(Duration.ZERO);
        }
    }
}
