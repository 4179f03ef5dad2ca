package com.bytefreezer.connector.testing;

import java.io.IOException;
import java.math.BigInteger;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.HashKeyRange;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.StreamStatus;

/** Kinesis Mock, which speaks Kinesis and keeps all in memory, as a process. It takes any keys. */
public final class KinesisServer implements AutoCloseable {
    private final Path program = TestTools.kinesis();
    private final Path directory = TestTools.temporaryDirectory("kinesis");
    private final int port = TestTools.freePort();
    private final KinesisClient client = KinesisClient.builder()
            .httpClientBuilder(UrlConnectionHttpClient.builder())
            .endpointOverride(endpoint())
            .region(Region.US_EAST_1)
            .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("any", "key")))
            .build();
    private Process process;

    private KinesisServer() {}

    /** One that {@link #begin} starts. */
    public static KinesisServer stopped() {
        return new KinesisServer();
    }

    public static KinesisServer start() {
        KinesisServer server = stopped();
        server.begin();
        return server;
    }

    public URI endpoint() {
        return URI.create("http://127.0.0.1:" + port);
    }

    /** Starts it, empty. */
    public void begin() {
        ProcessBuilder server = new ProcessBuilder(program.resolve("node").toString(), "main.js")
                .directory(program.toFile())
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        directory.resolve("kinesis.log").toFile()));
        String fast = "50ms";
        server.environment()
                .putAll(Map.of(
                        "KINESIS_MOCK_PLAIN_PORT",
                        String.valueOf(port),
                        "KINESIS_MOCK_TLS_PORT",
                        String.valueOf(TestTools.freePort()),
                        "CREATE_STREAM_DURATION",
                        fast,
                        "SPLIT_SHARD_DURATION",
                        fast,
                        "MERGE_SHARDS_DURATION",
                        fast));
        process = ChildProcesses.startServer("Kinesis Mock", server, this::isReady);
    }

    private boolean isReady() {
        try {
            HttpURLConnection connection = (HttpURLConnection)
                    endpoint().resolve("/healthcheck").toURL().openConnection();
            return connection.getResponseCode() == HttpURLConnection.HTTP_OK;
        } catch (IOException notYet) {
            return false;
        }
    }

    public void createStream(String stream, int shards) {
        client.createStream(request -> request.streamName(stream).shardCount(shards));
        awaitActive(stream);
    }

    private void awaitActive(String stream) {
        Await.until("the stream is ready", () -> client.describeStreamSummary(request -> request.streamName(stream))
                .streamDescriptionSummary()
                .streamStatus()
                .equals(StreamStatus.ACTIVE));
    }

    /** Returns when the stream has them, each with itself as its key. */
    public void put(String stream, String... records) {
        put(stream, Stream.of(records).map(SdkBytes::fromUtf8String).toList());
    }

    private void put(String stream, List<SdkBytes> records) {
        List<PutRecordsRequestEntry> entries = new ArrayList<>();
        for (SdkBytes each : records) {
            entries.add(PutRecordsRequestEntry.builder()
                    .data(each)
                    .partitionKey(String.valueOf(each.hashCode()))
                    .build());
        }
        if (client.putRecords(request -> request.streamName(stream).records(entries))
                        .failedRecordCount()
                > 0) {
            throw new IllegalStateException("a record was not put");
        }
    }

    /** Those that take records. */
    public List<String> openShards(String stream) {
        return client.listShards(request -> request.streamName(stream)).shards().stream()
                .filter(each -> each.sequenceNumberRange().endingSequenceNumber() == null)
                .map(Shard::shardId)
                .toList();
    }

    /** Makes two of one, in the middle of its keys. */
    public void split(String stream, String shard) {
        HashKeyRange keys = client.listShards(request -> request.streamName(stream)).shards().stream()
                .filter(each -> each.shardId().equals(shard))
                .findFirst()
                .orElseThrow()
                .hashKeyRange();
        BigInteger middle = new BigInteger(keys.startingHashKey())
                .add(new BigInteger(keys.endingHashKey()))
                .shiftRight(1);
        client.splitShard(
                request -> request.streamName(stream).shardToSplit(shard).newStartingHashKey(middle.toString()));
        awaitActive(stream);
    }

    /** Makes one of two. */
    public void merge(String stream, String one, String other) {
        client.mergeShards(
                request -> request.streamName(stream).shardToMerge(one).adjacentShardToMerge(other));
        awaitActive(stream);
    }

    public void deleteStream(String stream) {
        client.deleteStream(request -> request.streamName(stream));
        Await.until(
                "the stream is gone", () -> !client.listStreams().streamNames().contains(stream));
        // Sequence numbers begin with the second in which a stream was made: a new one of this name has later ones
        // then.
        long second = Instant.now().getEpochSecond();
        Await.until("the next second", () -> Instant.now().getEpochSecond() > second);
    }

    @Override
    public void close() {
        if (process != null) {
            ChildProcesses.kill(process);
        }
        client.close();
        TestTools.deleteFolder(directory);
    }
}
