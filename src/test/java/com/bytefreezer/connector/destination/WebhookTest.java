package com.bytefreezer.connector.destination;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.delivery.Certificates;
import com.bytefreezer.connector.delivery.MutualTlsServer;
import com.bytefreezer.connector.delivery.SampleExport;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.kit.Request;
import com.bytefreezer.connector.kit.ScriptedServer;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.TestTools;
import com.bytefreezer.connector.testing.WebhookServer;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("slow")
class WebhookTest {
    @TempDir
    private Path folder;

    private final WebhookServer server = WebhookServer.start();

    @AfterEach
    void close() {
        server.close();
    }

    private SampleExport export() {
        return SampleExport.to(server.url(), folder);
    }

    // -- What is sent

    @Test
    void bothFormatsCarryTheSameBytesOfEachRecord() throws Exception {
        assertThat(export().with("destination.webhook.format", "ndjson").run().succeeded())
                .isTrue();
        assertThat(server.requests()).hasSize(SampleExport.BATCHES).allSatisfy(request -> {
            assertThat(request.header("Content-Type")).contains("application/x-ndjson");
            assertThat(request.text()).endsWith("\n");
        });
        try (var documents = WebhookServer.start()) {
            SampleExport.to(documents.url(), folder.resolve("other")).run();

            var lines = byKey(server);
            assertThat(documents.requests()).hasSize(SampleExport.BATCHES).allSatisfy(request -> {
                assertThat(request.method()).isEqualTo("POST");
                assertThat(request.header("Content-Type")).contains("application/json");
                var records = lines.get(key(request)).strip().split("\n");
                assertThat(request.text())
                        .isEqualTo(
                                "{\"records\":[%s],\"count\":%d}".formatted(String.join(",", records), records.length));
            });
            assertThat(documents.records()).containsExactlyInAnyOrderElementsOf(server.records());
        }
    }

    @Test
    void theUrlAndTheHeadersMayNameTheDataset() throws Exception {
        export().asOneBatch()
                .with("destination.webhook.url", server.url().resolve("/in") + "/{tenant}/{dataset}?of={dataset}")
                .with("destination.webhook.headers", "X-Dataset: {tenant}/{dataset}")
                .run();

        assertThat(server.requests()).singleElement().satisfies(request -> {
            assertThat(request.path()).isEqualTo("/in/acme/syslog?of=syslog");
            assertThat(request.header("X-Dataset")).contains("acme/syslog");
        });
    }

