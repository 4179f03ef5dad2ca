package com.bytefreezer.connector.input.queue;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.bytefreezer.connector.receive.FeedSender;
import java.util.UUID;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.QueueDoesNotExistException;
import software.amazon.awssdk.services.sqs.model.SendMessageRequest;

/** To a feed's queue. */
record SqsSender(SqsClient client, String queueUrl, boolean made) implements FeedSender {
    private static final String FIFO = ".fifo";

    /** @param queue its URL or its name */
    static SqsSender open(SqsClient client, String queue) {
        try {
            return new SqsSender(client, SqsSource.url(client, queue), false);
        } catch (QueueDoesNotExistException e) {
            return new SqsSender(
                    client,
                    client.createQueue(request -> request.queueName(queue)).queueUrl(),
                    true);
        }
    }

    @Override
    public void send(byte[] message, String key) {
        SendMessageRequest.Builder request =
                SendMessageRequest.builder().queueUrl(queueUrl).messageBody(new String(message, UTF_8));
        if (queueUrl.endsWith(FIFO)) {
            request.messageGroupId(key.isEmpty() ? "certify" : key)
                    .messageDeduplicationId(UUID.randomUUID().toString());
        }
        client.sendMessage(request.build());
    }

    @Override
    public void close() {
        try (client) {
            if (made) {
                client.deleteQueue(request -> request.queueUrl(queueUrl));
            }
        }
    }
}
