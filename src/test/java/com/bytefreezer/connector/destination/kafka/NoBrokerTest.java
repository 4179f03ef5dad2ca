package com.bytefreezer.connector.destination.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.delivery.SampleExport;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What listens at {@code destination.kafka.brokers} is no Kafka broker. */
@Tag("slow")
class NoBrokerTest {
    /** Kafka's client takes the first four bytes for the length of an answer: 1.2 GB, which it makes room for. */
    private static final byte[] HTTP = "HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    @TempDir
    private Path folder;

    @Test
    @Timeout(value = 5, unit = TimeUnit.MINUTES)
    void aWebServerInPlaceOfABrokerFailsTheRun() throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool();
        try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            threads.execute(() -> answer(server));
            var run = SampleExport.to(URI.create("http://localhost"), folder)
                    .with("destination.type", "kafka")
                    .with("destination.kafka.brokers", "127.0.0.1:" + server.getLocalPort())
                    .with("destination.kafka.topic", "t")
                    .with("destination.kafka.timeout-ms", 2000)
                    .with("delivery.max-retries", 0)
                    .run();

            assertThat(run.succeeded()).isFalse();
            assertThat(run.log("ERROR")).singleElement().asString().contains("kafka, export default: ");
        } finally {
            threads.shutdownNow();
        }
    }

    private static void answer(ServerSocket server) {
        while (!server.isClosed()) {
            try {
                Socket client = server.accept();
                client.getInputStream().read();
                client.getOutputStream().write(HTTP);
            } catch (IOException e) {
                return;
            }
        }
    }
}
