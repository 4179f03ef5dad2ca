package com.bytefreezer.connector.destination.splunk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.delivery.Certificates;
import com.bytefreezer.connector.delivery.MutualTlsServer;
import com.bytefreezer.connector.delivery.Routes;
import com.bytefreezer.connector.delivery.SilentRun;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.kit.Request;
import com.bytefreezer.connector.kit.ScriptedServer;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.HecServer;
import com.bytefreezer.connector.testing.ParquetLake;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Delivery to the OpenTelemetry Collector's HEC receiver; what it cannot do is played by a scripted server. */
@Tag("slow")
class SplunkTest {
    private static final Reply SUCCESS = Reply.of(200, "{\"text\":\"Success\",\"code\":0}");
    private static final String CHANNEL = "0f2c1b5e-5a0b-4d0a-9a5e-0123456789ab";

    private static final String QUERY = "SELECT * EXCLUDE (year, month, day, hour) FROM events";

    private static HecServer hec;

    @TempDir
    private Path folder;

    private ParquetLake lake;
    /** How many events of earlier tests the receiver has. */
    private int before;

    @BeforeAll
    static void start() {
        hec = HecServer.start();
    }

    @AfterAll
    static void close() {
        if (hec != null) {
            hec.close();
        }
    }

    @BeforeEach
    void writeLake() {
        before = hec.events().size();
        lake = ParquetLake.in(folder.resolve("lake"));
    }

    // -- What is sent

    @Test
    void everyFieldOfTheEnvelopeArrivesAndTheEventIsTheRecord() throws Exception {
        object("""
                SELECT 7 AS n, TIMESTAMP '2026-11-20 10:11:12.500999' AS at, 'web-"1"' AS hostname, 'größer' AS city,
                [1, 2] AS ports, {'os': 'linux'} AS agent, NULL AS nothing""");

        var run = run(Map.of(
                "index", "main",
                "source", "lake",
                "sourcetype", "acme:web",
                "host", "fallback",
                "host-column", "hostname",
                "time-column", "at",
                "fields", "city, n,ports , nothing, absent"));

        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
        assertThat(received()).singleElement().satisfies(event -> {
            assertThat(event.path("timeMs").asLong()).isEqualTo(1795169472500L);
            assertThat(event.path("host").asText()).isEqualTo("web-\"1\"");
            assertThat(event.path("source").asText()).isEqualTo("lake");
            assertThat(event.path("sourcetype").asText()).isEqualTo("acme:web");
            assertThat(event.path("index").asText()).isEqualTo("main");
            assertThat(event.path("fields")).hasToString("{\"city\":\"größer\",\"n\":7,\"ports\":[1,2]}");
            assertThat(JSON.readTree("""
                    {"n":7,"at":"2026-11-20T10:11:12.500999Z","hostname":"web-\\"1\\"","city":"größer","ports":[1,2],
                    "agent":{"os":"linux"},"nothing":null}""")).isEqualTo(event.path("event"));
        });
    }

    @Test
    void theMetadataMayNameTheDataset() throws Exception {
        object("SELECT 7 AS n");

        run(Map.of(
                "index", "x_{dataset}", "source", "{tenant}/{dataset}", "sourcetype", "{dataset}", "host", "{tenant}"));

        assertThat(received()).singleElement().satisfies(event -> {
            assertThat(event.path("index").asText()).isEqualTo("x_events");
            assertThat(event.path("source").asText()).isEqualTo("acme/events");
            assertThat(event.path("sourcetype").asText()).isEqualTo("events");
            assertThat(event.path("host").asText()).isEqualTo("acme");
        });
    }

    @Test
    void whatIsNotSetIsNotSent() throws Exception {
        object("SELECT 7 AS n, 'soon' AS at");

        run(Map.of());
        run(Map.of("time-column", "at", "host-column", "absent", "fields", "absent"), "other");

        assertThat(received()).hasSize(2).allSatisfy(event -> assertThat(event)
                .hasToString("{\"event\":{\"at\":\"soon\",\"n\":7}}"));
    }

