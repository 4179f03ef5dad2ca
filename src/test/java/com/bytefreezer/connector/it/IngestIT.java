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
import java.nio.charset.StandardCharsets;
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
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
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

    /** Before each kill. */
    private static final int LOGGED = 6;

    private static final Pattern ID = Pattern.compile("\"id\":(\\d+)");

    private static final Pattern LOGGED_LINE = Pattern.compile("logged (\\d+)");
    /** A journal has a line for each arrival, with where its events end. */
    private static final Pattern ENDS = Pattern.compile("\"end\":(\\d+)");

    private static final String LINES = "TRY_CAST(regexp_extract(message, '^logged (\\d+)$', 1) AS INTEGER)";

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
                int logged = kill * LOGGED;
                log(kill);
                Await.until("the lines of logger on disk", () -> loggedOnDisk() >= logged);
                connector.close();
                connector = start();
            }
            for (Future<?> each : sending) {
                each.get();
            }
            Await.until(
                    "all is in the lake",
                    () -> inLake("id").size() >= ALL && inLake(LINES).size() >= 2 * LOGGED);
            assertThat(inLake("id")).hasSize(ALL).doesNotHaveDuplicates();
            assertThat(inLake(LINES)).hasSize(2 * LOGGED).doesNotHaveDuplicates();
            Await.until("failed logins", () -> exported().size() >= ALL / 2);
            assertThat(runAsInReadme("logger ")).isEmpty();
            assertThat(Files.readString(TestTools.projectDirectory().resolve("docs/ingest.md")))
                    .contains("`" + runAsInReadme("curl ").strip() + "`");
            Await.until(
                    "the failed logins of the README",
                    () -> texts().contains("Failed password for root from 203.0.113.7")
                            && texts().contains("Failed password for alice"));
            connector.terminate();
            assertThat(connector.waitFor(Duration.ofMinutes(2)))
                    .as(connector.standardError())
                    .isZero();
            // The columns that logger brings change the batches, so a batch that a kill interrupted may be there twice.
            assertThat(exported()).hasSize(ALL / 2);
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
            sendUntilAcknowledged(client, sender, batch);
            acknowledged.incrementAndGet();
        }
    }

    private void sendUntilAcknowledged(HttpClient client, int sender, int batch) {
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

    /** Over TCP, some with counts, and as in the README over UDP, which tells nobody that the feed is not there yet. */
    private void log(int kill) {
        // The repeat of a batch is acknowledged once all feeds listen.
        sendUntilAcknowledged(HttpClient.newHttpClient(), 0, 0);
        for (int i = 1; i < LOGGED; i++) {
            logger(kill * 1000 + i, "-T", i % 2 == 0 ? "--octet-count" : "--rfc3164");
        }
        logger(kill * 1000);
    }

    private void logger(int number, String... options) {
        List<String> command =
                new ArrayList<>(List.of("logger", "-n", "127.0.0.1", "-P", String.valueOf(syslogPort), "-t", "sshd"));
        command.addAll(List.of(options));
        command.add("logged %d".formatted(number));
        Await.until("logger", () -> hasRun(command));
    }

    /** Runs the README's line that begins so, on the ports of this test, and returns what it prints. */
    private String runAsInReadme(String beginning) throws IOException {
        List<String> lines = Files.readAllLines(TestTools.projectDirectory().resolve("README.md")).stream()
                .filter(line -> line.startsWith(beginning))
                .toList();
        assertThat(lines).hasSize(1);
        String command =
                lines.get(0).replace("-P 5514", "-P " + syslogPort).replace("localhost:8091", "localhost:" + port);
        Process shell = new ProcessBuilder("bash", "-c", command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        return new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private static boolean hasRun(List<String> command) {
        try {
            return TestTools.run(command.toArray(String[]::new));
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** An event may be in the spool and in the lake for a moment. */
    private int loggedOnDisk() {
        Set<String> all = new HashSet<>();
        try (Stream<Path> files = Files.walk(folder.resolve("spool"))) {
            for (Path journal :
                    files.filter(one -> one.toString().endsWith(".journal")).toList()) {
                LOGGED_LINE.matcher(kept(journal)).results().forEach(found -> all.add(found.group(1)));
            }
        } catch (IOException | UncheckedIOException e) {
            // A segment was packed meanwhile.
        }
        inLake(LINES).forEach(number -> all.add(String.valueOf(number)));
        return all.size();
    }

    /** The events that the journal mentions. What comes after them is cut at the next start, and logger sends nothing again. */
    private static String kept(Path journal) throws IOException {
        long end = ENDS.matcher(Files.readString(journal))
                .results()
                .mapToLong(found -> Long.parseLong(found.group(1)))
                .max()
                .orElse(0);
        Path events = journal.resolveSibling(journal.getFileName().toString().replace(".journal", ".ndjson"));
        byte[] bytes = Files.readAllBytes(events);
        return new String(bytes, 0, (int) Math.min(end, bytes.length), StandardCharsets.UTF_8);
    }

    private List<Integer> inLake(String expression) {
        List<String> objects = objects();
        if (objects.isEmpty()) {
            return List.of();
        }
        List<Integer> ids = new ArrayList<>();
        try (Connection connection = DuckDb.bare();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "SELECT number FROM (SELECT %s AS number FROM read_parquet(['%s'], union_by_name = true)) WHERE number IS NOT NULL"
                                .formatted(expression, String.join("', '", objects)))) {
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

    private Set<String> exported() {
        return ID.matcher(texts()).results().map(found -> found.group(1)).collect(Collectors.toSet());
    }

    /** What is in the files of the export. */
    private String texts() {
        StringBuilder texts = new StringBuilder();
        try (Stream<Path> files = Files.walk(folder.resolve("failed-logins"))) {
            for (Path each :
                    files.filter(file -> file.toString().endsWith(".ndjson")).toList()) {
                texts.append(Files.readString(each));
            }
        } catch (IOException | UncheckedIOException e) {
            // Not yet there, or in the middle of a change.
            return "";
        }
        return texts.toString();
    }
}
