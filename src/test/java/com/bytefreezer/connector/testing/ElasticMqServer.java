package com.bytefreezer.connector.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchRequestEntry;

/** ElasticMQ, which speaks SQS, as a process that can be stopped under its clients. It takes any keys. */
public final class ElasticMqServer implements AutoCloseable {
    private static final int MOST_TOGETHER = 10;

    private final Path classPath = TestTools.elasticMq();
    private final Path directory = TestTools.temporaryDirectory("elasticmq");
    private final int port = TestTools.freePort();
    private final SqsClient client = SqsClient.builder()
            .httpClientBuilder(UrlConnectionHttpClient.builder())
            .endpointOverride(endpoint())
            .region(Region.US_EAST_1)
            .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("any", "key")))
            .build();
    private Process process;

    private ElasticMqServer() {
        try {
            Files.writeString(directory.resolve("elasticmq.conf"), """
                    node-address { protocol = http, host = 127.0.0.1, port = %1$d, context-path = "" }
                    rest-sqs { enabled = true, bind-port = %1$d, bind-hostname = "127.0.0.1", sqs-limits = strict }
                    rest-stats { enabled = false }
                    queues-storage { enabled = true, path = "%2$s/queues.conf" }
                    messages-storage {
                      enabled = true, driver-class = "org.h2.Driver", uri = "jdbc:h2:%2$s/messages;WRITE_DELAY=0", username = "", password = ""
                    }
                    """.formatted(port, directory));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One that {@link #restart} starts. */
    public static ElasticMqServer stopped() {
        return new ElasticMqServer();
    }

    public static ElasticMqServer start() {
        ElasticMqServer server = stopped();
        server.restart();
        return server;
    }

    public URI endpoint() {
        return URI.create("http://127.0.0.1:" + port);
    }

    /** Ends the server, which keeps what it has: a kill would lose the last messages. */
    public void stop() {
        process.destroy();
        process.onExit().join();
    }

    /** Starts it, with what it had when it was stopped. */
    public void restart() {
        var command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx128m"));
        command.addAll(TestTools.quickStart(classPath));
        command.addAll(List.of(
                "-Dconfig.file=" + directory.resolve("elasticmq.conf"),
                "-cp",
                classPath.resolve("*").toString(),
                "org.elasticmq.server.Main"));
        process = ChildProcesses.startServer(
                "ElasticMQ",
                new ProcessBuilder(command)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(
                                directory.resolve("elasticmq.log").toFile())),
                () -> {
                    try {
                        client.listQueues();
                        return true;
                    } catch (SdkException notYet) {
                        return false;
                    }
                });
    }

    public void createQueue(String queue) {
        client.createQueue(request -> request.queueName(queue));
    }

    /** Returns when the queue has them. */
    public void send(String queue, String... messages) {
        for (int first = 0; first < messages.length; first += MOST_TOGETHER) {
            List<SendMessageBatchRequestEntry> entries = IntStream.range(
                            first, Math.min(messages.length, first + MOST_TOGETHER))
                    .mapToObj(i -> SendMessageBatchRequestEntry.builder()
                            .id(String.valueOf(i))
                            .messageBody(messages[i])
                            .build())
                    .toList();
            if (client.sendMessageBatch(request -> request.queueUrl(url(queue)).entries(entries))
                    .hasFailed()) {
                throw new IllegalStateException("a message was not sent");
            }
        }
    }

    public String url(String queue) {
        return "%s/000000000000/%s".formatted(endpoint(), queue);
    }

    /** How many messages of the queue are not deleted. */
    public long left(String queue) {
        Map<QueueAttributeName, String> numbers = client.getQueueAttributes(
                        request -> request.queueUrl(url(queue)).attributeNames(QueueAttributeName.ALL))
                .attributes();
        return Long.parseLong(numbers.get(QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES))
                + Long.parseLong(numbers.get(QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES_NOT_VISIBLE));
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