    @Test
    void theEventIsByteForByteTheRecord() throws Exception {
        object("SELECT 12345678901234567890::UBIGINT AS n, 'a/<b>\"' AS text, 1e21 AS big");

        try (var fake = hecThatSays(SUCCESS)) {
            run(Map.of("url", fake.url() + "/", "host", "a\"b"));

            assertThat(fake.requests()).singleElement().satisfies(request -> {
                assertThat(request.path()).isEqualTo("/services/collector/event");
                assertThat(request.header("Authorization")).contains("Splunk " + HecServer.TOKEN);
                assertThat(request.header("Content-Encoding")).isEmpty();
                assertThat(request.header("X-Splunk-Request-Channel")).isEmpty();
                assertThat(request.text()).isEqualTo("""
                        {"host":"a\\"b","event":{"n":12345678901234567890,"text":"a/<b>\\"","big":1e21}}
                        """);
            });
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/,                                    /services/collector/event,           /services/collector/ack",
        "/services/collector,                  /services/collector,                 /services/collector/ack",
        "/services/collector/event/1.0,        /services/collector/event/1.0,       /services/collector/ack",
        "/tenant/services/collector/event,     /tenant/services/collector/event,    /tenant/services/collector/ack"
    })
    void aPathOfTheUrlIsKept(String path, String events, String acknowledgements) throws Exception {
        object("SELECT 1 AS n");
        try (var fake =
                hecThatSays(Reply.of(200, "{\"text\":\"Success\",\"code\":0,\"ackId\":0,\"acks\":{\"0\":true}}"))) {
            run(Map.of("url", fake.url() + path, "acknowledgement", "true"));
            assertThat(fake.requests()).extracting(Request::path).containsExactly(events, acknowledgements);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "1795169472::BIGINT                       | 1795169472.000",
                "1795169472345::BIGINT                    | 1795169472.345",
                "1795169472345678::BIGINT                 | 1795169472.345",
                "1795169472345678901::BIGINT              | 1795169472.345",
                "1795169472.5::DOUBLE                     | 1795169472.500",
                "1.795169472345e12::DOUBLE                | 1795169472.345",
                "-5::INTEGER                              | -5.000",
                "DATE '2026-11-20'                        | 1795132800.000",
                "TIMESTAMP '2026-11-20 10:11:12'          | 1795169472.000",
                "'2026-11-20T11:11:12+01:00'              | 1795169472.000",
                "'2026-11-20 10:11:12'                    | 1795169472.000",
                "'today'                                  | ",
                "''                                       | ",
                "true                                     | ",
                "[1795169472]                             | ",
                "NULL                                     | ",
            })
    void theTimeIsInSecondsWithMilliseconds(String column, @Nullable String time) throws Exception {
        object("SELECT {'at': 1} AS nested, %s AS at, 2 AS n".formatted(column));
        try (var fake = hecThatSays(SUCCESS)) {
            run(Map.of("url", fake.url(), "time-column", "at"));
            assertThat(fake.requests()).singleElement().satisfies(request -> assertThat(request.text())
                    .startsWith(time == null ? "{\"event\":" : "{\"time\":%s,\"event\":".formatted(time)));
        }
    }

    @Test
    void compressedRequestsArriveAsWell() throws Exception {
        lake.numbers("year=2026/month=11/day=20/hour=01/a.parquet", 0, 2500);
        try (var fake = hecThatSays(SUCCESS)) {
            run(Map.of("gzip", "true", "url", fake.url()), "fake");
            assertThat(fake.requests()).hasSize(3).allSatisfy(request -> {
                assertThat(request.header("Content-Encoding")).contains("gzip");
                var plain = new GZIPInputStream(new ByteArrayInputStream(request.body())).readAllBytes();
                assertThat(plain.length).isGreaterThan(3 * request.body().length);
            });
        }

        assertThat(run(Map.of("gzip", "true")).succeeded()).isTrue();

        assertThat(numbers()).hasSize(2500).doesNotHaveDuplicates();
    }

    // -- Answers of the receiver

