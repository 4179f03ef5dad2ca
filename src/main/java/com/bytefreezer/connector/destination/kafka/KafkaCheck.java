package com.bytefreezer.connector.destination.kafka;

import com.bytefreezer.connector.delivery.Check;
import com.bytefreezer.connector.delivery.DatasetText;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.text.PlainText;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.SaslConfigs;

/** Asks the brokers for the topic. */
public final class KafkaCheck {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final KafkaClients clients;
    private final Properties properties = new Properties();
    private String topic = "";

    /** @param clients with the login */
    public KafkaCheck(KafkaClients clients) {
        this.clients = clients;
        properties.put(CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG, (int) PATIENCE.toMillis() / 4);
        properties.put(CommonClientConfigs.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) PATIENCE.toMillis() / 2);
    }

    public void setBrokers(String brokers) {
        properties.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, brokers);
    }

    public void setSecurityProtocol(String securityProtocol) {
        properties.put(CommonClientConfigs.SECURITY_PROTOCOL_CONFIG, securityProtocol);
    }

    public void setSaslMechanism(String saslMechanism) {
        properties.put(SaslConfigs.SASL_MECHANISM, saslMechanism);
    }

    public void setTopic(String topic) {
        this.topic = topic;
    }

    public Check check() throws InterruptedException {
        clients.secure(properties);
        try (Admin admin = Admin.create(properties)) {
            if (!DatasetText.isFixed(topic)) {
                int brokers = admin.describeCluster()
                        .nodes()
                        .get(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                        .size();
                return Check.unknown(
                        "%d brokers answer. Each dataset has its own topic; only the test record shows one."
                                .formatted(brokers));
            }
            TopicDescription found = admin.describeTopics(List.of(topic))
                    .allTopicNames()
                    .get(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                    .get(topic);
            int partitions = Objects.requireNonNull(found).partitions().size();
            return Check.ok("The brokers answer; topic %s has %d partitions.".formatted(topic, partitions));
        } catch (ExecutionException | TimeoutException | KafkaException e) {
            return Check.failed("%s Check brokers, topic, security-protocol and the login."
                    .formatted(PlainText.sentence(Failures.describe(e))));
        }
    }
}
