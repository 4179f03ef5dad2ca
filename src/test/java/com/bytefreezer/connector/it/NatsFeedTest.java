package com.bytefreezer.connector.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.TestLog;
import com.bytefreezer.connector.app.Feeds;
import com.bytefreezer.connector.config.SettingsException;
import com.bytefreezer.connector.delivery.Certificates;
import com.bytefreezer.connector.kit.CertifiedInput;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.FeedBed;
import com.bytefreezer.connector.testing.NatsServer;
import io.nats.client.NKey;
import io.nats.client.api.AckPolicy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Messages of a NATS server to the spool. */
@Tag("slow")
class NatsFeedTest {
    private static final Duration SOON = Duration.ofSeconds(2);

    @TempDir
    private Path folder;

    private FeedBed bed;

    @BeforeEach
    void copyRoutes() throws Exception {
        bed = new FeedBed(folder);
    }

    private void feed(NatsServer server, Map<String, String> more) throws Exception {
        Map<String, String> parameters = new TreeMap<>(
                Map.of("input", "nats", "servers", "nats://127.0.0.1:" + server.port(), "stream", "events"));
        parameters.putAll(more);
        bed.feed("queue", parameters);
    }

    @Test
    void eachMessageIsStoredOnceAndThenAcknowledged() throws Exception {
        try (NatsServer server = NatsServer.start()) {
            feed(server, Map.of("subject", "events.>"));
            server.createStream("events");
            server.publish("events", "{\"a\":1}", "[{\"a\":2},{\"a\":3}]", "{\"a\":4}\n{\"a\":5}\n", "words", "");
            server.publish("events", new byte[] {(byte) 0xff, 0, 1});
            // More than one request may bring.
            String large = "{\"a\":6,\"b\":\"%s\"}".formatted("x".repeat(900_000));
            server.publish("events", IntStream.range(0, 12).mapToObj(i -> large).toArray(String[]::new));
            for (int i = 7; i < 1200; i++) {
                server.publish("events", "{\"a\":%d}".formatted(i));
            }
            try (Feeds feeds = bed.start(Map.of())) {
                Await.until("all is acknowledged", () -> server.unacknowledged("events", "bytefreezer") == 0);
                server.publish("events", "{\"a\":1200}");
                Await.until("the last one", () -> bed.spooled("queue").size() == 5 + 12 + 1 + 1194);
                assertThat(feeds.port()).isZero();
            }
            assertThat(CertifiedInput.shows(
                            "nats", Map.of("servers", "nats://127.0.0.1:" + server.port()), "length(padding)"))
                    .hasSize(1);
            assertThat(bed.spooled("queue"))
                    .extracting(event -> event.path("a").asInt())
                    .containsAll(IntStream.rangeClosed(1, 1200).boxed().toList());
            assertThat(bed.deadLetters("queue"))
                    .extracting(letter -> letter.path("reason").asText())
                    .containsExactly("the message has no events", "it is neither JSON nor text in UTF-8");
        }
    }

    @Test
    void aFullSpoolFetchesNoMoreAndGoesOnWithRoom() throws Exception {
        try (NatsServer server = NatsServer.start();
                TestLog log = TestLog.of(fetcher())) {
            feed(server, Map.of());
            server.createStream("events");
            server.createConsumer("events", "bytefreezer", AckPolicy.Explicit, SOON);
            try (Feeds feeds = bed.start(Map.of("spool.max-bytes", "100000"))) {
                server.publish("events", "{\"a\":1,\"b\":\"%s\"}".formatted("x".repeat(90_000)));
                Await.until("it is acknowledged", () -> server.unacknowledged("events", "bytefreezer") == 0);
                server.publish("events", "{\"a\":2,\"b\":\"%s\"}".formatted("x".repeat(20_000)));
                Await.until("it tells of it", () -> log.lines().stream()
                        .anyMatch(line -> line.contains("feed queue: the spool is full")));
                server.publish("events", "{\"a\":3}");
                assertThat(feeds.port()).isZero();
            }
            assertThat(server.unacknowledged("events", "bytefreezer")).isEqualTo(2);
            try (Feeds feeds = bed.start(Map.of())) {
                Await.until("all is acknowledged", () -> server.unacknowledged("events", "bytefreezer") == 0);
                assertThat(feeds.port()).isZero();
            }
            assertThat(bed.spooled("queue"))
                    .extracting(event -> event.path("a").asInt())
                    .containsExactlyInAnyOrder(1, 2, 3);
        }
    }