    @Test
    void aWrongTokenFailsTheRunAndTheNextRunDeliversAll() throws Exception {
        lake.numbers("year=2026/month=11/day=20/hour=01/a.parquet", 0, 10);

        var run = run(Map.of("token", "another-secret"));

        assertThat(run.succeeded()).isFalse();
        assertThat(run.log("WARN")).isEmpty();
        assertThat(run.log("ERROR"))
                .singleElement()
                .asString()
                .contains("splunk", "403 from " + hec.url(), "Invalid token", "undelivered")
                .doesNotContain("another-secret");
        assertThat(run(Map.of()).succeeded()).isTrue();
        assertThat(numbers()).hasSize(10);
    }

    @ParameterizedTest
    @CsvSource({"503", "429", "500"})
    void aBusyServerIsTriedAgain(int status) throws Exception {
        lake.numbers("year=2026/month=11/day=20/hour=01/a.parquet", 0, 10);
        hec.beBusy(2, status);

        var run = run(Map.of());

        assertThat(run.succeeded()).isTrue();
        assertThat(run.log("DEBUG")).hasSize(2).allMatch(line -> line.contains(status + " from " + hec.url()));
        assertThat(numbers()).hasSize(10).doesNotHaveDuplicates();
    }

    @Test
    void aServerThatDiesAndComesBackHasEveryRecord() throws Exception {
        lake.numbers("year=2026/month=11/day=20/hour=01/a.parquet", 0, 60_000);

        var run = CompletableFuture.supplyAsync(() -> uncheckedRun(
                Map.of("acknowledgement", "true", "ack-timeout-ms", "3000"),
                Map.of("delivery.max-retries", "-1", "schedule.batch-size", "500")));
        for (var kill = 1; kill <= 3; kill++) {
            var some = before + kill * 5000;
            Await.until("some events", () -> hec.eventCount() >= some);
            hec.kill();
            hec.restart();
        }

        assertThat(run.get().succeeded()).as(run.get().log().toString()).isTrue();
        assertThat(run.get().log("WARN")).isNotEmpty();
        assertThat(numbers().stream().distinct()).hasSize(60_000);
        // Each kill may catch the batches in flight after they were taken.
        assertThat(numbers()).hasSizeBetween(60_000, 60_000 + 3 * 4 * 500);
    }

    @Test
    void aRefusedIndexedFieldIsADeadLetterAllOtherEventsArrive() throws Exception {
        object(
                "SELECT n, CASE WHEN n IN (3, 70, 99) THEN '{\"a\": 1}' ELSE '\"flat\"' END::JSON AS extra FROM range(100) t(n)");

        var run = run(Map.of("fields", "extra"));

        assertThat(run.succeeded()).isTrue();
        assertThat(numbers()).hasSize(97).doesNotHaveDuplicates().doesNotContain(3, 70, 99);
        assertThat(run.log("WARN")).singleElement().asString().contains("3 of 100 records rejected");
        assertThat(deadLetters()).hasSize(3).allSatisfy(letter -> assertThat(
                        letter.path("reason").asText())
                .isEqualTo("Error in handling indexed fields (code 15)"));
        assertThat(deadLetters())
                .extracting(letter -> letter.path("record").path("n").asInt())
                .containsExactly(3, 70, 99);
    }

    @Test
    void acknowledgedBatchesAreDelivered() throws Exception {
        lake.numbers("year=2026/month=11/day=20/hour=01/a.parquet", 0, 2500);

        var run = run(Map.of("acknowledgement", "true", "channel", CHANNEL));

        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
        assertThat(run.log("WARN")).isEmpty();
        assertThat(numbers()).hasSize(2500).doesNotHaveDuplicates();
    }

    @Test
    void aChannelThatIsNoneIsAMatterForAPerson() throws Exception {
        object("SELECT 1 AS n");

        var run = run(Map.of("acknowledgement", "true", "channel", "mine"));

        assertThat(run.log("WARN")).isEmpty();
        assertThat(run.log("ERROR")).singleElement().asString().contains("Invalid data channel", "channel (a UUID)");
        assertThat(deadLetters()).isEmpty();
    }

    // -- Answers that the receiver does not give

