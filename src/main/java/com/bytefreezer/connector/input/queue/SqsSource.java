package com.bytefreezer.connector.input.queue;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.bytefreezer.connector.config.FeedDefinition;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.lake.FeedClient;
import com.bytefreezer.connector.receive.FeedSender;
import com.bytefreezer.connector.receive.Message;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.BatchResultErrorEntry;
import software.amazon.awssdk.services.sqs.model.ChangeMessageVisibilityBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.DeleteMessageBatchRequestEntry;

/** A queue of SQS. */
final class SqsSource implements Source {
    /** As many as the server allows. */
    private static final int MOST_MESSAGES = 10;

    /** Shorter than {@link FeedClient} waits for an answer. */
    private static final int WAIT_SECONDS = 10;

    private static final Pattern URL = Pattern.compile("https?://([^/]+)/.+");
    private static final Pattern ON_AWS =
            Pattern.compile("(?:sqs\\.)?([a-z0-9-]+)\\.(?:queue\\.)?amazonaws\\.com(?:\\.cn)?");

    private final SqsClient client;
    private final String queueUrl;
    private final int visibilitySeconds;
    /** Answers are bounded, and messages may be large: after a failure another source begins with one. */
    private int together = 1;

    private SqsSource(SqsClient client, String queueUrl, int visibilitySeconds) {
        this.client = client;
        this.queueUrl = queueUrl;
        this.visibilitySeconds = visibilitySeconds;
    }

    /** Opens the queue of a feed, by its parameters. */
    static Opener opener(FeedDefinition feed, Settings settings) {
        return () -> {
            SqsClient client = client(feed, settings);
            try {
                return new SqsSource(
                        client,
                        url(client, feed.parameter("queue")),
                        Integer.parseInt(feed.parameter("visibility-timeout-seconds")));
            } catch (RuntimeException e) {
                client.close();
                throw e;
            }
        };
    }

    /** Opens what sends to the queue of a feed. */
    static FeedSender sender(FeedDefinition feed, Settings settings) {
        SqsClient client = client(feed, settings);
        try {
            return SqsSender.open(client, feed.parameter("queue"));
        } catch (RuntimeException e) {
            client.close();
            throw e;
        }
    }

    private static SqsClient client(FeedDefinition feed, Settings settings) {
        return FeedClient.of(SqsClient.builder(), feed, region(feed), settings);
    }

    /** @param queue its URL or its name */
    static String url(SqsClient client, String queue) {
        return URL.matcher(queue).matches()
                ? queue
                : client.getQueueUrl(request -> request.queueName(queue)).queueUrl();
    }

    /** The one that is set, or that of the queue's URL. */
    private static String region(FeedDefinition feed) {
        Matcher url = URL.matcher(feed.parameter("queue"));
        Matcher host = ON_AWS.matcher(url.matches() ? url.group(1) : "");
        return feed.parameter("region").isEmpty() && host.matches() ? host.group(1) : feed.parameter("region");
    }

    @Override
    public List<Fetched> fetch() {
        List<Fetched> some = client
                .receiveMessage(request -> request.queueUrl(queueUrl)
                        .maxNumberOfMessages(together)
                        .waitTimeSeconds(WAIT_SECONDS)
                        .visibilityTimeout(visibilitySeconds))
                .messages()
                .stream()
                .map(each -> new Fetched(
                        new Message(
                                "sqs %s %s".formatted(queueUrl, each.messageId()),
                                each.body().getBytes(UTF_8)),
                        each.receiptHandle()))
                .toList();
        together = Math.min(MOST_MESSAGES, 2 * together);
        return some;
    }

    @Override
    public void acknowledge(List<Fetched> stored) throws IOException {
        List<DeleteMessageBatchRequestEntry> entries = IntStream.range(0, stored.size())
                .mapToObj(i -> DeleteMessageBatchRequestEntry.builder()
                        .id(String.valueOf(i))
                        .receiptHandle(stored.get(i).receipt())
                        .build())
                .toList();
        for (BatchResultErrorEntry each : client.deleteMessageBatch(
                        request -> request.queueUrl(queueUrl).entries(entries))
                .failed()) {
            // A receipt that has become void is not worth a retry: the message comes again with another one.
            if (!Boolean.TRUE.equals(each.senderFault())) {
                throw new IOException("messages could not be deleted (%s)".formatted(each.message()));
            }
        }
    }

    @Override
    public void hold(List<Fetched> waiting) {
        List<ChangeMessageVisibilityBatchRequestEntry> entries = IntStream.range(0, waiting.size())
                .mapToObj(i -> ChangeMessageVisibilityBatchRequestEntry.builder()
                        .id(String.valueOf(i))
                        .receiptHandle(waiting.get(i).receipt())
                        .visibilityTimeout(visibilitySeconds)
                        .build())
                .toList();
        client.changeMessageVisibilityBatch(
                request -> request.queueUrl(queueUrl).entries(entries));
    }

    @Override
    public Duration patience() {
        return Duration.ofSeconds(visibilitySeconds).dividedBy(3);
    }

    @Override
    public void close() {
        client.close();
    }
}
