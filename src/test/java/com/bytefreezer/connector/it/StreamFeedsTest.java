package com.bytefreezer.connector.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.app.Feeds;
import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.RouteFiles;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.config.SettingsException;
import com.bytefreezer.connector.delivery.Certificates;
import com.bytefreezer.connector.delivery.Routes;
import com.bytefreezer.connector.net.Tls;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.text.Json;
import com.bytefreezer.connector.text.Secrets;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.OutputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Events over TCP and UDP to the spool. */
@Tag("slow")
class StreamFeedsTest {
    @TempDir
    private Path folder;

    private Path routes;

    @BeforeEach
    void copyRoutes() throws IOException {
        routes = Routes.copyTo(folder.resolve("routes"));
    }

    private void feed(String name, String parameters) throws IOException {
        Files.writeString(
                routes.resolve("feeds/%s.camel.yaml".formatted(name)), """
                - templatedRoute:
                    routeTemplateRef: feed
                    routeId: feed-%1$s
                    parameters:
                      - {name: name, value: %1$s}
                      - {name: tenant, value: acme}
                      - {name: dataset, value: %1$s}
                %2$s
                """.formatted(name, parameters.indent(6)));
    }

    @Test
    void syslogOverTcpAndUdpIsInTheSpool() throws Exception {
        try (Feeds feeds = feeds(Map.of("feeds.syslog.enabled", "true", "feeds.syslog.port", "0"))) {
            int port = feeds.port("syslog");
            tcp(port, "<34>1 2026-01-02T03:04:05Z h su - - - lines\n<35>Jan  2 03:04:05 h su: older\n");
            tcp(port, "26 <36>1 - h su - - - counted\nüno syslog\n<37>half a lin");
            udp(port, "<38>1 - h su - - - a datagram\nof two lines", "", "9 <39>x: y z");
            Await.until("all events", () -> spooled("syslog").size() == 7);
            assertThat(spooled("syslog"))
                    .allSatisfy(
                            event -> assertThat(event.path("sender").asText()).isEqualTo("127.0.0.1"))
                    .extracting(event -> event.path("priority").asText("-") + " "
                            + event.path("message").asText())
                    .containsExactlyInAnyOrder(
                            "34 lines",
                            "35 older",
                            "36 counted",
                            "- üno syslog",
                            "37 half a lin",
                            "38 a datagram\nof two lines",
                            "39 y z");
        }
    }

    @Test
    void plainLinesAreJsonOrText() throws Exception {
        feed("lines", "- {name: input, value: tcp}\n- {name: port, value: \"0\"}");
        feed("packets", "- {name: input, value: udp}\n- {name: port, value: \"0\"}\n- {name: format, value: ndjson}");
        try (Feeds feeds = feeds(Map.of())) {
            tcp(feeds.port("lines"), "{\"a\":1}\r\n\nany text\n");
            udp(feeds.port("packets"), "{\"a\":2}\n{\"a\":3}\n", "no JSON");
            Await.until(
                    "all events",
                    () -> spooled("lines").size() == 2 && spooled("packets").size() == 2);
            assertThat(spooled("lines"))
                    .extracting(event ->
                            event.path("a").asText() + event.path("message").asText())
                    .containsExactly("1", "any text");
            Await.until("the dead letter", () -> count("packets", ".dead.ndjson") == 1);
        }
    }

    @Test
    void aFullSpoolStopsTheReadingAndAStopLosesNothing() throws Exception {
        feed("lines", "- {name: input, value: tcp}\n- {name: port, value: \"0\"}");
        String line = "x".repeat(999) + "\n";
        try (Feeds feeds = feeds(Map.of("spool.max-bytes", "3000000"));
                Socket socket = new Socket("127.0.0.1", feeds.port("lines"))) {
            AtomicInteger sent = new AtomicInteger();
            Thread sender = new Thread(() -> send(socket, line, sent));
            sender.start();
            Await.until("a full spool", () -> spooledBytes("lines") > 500_000);
            AtomicInteger before = new AtomicInteger(-1);
            Await.until("nobody reads", () -> before.getAndSet(sent.get()) == sent.get() && sent.get() > 16_000);
            assertThat(spooledBytes("lines")).isLessThan(3_000_000);
        }
        // More was read than the spool may hold, and none of it may be lost.
        assertThat(spooledBytes("lines")).isGreaterThan(3_000_000);
    }

