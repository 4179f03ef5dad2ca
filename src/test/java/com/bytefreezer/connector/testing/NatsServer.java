package com.bytefreezer.connector.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.nats.client.api.AckPolicy;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.ConsumerInfo;
import io.nats.client.api.StreamConfiguration;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** A NATS server with JetStream as a process that can be killed under its clients. */
public final class NatsServer implements AutoCloseable {
    private final Path program = TestTools.nats();
    private final Path directory = TestTools.temporaryDirectory("nats");
    private final int port = TestTools.freePort();
    private Process process;
    private Connection connection;

    private NatsServer(String configuration) {
        try {
            Files.writeString(
                    directory.resolve("nats.conf"), """
                    listen: 127.0.0.1:%d
                    jetstream { store_dir: "%s", sync_interval: always }
                    %s
                    """.formatted(port, directory.resolve("data"), configuration));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One that {@link #restart} starts. */
    public static NatsServer stopped() {
        return new NatsServer("");
    }

    /** One that everybody may use. */
    public static NatsServer start() {
        NatsServer server = stopped();
        server.restart();
        return server;
    }

    /**
     * One with more in its configuration.
     *
     * @param configuration as the server reads it
     */
    public static NatsServer start(String configuration) {
        NatsServer server = new NatsServer(configuration);
        server.restart();
        return server;
    }

    /** Where it listens. */
    public int port() {
        return port;
    }

    /** Ends the server at once. */
    public void kill() {
        disconnect();
        if (process != null) {
            ChildProcesses.kill(process);
        }
    }

    /** Starts it, with what it had. */
    public void restart() {
        process = ChildProcesses.startServer(
                "NATS",
                new ProcessBuilder(
                                program.toString(),
                                "-c",
                                directory.resolve("nats.conf").toString())
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(
                                directory.resolve("nats.log").toFile())),
                () -> {
                    try (Socket socket = new Socket("127.0.0.1", port)) {
                        return socket.isConnected();
                    } catch (IOException notYet) {
                        return false;
                    }
                });
    }

    /** Creates a stream of all subjects that begin with its name. */
    public void createStream(String stream) throws Exception {
        connection()
                .jetStreamManagement()
                .addStream(StreamConfiguration.builder()
                        .name(stream)
                        .subjects(stream + ".>")
                        .build());
    }

    /** Creates a durable consumer of a stream, which sends again what is not acknowledged so soon. */
    public void createConsumer(String stream, String consumer, AckPolicy policy, Duration ackWait) throws Exception {
        connection()
                .getStreamContext(stream)
                .createOrUpdateConsumer(ConsumerConfiguration.builder()
                        .durable(consumer)
                        .ackPolicy(policy)
                        .ackWait(ackWait)
                        .build());
    }

    public void deleteConsumer(String stream, String consumer) throws Exception {
        connection().jetStreamManagement().deleteConsumer(stream, consumer);
    }

    public void deleteStream(String stream) throws Exception {
        connection().jetStreamManagement().deleteStream(stream);
    }

    /** Returns when the stream has them. */
    public void publish(String stream, String... messages) throws Exception {
        for (String each : messages) {
            publish(stream, each.getBytes(UTF_8));
        }
    }

    public void publish(String stream, byte[] message) throws Exception {
        connection().jetStream().publish(stream + ".events", message);
    }

    /** How many messages of the stream the consumer has not acknowledged; all of them if it does not exist. */
    public long unacknowledged(String stream, String consumer) {
        try {
            ConsumerInfo info = connection()
                    .getStreamContext(stream)
                    .getConsumerContext(consumer)
                    .getConsumerInfo();
            return info.getNumPending() + info.getNumAckPending();
        } catch (IOException | JetStreamApiException e) {
            return Long.MAX_VALUE;
        }
    }

    private synchronized Connection connection() {
        if (connection == null) {
            try {
                connection = Nats.connect(new Options.Builder()
                        .server("nats://127.0.0.1:" + port)
                        .noReconnect()
                        .build());
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
        return connection;
    }

    private synchronized void disconnect() {
        if (connection != null) {
            try {
                connection.close();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            connection = null;
        }
    }

    @Override
    public void close() {
        kill();
        TestTools.deleteFolder(directory);
    }
}