    @Test
    void aBatchNotAcknowledgedInTimeIsResentOnTheSameChannel() throws Exception {
        object("SELECT 1 AS n");
        Queue<String> posts = new ConcurrentLinkedQueue<>();
        try (var fake = hecThatSays(Reply.of(200, "{\"text\":\"Success\",\"code\":0,\"ackId\":5}"))) {
            fake.replyWhen(request -> request.path().endsWith("/ack"), Reply.of(200, "{\"acks\":{\"5\":false}}"));
            fake.replyWhen(
                    request -> request.path().endsWith("/ack") && posts.size() == 2,
                    Reply.of(200, "{\"acks\":{\"5\":true}}"));
            fake.replyWhen(request -> request.path().endsWith("/event") && posts.add(request.text()) && false, SUCCESS);

            var run = run(Map.of("url", fake.url(), "acknowledgement", "true", "ack-timeout-ms", "200"));

            assertThat(run.succeeded()).isTrue();
            assertThat(run.log("DEBUG"))
                    .singleElement()
                    .asString()
                    .contains("not acknowledged within 200 ms", "1 of 3");
            assertThat(posts).hasSize(2).containsOnly(posts.peek());
            assertThat(fake.requests().stream()
                            .map(request -> request.header("X-Splunk-Request-Channel"))
                            .distinct())
                    .singleElement()
                    .satisfies(channel -> assertThat(channel.orElseThrow()).matches("[0-9a-f-]{36}"));
            assertThat(fake.requests())
                    .filteredOn(request -> request.path().equals("/services/collector/ack"))
                    .hasSizeGreaterThan(2)
                    .allMatch(request -> request.text().equals("{\"acks\":[5]}"));
        }
    }

    @Test
    void aQuestionForTheAcknowledgementThatFailsIsAskedAgain() throws Exception {
        object("SELECT 1 AS n");
        try (var fake = hecThatSays(Reply.of(200, "{\"text\":\"Success\",\"code\":0,\"ackId\":0}"))) {
            fake.replyWhen(request -> request.path().endsWith("/ack"), Reply.of(200, "{\"acks\":{\"0\":true}}"));
            fake.replyNext(1, Reply.of(200, "{\"text\":\"Success\",\"code\":0,\"ackId\":0}"));
            fake.replyNext(1, Reply.of(503));
            fake.replyNext(1, Reply.of(200).resetConnection());

            var run = run(Map.of("url", fake.url(), "acknowledgement", "true"));

            assertThat(run.succeeded()).isTrue();
            assertThat(run.log("WARN")).isEmpty();
            assertThat(fake.requests()).hasSize(4);
        }
    }

    @Test
    void anEventRefusedMidwayIsADeadLetterOthersAreResent() throws Exception {
        object("SELECT n FROM range(5) t(n)");
        try (var fake = hecThatSays(SUCCESS)) {
            fake.replyNext(
                    1, Reply.of(400, "{\"text\":\"Invalid data format\",\"code\":6,\"invalid-event-number\":2}"));
            fake.replyNext(1, Reply.of(503, "{\"text\":\"Server is busy\",\"code\":9}"));
            fake.replyNext(
                    1,
                    Reply.of(400, "{\"text\":\"Event field cannot be blank\",\"code\":13,\"invalid-event-number\":3}"));

            var run = run(Map.of("url", fake.url()));

            assertThat(run.succeeded()).isTrue();
            assertThat(fake.requests())
                    .extracting(SplunkTest::numbersIn)
                    .containsExactly(
                            List.of(0, 1, 2, 3, 4), List.of(0, 1, 3, 4), List.of(0, 1, 3, 4), List.of(0, 1, 3));
            assertThat(deadLetters())
                    .extracting(letter -> letter.path("record").path("n").asInt() + " "
                            + letter.path("reason").asText())
                    .containsExactlyInAnyOrder(
                            "2 Invalid data format (code 6)", "4 Event field cannot be blank (code 13)");
        }
    }