    @Test
    void aConsumerOrStreamThatIsMadeAnewIsReadAgain() throws Exception {
        try (NatsServer server = NatsServer.start()) {
            feed(server, Map.of());
            server.createStream("events");
            server.publish("events", "{\"a\":1}");
            try (Feeds feeds = bed.start(Map.of())) {
                Await.until("it reads", () -> bed.spooled("queue").size() == 1);
                server.deleteConsumer("events", "bytefreezer");
                server.publish("events", "{\"a\":2}");
                Await.until(
                        "it reads with another consumer",
                        () -> bed.spooled("queue").size() == 2);
                server.deleteStream("events");
                server.createStream("events");
                server.publish("events", "{\"a\":3}");
                Await.until(
                        "it reads the other stream", () -> bed.spooled("queue").size() == 3);
                assertThat(feeds.port()).isZero();
            }
            assertThat(bed.spooled("queue"))
                    .extracting(event -> event.path("a").asInt())
                    .containsExactly(1, 2, 3);
        }
    }

    @Test
    void itGoesOnOnceTheServerAndTheStreamAreThere() throws Exception {
        try (NatsServer server = NatsServer.stopped();
                TestLog log = TestLog.of(fetcher())) {
            feed(server, Map.of());
            try (Feeds feeds = bed.start(Map.of())) {
                assertThat(trouble(feeds)).isPresent();
                Await.until("it tells of it", () -> !log.lines().isEmpty());
                assertThat(trouble(feeds))
                        .hasValueSatisfying(why -> assertThat(why).contains("127.0.0.1:" + server.port()));
                server.restart();
                server.createStream("events");
                // A server that is killed may have forgotten what was acknowledged.
                server.createConsumer("events", "bytefreezer", AckPolicy.Explicit, SOON);
                for (int i = 0; i < 3; i++) {
                    server.publish("events", "{\"a\":%d}".formatted(i));
                    Await.until("it is acknowledged", () -> server.unacknowledged("events", "bytefreezer") == 0);
                    Await.until("it works", () -> trouble(feeds).isEmpty());
                    server.kill();
                    server.restart();
                }
                assertThat(feeds.port()).isZero();
            }
            assertThat(bed.spooled("queue"))
                    .extracting(event -> event.path("a").asInt())
                    .containsExactly(0, 1, 2);
            assertThat(log.lines())
                    .first()
                    .asString()
                    .startsWith("WARN feed queue: ")
                    .endsWith("Messages stay where they are. It tries again every 3 seconds.");
        }
    }

    private static Optional<String> trouble(Feeds feeds) {
        return feeds.open().get("queue").trouble();
    }

    @Test
    void itLogsInOverTlsOnlyToTheServerThatItMeans() throws Exception {
        Certificates certificates = new Certificates(folder);
        certificates.sign("nats", "ip:127.0.0.1");
        try (NatsServer server =
                        NatsServer.start("""
                authorization { user: bytefreezer, password: password-of-the-feed }
                tls { cert_file: "%s", key_file: "%s" }
                """.formatted(certificates.certificate("nats"), certificates.key("nats")));
                TestLog log = TestLog.of(fetcher())) {
            Map<String, String> login = Map.of(
                    "username",
                    "bytefreezer",
                    "password",
                    "{{feeds.queue.password}}",
                    "ca-file",
                    certificates.certificate("ca").toString());
            feed(server, login);
            Map<String, String> right = Map.of("feeds.queue.password", "password-of-the-feed");
            tells(log, "Authorization Violation", Map.of("feeds.queue.password", "wrong-password"));
            // It gets as far as to ask for the stream.
            tells(log, "stream not found", right);
            Map<String, String> otherName = new TreeMap<>(login);
            otherName.put("servers", "tls://localhost:" + server.port());
            feed(server, otherName);
            tells(log, "localhost", right);
            assertThat(log.lines())
                    .noneMatch(line -> line.contains("wrong-password") || line.contains("password-of-the-feed"));
        }
    }

