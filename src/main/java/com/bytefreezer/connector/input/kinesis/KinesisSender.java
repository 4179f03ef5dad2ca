package com.bytefreezer.connector.input.kinesis;

import com.bytefreezer.connector.receive.FeedSender;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamSummaryResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordRequest;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;
import software.amazon.awssdk.services.kinesis.model.StreamStatus;

/** To a feed's stream; one that is made has two shards. */
record KinesisSender(KinesisFeed feed, KinesisClient client, boolean made) implements FeedSender {
    private static final int SHARDS = 2;
    private static final long PAUSE_MILLIS = 500;

    static KinesisSender open(KinesisFeed feed) throws InterruptedException {
        KinesisClient client = feed.client().get();
        try {
            return new KinesisSender(feed, client, makes(feed, client));
        } catch (InterruptedException | RuntimeException e) {
            client.close();
            throw e;
        }
    }

    private static boolean makes(KinesisFeed feed, KinesisClient client) throws InterruptedException {
        try {
            summary(feed, client);
            return false;
        } catch (ResourceNotFoundException e) {
            client.createStream(request -> request.streamName(feed.stream()).shardCount(SHARDS));
            while (summary(feed, client).streamDescriptionSummary().streamStatus() != StreamStatus.ACTIVE) {
                TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
            }
            return true;
        }
    }

    private static DescribeStreamSummaryResponse summary(KinesisFeed feed, KinesisClient client) {
        return client.describeStreamSummary(request ->
                request.streamName(feed.isArn() ? null : feed.stream()).streamARN(feed.isArn() ? feed.stream() : null));
    }

    @Override
    public void send(byte[] message, String key) {
        PutRecordRequest.Builder request = PutRecordRequest.builder()
                .data(SdkBytes.fromByteArray(message))
                .partitionKey(key.isEmpty() ? UUID.randomUUID().toString() : key);
        client.putRecord((feed.isArn() ? request.streamARN(feed.stream()) : request.streamName(feed.stream())).build());
    }

    @Override
    public void close() {
        try (client) {
            if (made) {
                client.deleteStream(request -> request.streamName(feed.stream()));
            }
        }
    }
}