    @Test
    void overTlsOnlySendersWithACertificateAreHeard() throws Exception {
        Certificates certificates = new Certificates(folder);
        certificates.sign("feed", "ip:127.0.0.1");
        certificates.sign("sender", "dns:sender");
        feed("secure", "- {name: input, value: syslog}\n- {name: port, value: \"0\"}\n- {name: tls, value: \"true\"}");
        Map<String, String> tls = Map.of(
                "feeds.certificate-file", certificates.certificate("feed").toString(),
                "feeds.key-file", certificates.key("feed").toString(),
                "feeds.ca-file", certificates.certificate("ca").toString(),
                "feeds.default.enabled", "true",
                "feeds.http-port", "0");
        try (Feeds feeds = feeds(tls)) {
            SSLContext sender = certificates.server("sender");
            tcp(feeds.port("secure"), "<34>without TLS\n");
            assertThatThrownBy(() -> post(feeds, trusting(certificates.certificate("ca"))))
                    .isInstanceOf(IOException.class);
            try (Socket socket = sender.getSocketFactory().createSocket("127.0.0.1", feeds.port("secure"))) {
                socket.getOutputStream().write("<34>with TLS\n".getBytes(UTF_8));
            }
            assertThat(post(feeds, sender)).isEqualTo(200);
            Await.until(
                    "both events",
                    () -> spooled("secure").size() == 1 && spooled("web").size() == 1);
            assertThat(spooled("secure").get(0).path("message").asText()).isEqualTo("with TLS");
        }
    }

    private static SSLContext trusting(Path authority) {
        Tls tls = new Tls();
        tls.setCaFile(authority.toString());
        return tls.createSSLContext(null);
    }

    private static int post(Feeds feeds, SSLContext tls) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("https://127.0.0.1:%d/acme/web".formatted(feeds.port())))
                .POST(HttpRequest.BodyPublishers.ofString("{\"a\":1}"))
                .build();
        return HttpClient.newBuilder()
                .sslContext(tls)
                .build()
                .send(request, HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }

    @Test
    void aFeedThatCannotBeRightStopsTheStart() throws IOException {
        feed("one", "- {name: input, value: syslog}\n- {name: token, value: token-of-many-letters}");
        feed("two", "- {name: input, value: tcp}\n- {name: port, value: \"70000\"}\n- {name: sender, value: x}");
        feed("three", "- {name: input, value: udp}\n- {name: senders, value: \"10.0.0.0/33\"}");
        feed("four", "- {name: input, value: tcp}\n- {name: tls, value: \"true\"}");
        assertThatThrownBy(() -> settings(
                        Map.of("feeds.host", "0.0.0.0", "feeds.syslog.enabled", "true", "feeds.syslog.dataset", "a,b")))
                .isInstanceOfSatisfying(SettingsException.class, wrong -> assertThat(wrong.problems())
                        .extracting(problem -> problem.line())
                        .anyMatch(line -> line.contains("send no token"))
                        .anyMatch(line -> line.contains("port must be"))
                        .anyMatch(line -> line.contains(
                                "sender is not a parameter of a feed with the input tcp. Did you mean senders?"))
                        .anyMatch(line -> line.contains("feed two: it needs senders"))
                        .anyMatch(line -> line.contains("senders must be addresses"))
                        .anyMatch(line -> line.contains("its tls needs feeds.certificate-file"))
                        .anyMatch(line -> line.contains("go into one dataset")));
    }

    private Feeds feeds(Map<String, String> options) throws Exception {
        return new Feeds(settings(options), new Secrets(), Mode.INGEST).start();
    }

    private Settings settings(Map<String, String> options) throws SettingsException {
        Map<String, String> all = new TreeMap<>(Map.of(
                "lake.root",
                "file:" + folder.resolve("lake"),
                "data.folder",
                folder.toString(),
                "pack.timeout-seconds",
                "3600"));
        all.putAll(options);
        return Settings.load(new Settings.Sources(Mode.INGEST, all, Map.of(), null, folder, RouteFiles.in(routes)));
    }

    private static void tcp(int port, String text) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.getOutputStream().write(text.getBytes(UTF_8));
        }
    }

    private static void udp(int port, String... datagrams) throws IOException {
        try (DatagramSocket socket = new DatagramSocket()) {
            for (String each : datagrams) {
                byte[] bytes = each.getBytes(UTF_8);
                socket.send(new DatagramPacket(bytes, bytes.length, InetAddress.getByName("127.0.0.1"), port));
            }
        }
    }

    private static void send(Socket socket, String line, AtomicInteger sent) {
        try {
            OutputStream out = socket.getOutputStream();
            for (; ; sent.incrementAndGet()) {
                out.write(line.getBytes(UTF_8));
            }
        } catch (IOException e) {
            // The test is over.
        }
    }

    private List<JsonNode> spooled(String dataset) {
        List<JsonNode> events = new ArrayList<>();
        for (Path file : files(dataset, ".ndjson")) {
            try {
                for (String line : Files.readAllLines(file)) {
                    events.add(Json.mapper().readTree(line));
                }
            } catch (IOException e) {
                // It is being written.
            }
        }
        return events;
    }

    private long spooledBytes(String dataset) {
        return files(dataset, ".ndjson").stream()
                .mapToLong(file -> file.toFile().length())
                .sum();
    }

    private long count(String dataset, String suffix) {
        return files(dataset, suffix).size();
    }

    private List<Path> files(String dataset, String suffix) {
        Path spool = folder.resolve("spool/acme").resolve(dataset);
        if (!Files.exists(spool)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(spool)) {
            return all.filter(file -> file.toString().endsWith(suffix))
                    .filter(file -> suffix.contains("dead") || !file.toString().contains(".dead."))
                    .toList();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
