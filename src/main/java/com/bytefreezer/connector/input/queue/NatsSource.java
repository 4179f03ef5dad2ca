package com.bytefreezer.connector.input.queue;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.receive.Message;
import com.bytefreezer.connector.signs.Moment;
import io.nats.client.Connection;
import io.nats.client.ConsumerContext;
import io.nats.client.FetchConsumeOptions;
import io.nats.client.FetchConsumer;
import io.nats.client.JetStreamApiException;
import io.nats.client.StreamContext;
import io.nats.client.api.AckPolicy;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.ConsumerInfo;
import io.nats.client.impl.NatsJetStreamMetaData;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A durable consumer of a stream of NATS. */
final class NatsSource implements Source {
    private static final int MOST_MESSAGES = 500;
    private static final long MOST_BYTES = 8_000_000;
    /** What the server counts beside the message: subject, reply, headers. */
    private static final long OVERHEAD = 64_000;

    private static final Duration ASK_AGAIN = Duration.ofSeconds(10);
    private static final long WAIT_MILLIS = 2000;
    private static final Duration CONFIRMED = Duration.ofSeconds(10);
    private static final int NOT_FOUND = 404;
    private static final byte[] ACKNOWLEDGE = "+ACK".getBytes(US_ASCII);
    private static final byte[] WAIT_LONGER = "+WPI".getBytes(US_ASCII);

    private final Connection connection;
    private final ConsumerContext consumer;
    private final Duration patience;
    private final FetchConsumeOptions request;
    private Moment asked = Moment.now();

    private NatsSource(Connection connection, ConsumerContext consumer, Duration patience) {
        this.connection = connection;
        this.consumer = consumer;
        this.patience = patience;
        // A message that is larger than the request allows would never come.
        long bytes = Math.max(MOST_BYTES, connection.getMaxPayload() + OVERHEAD);
        request = FetchConsumeOptions.builder()
                .max((int) Math.min(Integer.MAX_VALUE, bytes), MOST_MESSAGES)
                // It ends with the first messages that are there.
                .noWaitExpiresIn(WAIT_MILLIS)
                .build();
    }

    /**
     * Creates the consumer if the stream has none of this name.
     *
     * @param connection is closed with the source
     * @param subject of a consumer that is created; empty: all of the stream
     */
    static NatsSource open(Connection connection, String stream, String consumer, String subject)
            throws IOException, JetStreamApiException {
        ConsumerContext context = consumer(connection, stream, consumer, subject);
        ConsumerInfo info = context.getConsumerInfo();
        ConsumerConfiguration configuration = info.getConsumerConfiguration();
        if (configuration.getAckPolicy() == AckPolicy.None) {
            throw new ConnectorException(
                    "the consumer %s of the stream %s has the ack policy none: the server would forget messages before they are on disk. Give it the policy explicit."
                            .formatted(consumer, stream));
        }
        return new NatsSource(connection, context, configuration.getAckWait().dividedBy(3));
    }

    private static ConsumerContext consumer(Connection connection, String stream, String name, String subject)
            throws IOException, JetStreamApiException {
        StreamContext context = connection.getStreamContext(stream);
        try {
            return context.getConsumerContext(name);
        } catch (JetStreamApiException e) {
            if (e.getErrorCode() != NOT_FOUND) {
                throw e;
            }
            ConsumerConfiguration.Builder created =
                    ConsumerConfiguration.builder().durable(name).ackPolicy(AckPolicy.Explicit);
            // Fails if somebody has created another one meanwhile: that one is right.
            connection
                    .jetStreamManagement()
                    .createConsumer(stream, (subject.isEmpty() ? created : created.filterSubject(subject)).build());
            return context.getConsumerContext(name);
        }
    }

    @Override
    public List<Fetched> fetch() throws Exception {
        List<Fetched> some = new ArrayList<>();
        FetchConsumer messages = consumer.fetch(request);
        try {
            for (var next = messages.nextMessage(); next != null; next = messages.nextMessage()) {
                some.add(fetched(next));
            }
        } finally {
            messages.close();
        }
        requireConnection();
        if (some.isEmpty()) {
            requireConsumer();
        }
        return some;
    }

    /** The time in the id tells a stream from a former one of the same name. */
    private static Fetched fetched(io.nats.client.Message message) {
        NatsJetStreamMetaData data = message.metaData();
        String id = "nats %s %d %s"
                .formatted(
                        data.getStream(),
                        data.streamSequence(),
                        data.timestamp().toInstant());
        byte[] body = message.getData();
        return new Fetched(new Message(id, body == null ? new byte[0] : body), message.getReplyTo());
    }

    /** The server does not answer a request for messages of a consumer that is gone, alone or with its stream. */
    private void requireConsumer() throws IOException, JetStreamApiException {
        if (asked.past().compareTo(ASK_AGAIN) >= 0) {
            consumer.getConsumerInfo();
            asked = Moment.now();
        }
    }

    private void requireConnection() throws IOException {
        if (connection.getStatus() != Connection.Status.CONNECTED) {
            throw new IOException("the connection to the server is lost");
        }
    }

    /** The server takes them in order, so the last one speaks for all. */
    @Override
    public void acknowledge(List<Fetched> stored) throws Exception {
        int last = stored.size() - 1;
        stored.subList(0, last).forEach(each -> connection.publish(each.receipt(), ACKNOWLEDGE));
        if (connection.request(stored.get(last).receipt(), ACKNOWLEDGE, CONFIRMED) == null) {
            throw new IOException("the server has not confirmed that messages are acknowledged");
        }
    }

    @Override
    public void hold(List<Fetched> waiting) throws IOException {
        requireConnection();
        waiting.forEach(each -> connection.publish(each.receipt(), WAIT_LONGER));
    }

    @Override
    public Duration patience() {
        return patience;
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