    @Test
    void methodTokenAndFurtherHeadersAreSentAndNothingElseOfOurs() throws Exception {
        export().asOneBatch()
                .with("destination.webhook.method", "PUT")
                .with("destination.webhook.headers", "X-Tenant: acme\n content-type : application/vnd.siem+json")
                .run();

        assertThat(server.requests()).singleElement().satisfies(request -> {
            assertThat(request.method()).isEqualTo("PUT");
            assertThat(request.path()).startsWith("/hook?key=");
            assertThat(request.header("Authorization")).contains("Bearer " + SampleExport.TOKEN);
            assertThat(request.header("X-Tenant")).contains("acme");
            assertThat(request.headers().get("Content-Type")).containsExactly("application/vnd.siem+json");
            assertThat(request.headers().keySet())
                    .isSubsetOf(
                            "Accept-encoding",
                            "Authorization",
                            "Connection",
                            "Content-length",
                            "Content-type",
                            "Host",
                            "Idempotency-key",
                            "Transfer-encoding",
                            "User-agent",
                            "X-tenant");
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"ends-in\\", "ends-in\\d", "\\\\", "${body}", "#a?b&c=%41 RAW(x)"})
    void aSecretMayHaveAnyCharacters(String token) throws Exception {
        export().asOneBatch().with("destination.webhook.token", token).run();

        assertThat(server.requests()).singleElement().satisfies(request -> assertThat(request.header("Authorization"))
                .contains("Bearer " + token));
    }

    @Test
    void userNameAndPasswordAreSentAsBasicAuthentication() throws Exception {
        export().asOneBatch()
                .with("destination.webhook.token", "")
                .with("destination.webhook.username", "björn")
                .with("destination.webhook.password", SampleExport.PASSWORD)
                .run();

        var pair = ("björn:" + SampleExport.PASSWORD).getBytes(StandardCharsets.UTF_8);
        assertThat(server.requests()).singleElement().satisfies(request -> assertThat(request.header("Authorization"))
                .contains("Basic " + Base64.getEncoder().encodeToString(pair)));
    }

    @Test
    void batchesAreNoLargerThanTold() throws Exception {
        var ndjson = export().with("destination.webhook.format", "ndjson");

        ndjson.with("schedule.batch-size", 7).run();
        assertThat(server.requests()).allMatch(request -> request.text().lines().count() <= 7);
        var before = server.requests().size();
        ndjson.in(folder.resolve("other"))
                .with("delivery.max-batch-bytes", 2000)
                .run();

        var later = server.requests().subList(before, server.requests().size());
        assertThat(later).hasSizeGreaterThan(SampleExport.BATCHES).allMatch(request -> request.body().length <= 2000);
        assertThat(server.records()).hasSize(2 * SampleExport.RECORDS);
    }

    @Test
    void noMoreBatchesAreInFlightThanTold() throws Exception {
        var delay = Duration.ofMillis(60);
        Queue<Long> arrivals = new ConcurrentLinkedQueue<>();
        server.replyWhen(
                request -> arrivals.add(System.nanoTime()), Reply.of(200).after(delay));

        export().with("schedule.batch-size", 10)
                .with("delivery.max-in-flight", 3)
                .run();

        var times = arrivals.stream().sorted().toList();
        assertThat(times).hasSizeGreaterThan(40);
        // Each is under way for the delay, so the fourth after one can only come later.
        for (var i = 3; i < times.size(); i++) {
            assertThat(Duration.ofNanos(times.get(i) - times.get(i - 3))).isGreaterThanOrEqualTo(delay.minusMillis(2));
        }
        assertThat(IntStream.range(1, times.size()).mapToObj(i -> Duration.ofNanos(times.get(i) - times.get(i - 1))))
                .as("some are under way together")
                .anyMatch(pause -> pause.compareTo(delay) < 0);
    }

    // -- Repeats

    @Test
    void aBatchKeepsItsOwnKeyOnEveryTryAndRun() throws Exception {
        var export = export().with("schedule.batch-size", 10);
        server.replyNext(9, Reply.of(503));
        server.replyWhen(request -> server.acceptedRecords() > 100, Reply.of(503));
        assertThat(export.run().succeeded()).isFalse();
        server.replyWhen(request -> true, Reply.of(200));
        assertThat(export.run().succeeded()).isTrue();

        var keys = server.requests().stream().collect(groupingBy(Request::text, mapping(WebhookTest::key, toSet())));
        assertThat(keys.values()).allMatch(ofOneBatch -> ofOneBatch.size() == 1);
        assertThat(keys.values().stream().flatMap(Set::stream).distinct()).hasSameSizeAs(keys.keySet());
        assertThat(server.requests()).hasSizeGreaterThan(keys.size());
        // A batch that was accepted while an earlier one failed comes again, and its key tells.
        assertThat(server.records().stream().distinct()).hasSize(SampleExport.RECORDS);
    }

    @Test
    void aWaitThatTheServerAsksForIsKept() throws Exception {
        assertThat(pauseAfter(Reply.of(429).header("retry-after", "1"), export()))
                .isGreaterThan(Duration.ofMillis(990));
        // Long enough for the start of the run, on a busy machine.
        var inTenSeconds = ZonedDateTime.now(ZoneOffset.UTC).plusSeconds(10);
        assertThat(pauseAfter(
                        Reply.of(429).header("Retry-After", DateTimeFormatter.RFC_1123_DATE_TIME.format(inTenSeconds)),
                        export()))
                .isGreaterThan(Duration.ofMillis(500));
        assertThat(pauseAfter(Reply.of(503).header("Retry-After", "1"), export()))
                .isGreaterThan(Duration.ofMillis(990));
        assertThat(pauseAfter(
                        Reply.of(429).header("Retry-After", "3600"), export().with("delivery.max-retry-delay-ms", 200)))
                .isBetween(Duration.ofMillis(190), Duration.ofMinutes(5));
    }

    private Duration pauseAfter(Reply refusal, SampleExport export) throws Exception {
        Queue<Long> arrivals = new ConcurrentLinkedQueue<>();
        try (var busy = WebhookServer.start()) {
            busy.replyWhen(request -> arrivals.add(System.nanoTime()) && arrivals.size() == 1, refusal);
            var run = export.in(Files.createTempDirectory(folder, "busy"))
                    .with("destination.webhook.url", busy.url())
                    .asOneBatch()
                    .run();
            assertThat(run.succeeded()).isTrue();
            assertThat(run.log("WARN")).singleElement().asString().contains("webhook", "" + refusal.status());
        }
        assertThat(arrivals).hasSize(2);
        var first = arrivals.remove();
        return Duration.ofNanos(arrivals.remove() - first);
    }

    @Test
    void aDownDestinationFailsTheRunAndTheNextDeliversTheRest() throws Exception {
        server.replyWhen(request -> server.acceptedRecords() > 200, Reply.of(503, "{\"error\":\"busy\"}"));

        var run = export().run();

        assertThat(run.succeeded()).isFalse();
        assertThat(run.log("ERROR"))
                .singleElement()
                .asString()
                .contains("webhook", "503", server.url().toString(), "busy", "undelivered");
        var delivered = server.acceptedRecords();
        assertThat(delivered).isBetween(200L, (long) SampleExport.RECORDS);
        server.replyWhen(request -> true, Reply.of(200));

        assertThat(export().run().succeeded()).isTrue();
        assertThat(server.records()).hasSize(SampleExport.RECORDS).doesNotHaveDuplicates();
    }

    @Test
    void triesEndAfterTheirNumber() throws Exception {
        server.reply(500);

        var run = export().asOneBatch().with("delivery.max-retries", 2).run();

        assertThat(server.requests()).hasSize(3);
        assertThat(run.log("DEBUG"))
                .hasSize(2)
                .satisfiesExactly(line -> assertThat(line).contains("500", "1 of 2"), line -> assertThat(line)
                        .contains("500", "2 of 2"));
        assertThat(run.log("ERROR")).hasSize(1);
    }

    @Test
    void retriesCanBeSwitchedOff() throws Exception {
        server.reply(500);

        var run = export().asOneBatch().with("delivery.max-retries", 0).run();

        assertThat(server.requests()).hasSize(1);
        assertThat(run.log("WARN")).isEmpty();
        assertThat(run.log("ERROR")).hasSize(1);
    }

    @Test
    void anAnswerThatBreaksOffIsTriedAgain() throws Exception {
        server.replyNext(1, Reply.of(200, "ok").resetConnection());

        var run = export().asOneBatch().run();

        assertThat(run.succeeded()).isTrue();
        assertThat(run.log("DEBUG")).singleElement().asString().contains("1 of 3");
        assertThat(server.requests())
                .hasSize(2)
                .extracting(WebhookTest::key)
                .containsOnly(key(server.requests().get(0)));
    }

    @Test
    void anAnswerThatDoesNotComeIsTriedAgain() throws Exception {
        server.replyNext(1, Reply.of(200).after(Duration.ofMinutes(1)));

        var run = export().asOneBatch()
                .with("destination.webhook.timeout-ms", 2000)
                .run();

        assertThat(run.succeeded()).isTrue();
        assertThat(run.log("WARN")).singleElement().asString().contains("no answer in time");
    }

    @Test
    void aServerThatIsNotThereIsTriedAgain() throws Exception {
        var run = SampleExport.to(URI.create("http://127.0.0.1:" + TestTools.freePort()), folder)
                .asOneBatch()
                .run();

        assertThat(run.succeeded()).isFalse();
        assertThat(run.log("DEBUG")).hasSize(3).allMatch(line -> line.contains("Connection refused"));
        assertThat(run.log("ERROR")).singleElement().asString().contains("webhook", "Connection refused");
    }

    // -- Refusals

    @ParameterizedTest
    @ValueSource(ints = {302, 307, 401, 403, 404, 405, 410})
    void anAnswerThatWillNotChangeFailsAtOnce(int status) throws Exception {
        server.reply(Reply.of(status, "no\nno").header("Location", server.url() + "/elsewhere"));

        var run = export().asOneBatch().run();

        assertThat(run.succeeded()).isFalse();
        assertThat(server.requests()).hasSize(1);
        assertThat(run.log("WARN")).isEmpty();
        assertThat(run.log("ERROR"))
                .singleElement()
                .asString()
                .contains("webhook", status + " from " + server.url() + " — no no");
    }

    @Test
    void aRefusedRecordIsKeptAsideAndAllOthersAreAcceptedOnce() throws Exception {
        var batch = batchesOfARun().stream()
                .filter(records -> records.size() > 20)
                .findFirst()
                .orElseThrow();
        var bad = batch.get(11);
        var worse = batch.get(14);
        server.replyWhen(
                request -> request.text().contains(bad) || request.text().contains(worse),
                Reply.of(400, "field \"message\":\nnot wanted"));

        var run = export().run();

        assertThat(run.succeeded()).isTrue();
        assertThat(server.records())
                .hasSize(SampleExport.RECORDS - 2)
                .doesNotHaveDuplicates()
                .doesNotContain(bad, worse);
        assertThat(run.log("INFO"))
                .anyMatch(line ->
                        line.contains("400 records selected, 398 accepted by webhook, 0 duplicates, 2 dead-lettered"));
        assertThat(run.log("WARN"))
                .singleElement()
                .asString()
                .contains("webhook", "2 of " + batch.size(), "cursor advances", "not wanted");
        var lines = deadLetters();
        assertThat(lines).hasSize(2);
        assertThat(lines.get(0)).endsWith(",\"record\":" + bad + "}");
        assertThat(fields(lines.get(0)))
                .containsExactly(
                        "time",
                        "export",
                        "tenant",
                        "dataset",
                        "object",
                        "record_number",
                        "batch_id",
                        "destination",
                        "record_id",
                        "reason",
                        "record");
        var letter = JSON.readTree(lines.get(0));
        assertThat(letter.path("record_number").asInt()).isEqualTo(11);
        assertThat(letter.path("reason").asText())
                .isEqualTo("400 from " + server.url() + " — field \"message\": not wanted");
        assertThat(server.requests())
                .extracting(WebhookTest::key)
                .contains(letter.path("batch_id").asText());

        var requests = server.requests().size();
        assertThat(export().run().succeeded()).isTrue();
        assertThat(server.requests()).hasSize(requests);
    }

    @Test
    void aBatchThatIsTooLargeIsHalvedUntilItIsAccepted() throws Exception {
        server.replyWhen(request -> request.body().length > 3000, Reply.of(413));

        var run = export().run();

        assertThat(run.succeeded()).isTrue();
        assertThat(run.log("WARN")).isEmpty();
        assertThat(server.records()).hasSize(SampleExport.RECORDS).doesNotHaveDuplicates();
        assertThat(deadLetters()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aServerThatHangsUpOnWhatIsTooLargeIsUnderstood(boolean secure) throws Exception {
        var certificates = new Certificates(folder);
        certificates.sign("here", "ip:127.0.0.1");
        var lake = ParquetLake.in(folder.resolve("lake"));
        lake.object(
                "year=2026/month=11/day=20/hour=01/a.parquet",
                "SELECT n, repeat('x', CASE n WHEN 700 THEN 12000000 ELSE 5000 END) AS text FROM range(4000) t(n)");
        try (var strict = secure ? WebhookServer.start(certificates.server("here")) : WebhookServer.start()) {
            strict.answerUnread(3_000_000, 413);
            var export = SampleExport.to(strict.url(), folder)
                    .from(lake, "SELECT n, text FROM events")
                    .with("destination.webhook.ca-file", certificates.certificate("ca"))
                    .with("schedule.batch-size", 4000)
                    .with("delivery.max-batch-bytes", 50_000_000);

            var run = export.run();

            assertThat(run.succeeded()).as(run.log().toString()).isTrue();
            // Now and then the reset of the connection overtakes the answer; the next try gets it.
            assertThat(run.log("WARN"))
                    .filteredOn(line -> line.contains("The connector retries"))
                    .hasSizeLessThan(2);
            assertThat(strict.records()).hasSize(3999);
            assertThat(deadLetters()).singleElement().asString().contains("413 from", "{\"n\":700,");
        }
    }

    @Test
    void anAnswerToWhatWasNotReadIsNoAcceptance() throws Exception {
        var lake = ParquetLake.in(folder.resolve("lake"));
        lake.object(
                "year=2026/month=11/day=20/hour=01/a.parquet",
                "SELECT n, repeat('x', 5000) AS text FROM range(4000) t(n)");
        server.answerUnread(3_000_000, 200);

        var run = export().from(lake, "SELECT n, text FROM events")
                .with("schedule.batch-size", 4000)
                .with("delivery.max-batch-bytes", 50_000_000)
                .with("delivery.max-retries", 1)
                .run();

        assertThat(run.succeeded()).isFalse();
        assertThat(run.log("ERROR")).singleElement().asString().containsAnyOf("Broken pipe", "Connection reset");
    }

    @Test
    void everyRecordCanBeRefused() throws Exception {
        server.reply(422);

        var run = export().with("schedule.batch-size", 20).run();

        assertThat(run.succeeded()).isTrue();
        assertThat(deadLetters()).hasSize(SampleExport.RECORDS).doesNotHaveDuplicates();
        assertThat(run.log("INFO")).anyMatch(line -> line.contains("0 accepted") && line.contains("400 dead-lettered"));
    }

    @Test
    void aRefusalCanHoldTheCursorUntilItIsMended() throws Exception {
        var bad = batchesOfARun().get(5).get(10);
        server.replyWhen(request -> request.text().contains(bad), Reply.of(400));
        var export = export().with("delivery.on-rejected", "stop");

        for (var i = 0; i < 2; i++) {
            var run = export.run();
            assertThat(run.succeeded()).isFalse();
            assertThat(run.log("ERROR")).singleElement().asString().contains("1 of ", "delivery.on-rejected");
        }
        assertThat(deadLetters()).isEmpty();
        server.replyWhen(request -> true, Reply.of(200));

        assertThat(export.run().succeeded()).isTrue();
        assertThat(Set.copyOf(server.records())).hasSize(SampleExport.RECORDS).contains(bad);
    }

    @Test
    void aRefusedHalfIsTriedAgainWhenTheServerIsBusyBetween() throws Exception {
        var bad = batchesOfARun().get(5).get(10);
        server.replyWhen(request -> request.text().contains(bad), Reply.of(400));
        Queue<String> seen = new ConcurrentLinkedQueue<>();
        // Every request is told to come again once.
        server.replyWhen(request -> !seen.contains(key(request)) && seen.add(key(request)), Reply.of(503));

        var run = export().run();

        assertThat(run.succeeded()).isTrue();
        assertThat(server.records()).hasSize(SampleExport.RECORDS - 1).doesNotHaveDuplicates();
        assertThat(deadLetters()).hasSize(1);
    }

    // -- TLS and proxy

    @Test
    void ownAuthoritiesAreTrustedAndHostNamesChecked() throws Exception {
        var certificates = new Certificates(folder);
        certificates.sign("here", "ip:127.0.0.1");
        certificates.sign("elsewhere", "dns:siem.example");
        try (var secure = WebhookServer.start(certificates.server("here"));
                var other = WebhookServer.start(certificates.server("elsewhere"))) {
            var unknown = SampleExport.to(secure.url(), folder).asOneBatch().run();
            assertThat(unknown.succeeded()).isFalse();
            assertThat(unknown.log("ERROR")).singleElement().asString().contains("webhook", "certif");

            var trusting = SampleExport.to(secure.url(), folder)
                    .asOneBatch()
                    .with("destination.webhook.ca-file", certificates.certificate("ca"));
            assertThat(trusting.run().succeeded()).isTrue();
            assertThat(secure.records()).hasSize(SampleExport.RECORDS);

            var mismatch = trusting.with("destination.webhook.url", other.url()).run();
            assertThat(mismatch.succeeded()).isFalse();
            assertThat(mismatch.log("ERROR")).singleElement().asString().contains("webhook", "127.0.0.1");
            assertThat(other.requests()).isEmpty();
        }
    }

    @Test
    void theClientCertificateIsShownToAServerThatAsksForIt() throws Exception {
        var certificates = new Certificates(folder);
        certificates.sign("here", "ip:127.0.0.1");
        certificates.sign("client", "dns:client.example");
        Queue<String> clients = new ConcurrentLinkedQueue<>();
        try (var strict = MutualTlsServer.start(certificates.server("here"), clients)) {
            var anonymous = SampleExport.to(strict.url(), folder)
                    .asOneBatch()
                    .with("destination.webhook.ca-file", certificates.certificate("ca"));
            assertThat(anonymous.run().succeeded()).isFalse();
            assertThat(clients).isEmpty();

            var run = anonymous
                    .with("destination.webhook.certificate-file", certificates.certificate("client"))
                    .with("destination.webhook.key-file", certificates.key("client"))
                    .run();
            assertThat(run.succeeded()).isTrue();
            assertThat(clients).containsExactly("CN=client");
        }
    }

    @Test
    void requestsGoThroughTheProxy() throws Exception {
        try (var proxy = ScriptedServer.start()) {
            var run = SampleExport.to(URI.create("http://siem.example"), folder)
                    .asOneBatch()
                    .with("destination.webhook.proxy-host", "127.0.0.1")
                    .with("destination.webhook.proxy-port", proxy.port())
                    .run();

            assertThat(run.succeeded()).isTrue();
            assertThat(proxy.requests()).singleElement().satisfies(request -> {
                assertThat(request.path()).startsWith("http://siem.example/hook?key=");
                assertThat(request.header("Host")).contains("siem.example");
            });
        }
    }

    // -- Helpers

    private static final ObjectMapper JSON = new ObjectMapper();

    /** The records of each batch, in their order, of a run that goes elsewhere. */
    private List<List<String>> batchesOfARun() throws Exception {
        try (var elsewhere = WebhookServer.start()) {
            SampleExport.to(elsewhere.url(), folder.resolve("elsewhere"))
                    .with("destination.webhook.format", "ndjson")
                    .run();
            return elsewhere.requests().stream()
                    .map(request -> request.text().lines().toList())
                    .toList();
        }
    }

    private static Map<String, String> byKey(ScriptedServer server) {
        return server.requests().stream().collect(java.util.stream.Collectors.toMap(WebhookTest::key, Request::text));
    }

    private static String key(Request request) {
        return request.header("Idempotency-Key").orElseThrow();
    }

    private List<String> deadLetters() throws IOException {
        return SampleExport.deadLettersIn(folder);
    }

    private static List<String> fields(String json) throws IOException {
        var names = new java.util.ArrayList<String>();
        JSON.readTree(json).fieldNames().forEachRemaining(names::add);
        return names;
    }
}