    @ParameterizedTest
    @CsvSource({"400,6", "400,12", "413,-1"})
    void aRefusalThatNamesNoEventHalvesTheBatch(int status, int code) throws Exception {
        object("SELECT n FROM range(9) t(n)");
        try (var fake = hecThatSays(SUCCESS)) {
            fake.replyWhen(
                    request -> request.text().contains("\"n\":4"),
                    Reply.of(status, "{\"text\":\"no\",\"code\":%d}".formatted(code)));

            assertThat(run(Map.of("url", fake.url())).succeeded()).isTrue();

            assertThat(deadLetters()).singleElement().satisfies(letter -> assertThat(
                            letter.path("record").path("n").asInt())
                    .isEqualTo(4));
        }
    }

    @Test
    void aCollectorThatHangsUpOnWhatIsTooLargeIsUnderstood() throws Exception {
        object("SELECT n, repeat('x', CASE n WHEN 700 THEN 12000000 ELSE 5000 END) AS text FROM range(4000) t(n)");
        try (var fake = hecThatSays(SUCCESS)) {
            fake.answerUnread(3_000_000, 413);

            var run = run(
                    Map.of("url", fake.url()),
                    Map.of("schedule.batch-size", "4000", "delivery.max-batch-bytes", "50000000"),
                    "cursor");

            assertThat(run.succeeded()).as(run.log().toString()).isTrue();
            assertThat(run.log("WARN")).noneMatch(line -> line.contains("The connector retries"));
            assertThat(deadLetters()).singleElement().satisfies(letter -> assertThat(
                            letter.at("/record/n").asInt())
                    .isEqualTo(700));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "400 | {\"text\":\"Incorrect index\",\"code\":7,\"invalid-event-number\":0} | Check the index",
                "400 | {\"text\":\"Data channel is missing\",\"code\":10} | switch acknowledgement on",
                "400 | {\"text\":\"Invalid data channel\",\"code\":11} | channel (a UUID)",
                "400 | {\"text\":\"ACK is disabled\",\"code\":14} | Switch acknowledgement off",
                "400 | <h1>Client sent an HTTP request to an HTTPS server</h1> | Check that the URL",
                "200 | <h1>Welcome</h1> | Check that the URL",
                "200 | {\"text\":\"HEC is healthy\",\"code\":17} | Check that the URL",
                "404 | {\"text\":\"The requested URL was not found on this server.\",\"code\":404} | 404 from",
                "403 | {\"text\":\"Token disabled\",\"code\":1} | 403 from",
                "302 | '' | 302 from"
            })
    void whatNeedsAPersonFailsTheRunAtOnceAndConsumesNothing(int status, String body, String advice) throws Exception {
        object("SELECT n FROM range(5) t(n)");
        try (var fake = hecThatSays(Reply.of(status, body))) {
            var run = run(Map.of("url", fake.url()));

            assertThat(run.succeeded()).isFalse();
            assertThat(fake.requests()).hasSize(1);
            assertThat(run.log("WARN")).isEmpty();
            assertThat(run.log("ERROR"))
                    .singleElement()
                    .asString()
                    .contains("splunk", status + " from " + fake.url(), advice);
            assertThat(deadLetters()).isEmpty();
        }
        assertThat(run(Map.of()).succeeded()).isTrue();
        assertThat(numbers()).hasSize(5);
    }

    @ParameterizedTest
    @CsvSource({"400,6", "400,14", "403,4", "404,404"})
    void aRefusedQuestionForAcknowledgementFailsTheRunWithoutDeadLetters(int status, int code) throws Exception {
        object("SELECT 1 AS n");
        try (var fake = hecThatSays(Reply.of(200, "{\"text\":\"Success\",\"code\":0,\"ackId\":0}"))) {
            fake.replyWhen(
                    request -> request.path().endsWith("/ack"),
                    Reply.of(status, "{\"text\":\"no\",\"code\":%d}".formatted(code)));

            var run = run(Map.of("url", fake.url(), "acknowledgement", "true"));

            assertThat(run.succeeded()).isFalse();
            assertThat(fake.requests()).hasSize(2);
            assertThat(run.log("ERROR")).singleElement().asString().contains(status + " from " + fake.url());
            assertThat(deadLetters()).isEmpty();
        }
    }

