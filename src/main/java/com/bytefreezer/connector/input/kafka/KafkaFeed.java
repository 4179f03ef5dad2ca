package com.bytefreezer.connector.input.kafka;

import com.bytefreezer.connector.config.FeedDefinition;
import com.bytefreezer.connector.net.KafkaLogin;
import com.bytefreezer.connector.receive.Format;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.config.SaslConfigs;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * A feed of Kafka's topics.
 *
 * @param instance tells this member of the group from others, also after a start
 * @param fromStart where a group without an offset begins; false: at the end
 * @param member of each event that says where it comes from; empty for none
 */
public record KafkaFeed(
        String name,
        List<String> topics,
        String group,
        String instance,
        boolean fromStart,
        String member,
        Format format,
        Map<String, String> parameters) {
    private static final int FETCH_BYTES = 8_000_000;
    private static final int REQUEST_MILLIS = 10_000;

    /**
     * As the file of the feed says.
     *
     * @param machine tells this one from others of a group
     * @throws com.bytefreezer.connector.problem.ConnectorException if its login cannot be right
     */
    public static KafkaFeed of(FeedDefinition feed, String machine) {
        String group = feed.parameter("group");
        KafkaFeed known = new KafkaFeed(
                feed.name(),
                Stream.of(feed.parameter("topic").split(","))
                        .map(String::strip)
                        .filter(topic -> !topic.isEmpty())
                        .distinct()
                        .toList(),
                group.isEmpty() ? "bytefreezer-" + feed.name() : group,
                "bytefreezer-%s-%s".formatted(feed.name(), machine),
                !feed.parameter("from").equals("end"),
                feed.parameter("member"),
                Format.valueOf(feed.format().toUpperCase(Locale.ROOT)),
                feed.parameters());
        known.clients();
        return known;
    }

    private String parameter(String name) {
        return parameters.getOrDefault(name, "");
    }

    /** Of any client. */
    Properties clients() {
        Properties properties = new Properties();
        properties.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, parameter("brokers"));
        properties.put(CommonClientConfigs.SECURITY_PROTOCOL_CONFIG, parameter("security-protocol"));
        properties.put(SaslConfigs.SASL_MECHANISM, parameter("sasl-mechanism"));
        properties.put(CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG, REQUEST_MILLIS);
        properties.put(CommonClientConfigs.DEFAULT_API_TIMEOUT_MS_CONFIG, REQUEST_MILLIS);
        new KafkaLogin(
                        parameter("username"),
                        parameter("password"),
                        parameter("ca-file"),
                        parameter("certificate-file"),
                        parameter("key-file"),
                        parameter("key-password"))
                .secure(properties, "feed " + name, "");
        return properties;
    }

    /** @param isNamed whether a member keeps its place in the group while it starts again */
    Properties consumers(boolean isNamed) {
        Properties properties = clients();
        properties.put(ConsumerConfig.GROUP_ID_CONFIG, group);
        if (isNamed) {
            properties.put(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, instance);
        }
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        // What is to be done without an offset must be said, and what is gone told of.
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        // Records of an aborted transaction were never sent.
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        properties.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, FETCH_BYTES);
        properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 5000);
        // New partitions and topics are found within so long.
        properties.put(ConsumerConfig.METADATA_MAX_AGE_CONFIG, 30_000);
        properties.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        properties.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        return properties;
    }
}