    @Test
    void itLogsInWithACredentialsFile() throws Exception {
        NKey operator = NKey.createOperator(null);
        NKey account = NKey.createAccount(null);
        NKey user = NKey.createUser(null);
        NKey system = NKey.createAccount(null);
        String unlimited = "\"subs\":-1,\"data\":-1,\"payload\":-1";
        String limits = "\"conn\":-1,\"leaf\":-1,\"imports\":-1,\"exports\":-1,\"wildcards\":true," + unlimited;
        String stores = ",\"mem_storage\":-1,\"disk_storage\":-1,\"streams\":-1,\"consumer\":-1";
        String configuration = """
                operator: %1$s
                resolver: MEMORY
                system_account: %2$s
                resolver_preload: { %2$s: %3$s, %4$s: %5$s }
                """.formatted(
                        jwt(operator, operator, "\"type\":\"operator\""),
                        new String(system.getPublicKey()),
                        jwt(operator, system, "\"type\":\"account\",\"limits\":{%s}".formatted(limits)),
                        new String(account.getPublicKey()),
                        jwt(operator, account, "\"type\":\"account\",\"limits\":{%s}".formatted(limits + stores)));
        Path file = folder.resolve("feed.creds");
        try (NatsServer server = NatsServer.start(configuration);
                TestLog log = TestLog.of(fetcher())) {
            feed(server, Map.of("credentials-file", file.toString()));
            String jwt = jwt(account, user, "\"type\":\"user\"," + unlimited);
            Files.writeString(file, credentials(jwt, NKey.createUser(null)));
            tells(log, "Authorization Violation", Map.of());
            Files.writeString(file, credentials(jwt, user));
            tells(log, "stream not found", Map.of());
            Files.writeString(file, "no credentials");
            tells(log, "feed.creds cannot be used (it has no user JWT with a seed).", Map.of());
            assertThat(log.lines()).noneMatch(line -> line.contains(new String(user.getSeed())));
        }
    }

    private static String credentials(String jwt, NKey key) {
        return """
                -----BEGIN NATS USER JWT-----
                %s
                ------END NATS USER JWT------

                -----BEGIN USER NKEY SEED-----
                %s
                ------END USER NKEY SEED------
                """.formatted(jwt, new String(key.getSeed()));
    }

    private static String jwt(NKey issuer, NKey subject, String claims) throws Exception {
        String content = base64("{\"typ\":\"JWT\",\"alg\":\"ed25519-nkey\"}".getBytes(UTF_8))
                + "."
                + base64(
                        "{\"jti\":\"any\",\"iat\":1700000000,\"iss\":\"%s\",\"sub\":\"%s\",\"name\":\"any\",\"nats\":{\"version\":2,%s}}"
                                .formatted(
                                        new String(issuer.getPublicKey()), new String(subject.getPublicKey()), claims)
                                .getBytes(UTF_8));
        return content + "." + base64(issuer.sign(content.getBytes(UTF_8)));
    }

    private static String base64(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private void tells(TestLog log, String what, Map<String, String> settings) throws Exception {
        try (Feeds feeds = bed.start(settings)) {
            Await.until("it tells of " + what, () -> log.lines().stream().anyMatch(line -> line.contains(what)));
            assertThat(feeds.port()).isZero();
        }
    }

    @Test
    void aConsumerThatAcknowledgesByItselfIsNotUsed() throws Exception {
        try (NatsServer server = NatsServer.start();
                TestLog log = TestLog.of(fetcher())) {
            feed(server, Map.of("consumer", "careless"));
            server.createStream("events");
            server.createConsumer("events", "careless", AckPolicy.None, SOON);
            server.publish("events", "{}");
            try (Feeds feeds = bed.start(Map.of())) {
                Await.until("it tells of it", () -> !log.lines().isEmpty());
                assertThat(feeds.port()).isZero();
            }
            assertThat(log.lines().get(0)).contains("has the ack policy none");
            assertThat(server.unacknowledged("events", "careless")).isEqualTo(1);
        }
    }

    @Test
    void aWrongFeedStopsTheStart() throws Exception {
        bed.feed(
                "queue",
                Map.of("input", "nats", "servers", "nats://user:password@host", "consumer", "a b", "subjects", "x"));
        assertThatThrownBy(() -> bed.start(Map.of()))
                .isInstanceOfSatisfying(SettingsException.class, wrong -> assertThat(wrong.problems())
                        .extracting(problem -> problem.line())
                        .anyMatch(line -> line.contains("servers must be like nats://host:4222"))
                        .anyMatch(line -> line.contains("stream must be a name"))
                        .anyMatch(line -> line.contains("consumer must be a name"))
                        .anyMatch(line -> line.contains("Did you mean subject?"))
                        .noneMatch(line -> line.contains("password@")));
    }

    private static Class<?> fetcher() throws ClassNotFoundException {
        return Class.forName("com.bytefreezer.connector.input.queue.FetchConsumer");
    }
}