    @Test
    void aTokenWithoutAcknowledgementIsAMatterForAPerson() throws Exception {
        object("SELECT 1 AS n");
        try (var fake = hecThatSays(SUCCESS)) {
            var run = run(Map.of("url", fake.url(), "acknowledgement", "true"));
            assertThat(run.log("ERROR")).singleElement().asString().contains("no ackId", "Switch acknowledgement off");
            assertThat(fake.requests()).hasSize(1);
        }
    }

    @Test
    void anAnswerThatBreaksOffOrDoesNotComeIsTriedAgain() throws Exception {
        object("SELECT 1 AS n");
        try (var fake = hecThatSays(SUCCESS)) {
            fake.replyNext(1, SUCCESS.resetConnection());
            fake.replyNext(1, SUCCESS.after(Duration.ofMinutes(1)));

            var run = run(Map.of("url", fake.url(), "timeout-ms", "300"));

            assertThat(run.succeeded()).isTrue();
            assertThat(run.log("DEBUG")).hasSize(2);
            assertThat(fake.requests()).hasSize(3);
        }
    }

    // -- Connections

    @Test
    void ownAuthoritiesAreTrustedAndHostNamesChecked() throws Exception {
        object("SELECT 1 AS n");
        var certificates = new Certificates(folder);
        certificates.sign("here", "ip:127.0.0.1");
        certificates.sign("elsewhere", "dns:splunk.example");
        try (var secure = ScriptedServer.start(certificates.server("here"));
                var other = ScriptedServer.start(certificates.server("elsewhere"))) {
            secure.reply(SUCCESS);
            var unknown = run(Map.of("url", secure.url()));
            assertThat(unknown.log("ERROR")).singleElement().asString().contains("splunk", "certif");

            var ca = certificates.certificate("ca");
            var mismatch = run(Map.of("url", other.url(), "ca-file", ca));
            assertThat(mismatch.succeeded()).isFalse();
            assertThat(mismatch.log("ERROR")).singleElement().asString().contains("splunk", "127.0.0.1");
            assertThat(other.requests()).isEmpty();

            assertThat(run(Map.of("url", secure.url(), "ca-file", ca)).succeeded())
                    .isTrue();
            assertThat(secure.requests()).hasSize(1);
        }
    }

    @Test
    void theClientCertificateIsShownToAServerThatAsksForIt() throws Exception {
        object("SELECT 1 AS n");
        var certificates = new Certificates(folder);
        certificates.sign("here", "ip:127.0.0.1");
        certificates.sign("client", "dns:client.example");
        Queue<String> clients = new ConcurrentLinkedQueue<>();
        try (var strict = MutualTlsServer.start(certificates.server("here"), clients)) {
            run(Map.of(
                    "url", strict.url(),
                    "ca-file", certificates.certificate("ca"),
                    "certificate-file", certificates.certificate("client"),
                    "key-file", certificates.key("client")));
            assertThat(clients).containsExactly("CN=client");
        }
    }

    @Test
    void requestsGoThroughTheProxyAndPrivateDomainNamesAreTaken() throws Exception {
        object("SELECT 1 AS n");
        try (var proxy = hecThatSays(SUCCESS)) {
            var run = run(
                    Map.of("url", "http://splunk_1.corp:8088", "proxy-host", "127.0.0.1", "proxy-port", proxy.port()));
            assertThat(run.succeeded()).as(run.log().toString()).isTrue();
            assertThat(proxy.requests()).singleElement().satisfies(request -> assertThat(request.path())
                    .isEqualTo("http://splunk_1.corp:8088/services/collector/event"));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "url     | ftp://splunk.example:8088        | destination.splunk.url must be a URL",
                "url     | https://splunk.example:8088?x=1  | is not the address of a collector",
                "ca-file | /nowhere                         | the file /nowhere cannot be read"
            })
    void aWrongSettingStopsTheStart(String setting, String value, String reason) {
        assertThatThrownBy(() -> run(Map.of(setting, value)))
                .extracting(Failures::describe)
                .asString()
                .contains(reason, "Not started");
    }

