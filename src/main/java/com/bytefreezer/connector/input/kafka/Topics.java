package com.bytefreezer.connector.input.kafka;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.text.PlainText;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.MemberToRemove;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks the brokers for the topics of a feed. For one thread. */
final class Topics implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Topics.class);
    private static final int PATIENCE_SECONDS = 15;
    private static final int LEAVE_SECONDS = 5;

    private final KafkaFeed feed;
    private final Admin admin;
    private Map<String, Uuid> ids = Map.of();

    Topics(KafkaFeed feed) {
        this.feed = feed;
        admin = Admin.create(feed.clients());
    }

    /**
     * Asks for all topics.
     *
     * @throws ConnectorException what hinders the feed
     */
    void ask() throws InterruptedException {
        Map<String, Uuid> found = new HashMap<>();
        for (Map.Entry<String, KafkaFuture<TopicDescription>> each :
                admin.describeTopics(feed.topics()).topicNameValues().entrySet()) {
            try {
                found.put(
                        each.getKey(),
                        each.getValue().get(PATIENCE_SECONDS, TimeUnit.SECONDS).topicId());
            } catch (ExecutionException e) {
                throw hindrance(feed, e.getCause() == null ? e : e.getCause(), each.getKey());
            } catch (java.util.concurrent.TimeoutException e) {
                throw hindrance(feed, new TimeoutException("no answer"), each.getKey());
            }
        }
        ids = found;
    }

    /**
     * Names a partition of a topic for good: another topic of the same name is another source, and so is another group,
     * which begins anew.
     */
    String source(TopicPartition partition) {
        return "kafka %s %s %s %d"
                .formatted(
                        feed.group(),
                        partition.topic(),
                        ids.getOrDefault(partition.topic(), Uuid.ZERO_UUID),
                        partition.partition());
    }

    /** Its partitions go to others at once, as a member that is known by a name would not let them when it ends. */
    void leave() {
        try {
            admin.removeMembersFromConsumerGroup(
                            feed.group(),
                            new RemoveMembersFromConsumerGroupOptions(List.of(new MemberToRemove(feed.instance()))))
                    .all()
                    .get(LEAVE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | java.util.concurrent.TimeoutException e) {
            LOG.debug("feed {}: {}", feed.name(), Failures.describe(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A failure of a client, as what hinders the feed. */
    static ConnectorException hindrance(KafkaFeed feed, Throwable failure, String topics) {
        String what;
        String remedy;
        if (failure instanceof ConnectorException known) {
            return known;
        } else if (failure instanceof UnknownTopicOrPartitionException) {
            what = "there is no topic %s".formatted(topics);
            remedy = "Create it, or correct topic.";
        } else if (failure instanceof AuthenticationException) {
            what = "TLS or login failed (%s)".formatted(Failures.describe(failure));
            remedy = "Check username, password, sasl-mechanism and the certificates.";
        } else if (failure instanceof AuthorizationException) {
            what = "the brokers do not allow it (%s)".formatted(Failures.describe(failure));
            remedy = "Let the user read the topic and use the group %s.".formatted(feed.group());
        } else if (failure instanceof FencedInstanceIdException) {
            what = "another process is in the group %s under this one's name".formatted(feed.group());
            remedy = "Give each machine a spool of its own, and none a copy of another one's.";
        } else if (failure instanceof TimeoutException) {
            what = "no broker answers";
            remedy = "Check brokers, security-protocol and the network.";
        } else if (failure instanceof KafkaException && failure.getCause() instanceof Exception cause) {
            return hindrance(feed, cause, topics);
        } else {
            what = PlainText.withoutStop(Failures.describe(failure));
            remedy = "Check the parameters of the feed.";
        }
        return new ConnectorException(
                new Problem(
                        Problem.Kind.UNREACHABLE,
                        "feed %s".formatted(feed.name()),
                        what + ".",
                        "It tries again every few seconds; the records stay in Kafka.",
                        remedy),
                failure instanceof Exception e ? e : null);
    }

    @Override
    public void close() {
        admin.close(Duration.ZERO);
    }
}
