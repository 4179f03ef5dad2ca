package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.query.DuckDb;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.ConnectorProcess;
import com.bytefreezer.connector.testing.TestTools;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole way of samples/one-box.yaml: events in, Parquet, and the failed logins out. */
class IngestIT {
    private static final int SENDERS = 3;
    private static final int BATCHES = 80;
    private static final int EVENTS = 20;
    private static final int ALL = SENDERS * BATCHES * EVENTS;

    @TempDir
    private Path folder;

    private final int port = TestTools.freePort();
    private final int syslogPort = TestTools.freePort();
    private final AtomicInteger acknowledged = new AtomicInteger();

    @Test
    void killedAgainAndAgainItHasEachEventOnce() throws Exception {
        for (String name : List.of("samples", "routes")) {
            Files.createSymbolicLink(
                    folder.resolve(name), TestTools.projectDirectory().resolve(name));
        }
        ExecutorService senders = Executors.newFixedThreadPool(SENDERS);
        List<Future<?>> sending = new ArrayList<>();
        ConnectorProcess connector = start();
        try {
            for (int i = 0; i < SENDERS; i++) {
                int sender = i;
                sending.add(senders.submit(() -> send(sender)));
            }
            for (int kill = 1; kill <= 2; kill++) {
                int enough = kill * SENDERS * BATCHES / 3;
                Await.until("some batches", () -> acknowledged.get() >= enough);
                connector.close();
                connector = start();
            }
            for (Future<?> each : sending) {
                each.get();
            }
            Await.until("all is in the lake", () -> inLake().size() >= ALL);
            assertThat(new HashSet<>(inLake())).hasSize(ALL);
            assertThat(inLake()).hasSize(ALL);
            Await.until("failed logins", () -> exported().size() >= ALL / 2);
            connector.terminate();
            assertThat(connector.waitFor(Duration.ofMinutes(2)))
                    .as(connector.standardError())
                    .isZero();
            assertThat(exported()).hasSize(ALL / 2).doesNotHaveDuplicates();
        } finally {
            senders.shutdownNow();
            connector.close();
        }
    }

    private ConnectorProcess start() {
        return ConnectorProcess.start(
                folder,
                Map.of(),
                List.of(),
                "--mode",
                "watch",
                "--config",
                "samples/one-box.yaml",
                "--set",
                "server.port=" + TestTools.freePort(),
                "--set",
                "feeds.http-port=" + port,
                "--set",
                "feeds.syslog.port=" + syslogPort,
                "--set",
                "pack.timeout-seconds=1",
                "--set",
                "schedule.interval-seconds=1",
                "--set",
                "destination.file.roll-seconds=1");
    }

    /** Sends each batch until it is acknowledged, under the same id. */
    private void send(int sender) {
        HttpClient client = HttpClient.newHttpClient();
        for (int batch = 0; batch < BATCHES; batch++) {
            int first = (sender * BATCHES + batch) * EVENTS;
            String body = String.join(
                    "\n",
                    IntStream.range(first, first + EVENTS)
                            .mapToObj(id -> "{\"id\":%d,\"message\":\"%s\"}"
                                    .formatted(id, id % 2 == 0 ? "Failed password" : "Accepted"))
                            .toList());
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d/acme/auth".formatted(port)))
                    .header("X-Proxy-Batch-ID", "%d-%d".formatted(sender, batch))
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build();
            Await.until("an answer", () -> isAcknowledged(client, request));
            acknowledged.incrementAndGet();
        }
    }

    private static boolean isAcknowledged(HttpClient client, HttpRequest request) {
        try {
            return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException e) {
            // Killed, or not yet there.
            return false;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private List<Integer> inLake() {
        List<String> objects = objects();
        if (objects.isEmpty()) {
            return List.of();
        }
        List<Integer> ids = new ArrayList<>();
        try (Connection connection = DuckDb.forParsing();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "SELECT id FROM read_parquet(['%s'])".formatted(String.join("', '", objects)))) {
            while (rows.next()) {
                ids.add(rows.getInt(1));
            }
            return ids;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private List<String> objects() {
        try (Stream<Path> files = Files.walk(folder.resolve("lake"))) {
            return files.map(Path::toString)
                    .filter(file -> file.endsWith(".parquet"))
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            // Not yet there, or in the middle of a change.
            return List.of();
        }
    }

    private List<String> exported() {
        try (Stream<Path> files = Files.walk(folder.resolve("failed-logins"))) {
            List<String> lines = new ArrayList<>();
            for (Path each :
                    files.filter(file -> file.toString().endsWith(".ndjson")).toList()) {
                lines.addAll(Files.readAllLines(each));
            }
            return lines;
        } catch (IOException | UncheckedIOException e) {
            return List.of();
        }
    }
}
