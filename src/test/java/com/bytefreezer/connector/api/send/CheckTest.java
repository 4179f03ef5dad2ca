package com.bytefreezer.connector.api.send;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.TestApi;
import com.bytefreezer.connector.TestApi.Answer;
import com.bytefreezer.connector.delivery.Certificates;
import com.bytefreezer.connector.delivery.Routes;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.kit.ScriptedServer;
import com.bytefreezer.connector.testing.HecServer;
import com.bytefreezer.connector.testing.KafkaServer;
import com.bytefreezer.connector.testing.TestTools;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The check of a connection, with a collector and a broker that are real. */
@Tag("slow")
class CheckTest {
    private static HecServer collector;
    private static KafkaServer kafka;
    private static TestApi connector;
    private static String authority;

    @TempDir
    private static Path folder;

    @BeforeAll
    static void start() throws Exception {
        collector = HecServer.start();
        Certificates certificates = new Certificates(folder);
        certificates.sign("broker", "ip:127.0.0.1");
        authority = certificates.certificate("ca").toString();
        String pem =
                Files.readString(certificates.key("broker")) + Files.readString(certificates.certificate("broker"));
        kafka = KafkaServer.start(
                "right-password", Files.writeString(folder.resolve("both.pem"), pem), certificates.certificate("ca"));
        kafka.createTopic("alerts", 3, Map.of());
        connector = TestApi.over(TestTools.projectDirectory().resolve("routes"), Map.of());
    }

    @AfterAll
    static void stop() {
        connector.close();
        kafka.close();
        collector.close();
    }

    @Test
    void aTopicIsFoundWithTheRightLoginOnly() {
        assertThat(check("alerts", "right-password").text())
                .isEqualTo("{\"status\":\"ok\",\"message\":\"The brokers answer; topic alerts has 3 partitions.\"}");
        Answer wrong = check("alerts", "wrong-password");
        assertThat(wrong.text("/status")).isEqualTo("failed");
        assertThat(wrong.text("/message"))
                .containsIgnoringCase("authentication")
                .doesNotContain("wrong-password");
        Answer missing = check("nothing", "right-password");
        assertThat(missing.text("/status")).isEqualTo("failed");
        assertThat(missing.text("/message")).contains("Check brokers, topic");
    }

    private static Answer check(String topic, String password) {
        Map<String, String> config = Map.of(
                "brokers",
                kafka.brokersWithLogin(),
                "topic",
                topic,
                "security_protocol",
                "SASL_SSL",
                "username",
                KafkaServer.USER,
                "password",
                password,
                "ca_file",
                authority);
        return connector.post("check-destination", Map.of("type", "kafka", "config", config));
    }

    @Test
    void theRightTokenIsTakenAndNothingIsWritten() {
        Answer answer = check(HecServer.TOKEN);
        assertThat(answer.text("/message")).isEqualTo("The collector is healthy and accepts the token.");
        assertThat(answer.text("/status")).isEqualTo("ok");
        assertThat(collector.events()).isEmpty();
    }

    @Test
    void theWrongTokenIsNot() {
        Answer answer = check("00000000-0000-0000-0000-000000000bad");
        assertThat(answer.text("/status")).isEqualTo("failed");
        assertThat(answer.text("/message")).contains("Check token").doesNotContain("bad");
    }

    @ParameterizedTest
    @ValueSource(strings = {"t\u20ack\u00e4n-of-splunk", "#bean:deliveries", "a+b%20c&d", "{{x}}${y}"})
    void aTokenArrivesAsItIs(String token) {
        try (ScriptedServer server = ScriptedServer.start()) {
            server.reply(Reply.of(200));
            String url = server.url().toString();
            connector.post("check-destination", Map.of("type", "splunk", "config", Map.of("url", url, "token", token)));
            connector.post(
                    "check-destination",
                    Map.of("type", "elasticsearch", "config", Map.of("url", url, "index", "i", "api_key", token)));

            assertThat(server.requests())
                    .map(request -> request.header("Authorization").orElse(""))
                    .map(header -> new String(header.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8))
                    .containsExactly("", "Splunk " + token, "ApiKey " + token);
        }
    }

    private static Answer check(String token) {
        return connector.post(
                "check-destination",
                Map.of("type", "splunk", "config", Map.of("url", collector.url().toString(), "token", token)));
    }

    @Test
    void aDestinationsOwnRouteSaysWhetherItCanBeReached() throws Exception {
        Path routes = Routes.copyTo(folder.resolve("routes"));
        Files.writeString(routes.resolve("destinations/mine.camel.yaml"), """
                # Destination "mine": posts records.
                #   destination.mine.server  required  [address] where to post
                - route:
                    id: destination-mine
                    from: {uri: "direct:destination-mine", steps: [{log: "not started"}]}
                - route:
                    id: check-mine
                    from:
                      uri: direct:check-mine
                      steps:
                        - setHeader: {name: CamelHttpUri, constant: "{{destination.mine.server}}/health"}
                        - to: http:mine
                        - setBody: {constant: The server is well.}
                """);
        try (ScriptedServer server = ScriptedServer.start();
                TestApi own = TestApi.over(routes, Map.of())) {
            Map<String, Object> mine = Map.of(
                    "type", "mine", "config", Map.of("server", server.url().toString()));
            server.reply(Reply.of(200));
            assertThat(own.post("check-destination", mine).text())
                    .isEqualTo("{\"status\":\"ok\",\"message\":\"The server is well.\"}");
            server.reply(Reply.of(503));
            Answer down = own.post("check-destination", mine);
            assertThat(down.text("/status")).isEqualTo("failed");
            assertThat(down.text("/message")).startsWith("503 from " + server.url());
            assertThat(server.requests()).hasSize(2).allMatch(request -> request.path()
                    .equals("/health"));
        }
    }
}