    // -- Camel's own use of the component

    @Test
    void anotherRouteMaySendSingleEventsAsCamelDocumentsIt() throws Exception {
        object("SELECT 7 AS n");
        var routes = Routes.copyTo(folder.resolve("routes"));
        Files.writeString(routes.resolve("destinations/mine.camel.yaml"), """
                - beans:
                    - name: splunk-hec
                      type: com.bytefreezer.connector.destination.splunk.HecComponent
                - route:
                    id: destination-mine
                    from:
                      uri: direct:destination-mine
                      steps:
                        - removeHeaders:
                            pattern: "*"
                        - setBody:
                            simple: "record ${body}"
                        - to:
                            uri: splunk-hec:127.0.0.1:%d
                            parameters:
                              token: %s
                              https: false
                              bodyOnly: true
                              index: other
                              time: 1795169472
                """.formatted(
                        hec.url().getPort(), HecServer.TOKEN));

        var run = TestRun.batch(
                TestRun.settings(folder, routes, with(lake.settings(QUERY), Map.of("destination.type", "mine"))));

        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
        assertThat(received()).singleElement().satisfies(event -> {
            assertThat(event.path("event").asText()).isEqualTo("record {\"n\":7}\n");
            assertThat(event.path("index").asText()).isEqualTo("other");
            assertThat(event.path("sourcetype").asText()).isEqualTo("camel");
            assertThat(event.path("timeMs").asLong()).isEqualTo(1795169472000L);
        });
    }

    // -- Helpers

    private static final com.fasterxml.jackson.databind.ObjectMapper JSON =
            new com.fasterxml.jackson.databind.ObjectMapper();

    private void object(String sql) {
        lake.object("year=2026/month=11/day=20/hour=01/a.parquet", sql);
    }

    private static ScriptedServer hecThatSays(Reply reply) {
        var server = ScriptedServer.start();
        server.reply(reply);
        return server;
    }

    /** Runs with settings below {@code destination.splunk.}; to the receiver, unless they name another URL. */
    private TestRun run(Map<String, ?> settings) throws Exception {
        return run(settings, "cursor");
    }

    private TestRun run(Map<String, ?> settings, String cursor) throws Exception {
        return run(settings, Map.of(), cursor);
    }

    private TestRun uncheckedRun(Map<String, ?> settings, Map<String, String> others) {
        try {
            return run(settings, others, "cursor");
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private TestRun run(Map<String, ?> settings, Map<String, String> others, String cursor) throws Exception {
        Map<String, String> all = with(lake.settings(QUERY), others);
        all.put("destination.type", "splunk");
        all.put("destination.splunk.url", hec.url().toString());
        all.put("destination.splunk.token", HecServer.TOKEN);
        settings.forEach((name, value) -> all.put("destination.splunk." + name, value.toString()));
        return SilentRun.batch(TestRun.settings(folder.resolve(cursor), all), List.of(HecServer.TOKEN));
    }

    private static Map<String, String> with(Map<String, String> settings, Map<String, String> more) {
        var all = new TreeMap<>(settings);
        all.putAll(more);
        return all;
    }

    private List<JsonNode> received() {
        var events = hec.events();
        return events.subList(before, events.size());
    }

    private List<Integer> numbers() {
        return received().stream()
                .map(event -> event.path("event").path("n").asInt())
                .toList();
    }

    private static List<Integer> numbersIn(Request request) {
        return request.text()
                .lines()
                .map(line -> Integer.valueOf(line.replaceAll("\\D", "")))
                .toList();
    }

    private List<JsonNode> deadLetters() throws IOException {
        var letters = folder.resolve("cursor").resolve("dead-letters");
        if (!Files.exists(letters)) {
            return List.of();
        }
        var lines = new ArrayList<JsonNode>();
        try (Stream<Path> files = Files.walk(letters)) {
            for (var file : files.filter(Files::isRegularFile).toList()) {
                for (var line : Files.readAllLines(file)) {
                    lines.add(JSON.readTree(line));
                }
            }
        }
        return lines;
    }
}
