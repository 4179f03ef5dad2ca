package com.bytefreezer.connector.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.bytefreezer.connector.TestLog;
import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.delivery.Routes;
import com.bytefreezer.connector.delivery.SilentRun;
import com.bytefreezer.connector.destination.DeliveryCamel;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.kit.Request;
import com.bytefreezer.connector.lake.Credentials;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.ControlServer;
import com.bytefreezer.connector.testing.S3Server;
import com.bytefreezer.connector.testing.TestTools;
import com.bytefreezer.connector.testing.WebhookServer;
import com.bytefreezer.connector.text.Secrets;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.main.Main;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

@Tag("slow")
class CredentialsTest {
    private static final Path SYSLOG = Path.of("samples/lake/acme/syslog/data/parquet");
    private static final int RECORDS = 400;
    private static final String API_KEY = "very-secret-api-key";
    private static S3Server lake;

    @TempDir
    private Path folder;

    private final ControlServer control = ControlServer.start();
    private final WebhookServer webhook = WebhookServer.start();

    @BeforeAll
    static void fillLake() {
        lake = S3Server.s3proxy();
        lake.createBucket("lake");
        lake.uploadFolder("lake", "acme/syslog/data/parquet", SYSLOG);
        lake.createBucket("elsewhere");
        lake.uploadFolder("elsewhere", "archive/of/acme/syslog", SYSLOG);
    }

    @AfterAll
    static void closeLake() {
        lake.close();
    }

    @AfterEach
    void close() {
        control.close();
        webhook.close();
    }

    // -- Good answers

    @ParameterizedTest
    @CsvSource({"'',''", "http://,''", "http://,/", "'',/"})
    void theEndpointMayHaveASchemeAndASlash(String scheme, String slash) throws Exception {
        control.grant(
                "acme", "syslog", answer("endpoint", scheme + lake.endpoint().getAuthority() + slash));

        assertThat(run("control.url", control.url() + slash).succeeded()).isTrue();

        assertThat(webhook.records()).hasSize(RECORDS);
        assertThat(control.requests())
                .singleElement()
                .extracting(Request::path)
                .isEqualTo("/api/v1/tenants/acme/datasets/syslog/query-credentials");
        assertThat(control.authorizations()).containsExactly("Bearer " + API_KEY);
    }

    @Test
    void whatIsUnknownOrAbsentInTheAnswerDoesNotMatter() throws Exception {
        control.grant("acme", "syslog", answer("region", null, "path", null, "session", Map.of("later", 1)));

        assertThat(run().succeeded()).isTrue();
        assertThat(webhook.records()).hasSize(RECORDS);
    }

    @Test
    void thePathIsUsedOnlyWhereTheUsualPrefixHasNothing() throws Exception {
        control.grant("acme", "syslog", answer("bucket", "elsewhere", "path", "/archive/of/acme/syslog/"));
        assertThat(run().succeeded()).isTrue();
        assertThat(webhook.records()).hasSize(RECORDS);

        control.grant("acme", "syslog", answer("path", "archive/of/acme/syslog"));
        assertThat(run("cursor.file", folder.resolve("other.db")).succeeded()).isTrue();
        assertThat(webhook.records()).hasSize(2 * RECORDS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "archive/of", "archive/of/acme", "archive/of/acme/other", "acme/syslog/../../other"})
    void aPathThatIsNoFolderOfTheDatasetIsNotRead(String path) throws Exception {
        control.grant("acme", "syslog", answer("bucket", "elsewhere", "path", path));

        TestRun run = run();

        assertThat(run.succeeded()).isTrue();
        assertThat(webhook.records()).isEmpty();
        assertThat(run.log()).anyMatch(line -> line.contains("is not a folder below the tenant and the dataset"));
    }

    @Test
    void idsAreEscaped() throws Exception {
        run("query.tenant-id", "a c%me?", "query.dataset-id", "50%+ö");

        assertThat(control.requests())
                .singleElement()
                .extracting(Request::path)
                .isEqualTo("/api/v1/tenants/a%20c%25me%3F/datasets/50%25%2B%C3%B6/query-credentials");
    }

    @Test
    void aNameIsNoResourceOfCamel() {
        for (String name : List.of("resource:file:%2fetc%2fpasswd", "resource:classpath:application.properties")) {
            assertThatThrownBy(() -> run("query.tenant-id", name)).hasMessageContaining("query.tenant-id: Camel would");
        }
        assertThat(control.requests()).isEmpty();
    }

    @Test
    void theKeyOfTheControlPlaneStaysWithIt() throws Exception {
        control.grant("acme", "syslog", lake, "lake");
        var routes = Routes.copyTo(folder.resolve("routes"));
        Files.writeString(routes.resolve("destinations/mine.camel.yaml"), """
                - route:
                    id: destination-mine
                    routeConfigurationId: delivery
                    from:
                      uri: direct:destination-mine
                      steps:
                        - setBody:
                            simple: "${body.recordsDocument}"
                        - setHeader:
                            name: Content-Type
                            constant: application/json
                        - to: "{{destination.mine.url}}"
                """);

        var run = SilentRun.batch(
                TestRun.settings(
                        folder,
                        routes,
                        given("destination.type", "mine", "destination.mine.url", webhook.url() + "/in")),
                List.of(API_KEY));

        assertThat(run.succeeded()).isTrue();
        assertThat(webhook.records()).hasSize(RECORDS);
        assertThat(webhook.requests()).allSatisfy(request -> {
            assertThat(request.path()).isEqualTo("/in");
            assertThat(request.header("Authorization")).isEmpty();
        });
    }

    // -- Bad answers

    static Stream<Arguments> badAnswers() {
        return Stream.of(
                arguments(Reply.of(401, "Authorization header required"), "401 — Authorization header required. Check"),
                arguments(Reply.of(403, "{\"error\":\"account\\nmismatch\"}"), "403 — account mismatch. Check"),
                arguments(Reply.of(404, "{\"error\":{\"code\":1,\"message\":\"no such dataset\"}}"), "404 — no such d"),
                arguments(Reply.of(404, ""), "404. Check query.tenant-id and query.dataset-id."),
                arguments(Reply.of(429, "Rate limit exceeded"), "429 — Rate limit exceeded."),
                arguments(Reply.of(500, "{\"status\":\"INTERNAL\",\"error\":\"not found\"}"), "500 — not found."),
                arguments(Reply.of(500, "null"), "500"),
                arguments(Reply.of(502, "<html>\n<h1>Bad\nGateway</h1>" + "x".repeat(5000)), "502 — <html> <h1>Bad"),
                arguments(Reply.of(302, "").header("Location", "http://127.0.0.1:1/"), "302."),
                arguments(Reply.of(204, ""), "204"),
                arguments(Reply.of(200, ""), "the answer"),
                arguments(Reply.of(200, "<html>"), "the answer is not JSON. Check control.url."),
                arguments(
                        Reply.of(200, "<!DOCTYPE html>\n<html>Sign in</html>").header("Content-Type", "text/html"),
                        "the answer is not JSON. Check control.url."),
                arguments(Reply.of(200, "[]"), "the answer has no bucket."),
                arguments(Reply.of(200, "null"), "the answer has no bucket."),
                arguments(Reply.of(200, "{\"bucket\":null}"), "the answer has no bucket."),
                arguments(Reply.of(200, "{\"bucket\":{\"a\":[1]}}"), "the answer has no bucket."),
                arguments(
                        Reply.of(200, "{\"bucket\":7,\"access_key\":1,\"secret_key\":null}"),
                        "the answer has only half of a key. Check"),
                arguments(
                        Reply.of(200, "{\"bucket\":\"b\",\"secret_key\":\"s\"}"),
                        "the answer has only half of a key. Check"),
                arguments(Reply.of(200, "{\"bucket\":\"\",\"access_key\":\"a\"}"), "the answer has no bucket."),
                arguments(Reply.of(200, "{\"bucket\":\"lake\",\"endpoint\":\"not a host\"}"), "endpoint"),
                arguments(Reply.of(200, "{").resetConnection(), "no answer ("));
    }

    @ParameterizedTest
    @MethodSource("badAnswers")
    void anyOtherAnswerFailsTheRunWithOneClearLine(Reply answer, String words) throws Exception {
        control.reply(answer);

        assertFails(run(), words);
        assertThat(control.requests()).hasSize(1);
    }

    @Test
    void aControlPlaneThatHangsFailsTheRunInTime() throws Exception {
        control.reply(Reply.of(200).after(Duration.ofMinutes(1)));

        assertFails(run("control.timeout-seconds", 1), "no answer (");
    }

    @Test
    void aControlPlaneThatIsNotThereFailsTheRun() throws Exception {
        var url = "http://127.0.0.1:" + TestTools.freePort();

        assertFails(run("control.url", url), "control plane " + url + ", dataset acme/syslog: no answer (");
    }

    @Test
    void aHostWithAnUnderscoreIsLookedUp() throws Exception {
        TestRun run = run("control.url", "http://control_plane.invalid:9");
        assertThat(run.log("ERROR"))
                .singleElement()
                .asString()
                // Some networks do not answer that there is no such name.
                .containsPattern(
                        "control plane http://control_plane\\.invalid:9, dataset acme/syslog: no answer \\((control_plane\\.invalid: |.*time)");
    }

    private static void assertFails(TestRun run, String words) {
        assertThat(run.succeeded()).isFalse();
        assertThat(run.log("WARN")).isEmpty();
        assertThat(run.log("ERROR"))
                .singleElement()
                .asString()
                .contains("control plane http://127.0.0.1:", "dataset acme/syslog: ", words, "Nothing was exported.")
                .hasSizeLessThan(600)
                .containsOnlyOnce("dataset acme/syslog: ")
                .doesNotContain("Exception", "\n", "  ", "..");
    }

    // -- Later answers

    @ParameterizedTest
    @ValueSource(ints = {0, 500, 200})
    void anExportGoesOnWithKnownKeysWithoutTheControlPlane(int status) throws Exception {
        control.grant("acme", "syslog", lake, "lake");
        var settings = TestRun.settings(folder, given());
        try (var camel = new CredentialsRoute(settings)) {
            var first = camel.ask();
            if (status == 0) {
                control.close();
            } else {
                control.grant("acme", "syslog", Reply.of(status, "down"));
            }

            assertThat(camel.ask()).isEqualTo(first);
            assertThat(first.bucket()).isEqualTo("lake");
        }
    }

    @Test
    void anAbsentControlPlaneIsToldOnceAndItsReturnOnce() throws Exception {
        control.grant("acme", "syslog", lake, "lake");
        try (var camel = new CredentialsRoute(TestRun.settings(folder, given()))) {
            camel.ask();
            for (int i = 0; i < 2; i++) {
                control.grant("acme", "syslog", Reply.of(500, "down"));
                int asked = control.requests().size();
                Await.until("three tries", () -> {
                    camel.ask();
                    return control.requests().size() >= asked + 3;
                });
                control.grant("acme", "syslog", lake, "lake");
                int back = control.requests().size();
                Await.until("two good answers", () -> {
                    camel.ask();
                    return control.requests().size() >= back + 2;
                });
            }
            assertThat(camel.log())
                    .extracting(ILoggingEvent::getFormattedMessage)
                    .hasSize(4)
                    .allMatch(line -> line.startsWith("control plane " + control.url() + ", dataset acme/syslog: "))
                    .first()
                    .asString()
                    .contains("500 — down", "The export continues with the credentials it has.");
            assertThat(camel.log().get(1).getFormattedMessage()).endsWith("it provides the credentials again.");
        }
    }

    @Test
    void aHangingControlPlaneDelaysNoExportWhoseKeysAreKnown() throws Exception {
        control.grant("acme", "syslog", lake, "lake");
        try (var camel = new CredentialsRoute(TestRun.settings(folder, given("control.timeout-seconds", 1)))) {
            var first = camel.ask();
            control.grant("acme", "syslog", Reply.of(200).after(Duration.ofMinutes(1)));
            assertThat(camel.ask()).isEqualTo(first);
            assertThat(control.requests()).hasSize(2);
            var began = System.nanoTime();
            for (int i = 0; i < 100; i++) {
                assertThat(camel.ask()).isEqualTo(first);
            }
            // Each try takes a second, and no more than a tenth of the time goes into them.
            var seconds = (int) Duration.ofNanos(System.nanoTime() - began).toSeconds();
            assertThat(control.requests()).hasSizeLessThanOrEqualTo(3 + seconds / 9);
        }
    }

    @Test
    void aSlowControlPlaneOnlyTakesTime() throws Exception {
        control.grant("acme", "syslog", answer().after(Duration.ofMillis(1200)));

        var run = run("control.timeout-seconds", 30);

        assertThat(run.succeeded()).isTrue();
        assertThat(run.log("WARN")).isEmpty();
        assertThat(webhook.records()).hasSize(RECORDS).doesNotHaveDuplicates();
    }

    @Test
    void aForgottenDatasetHasNoKnownKeys() throws Exception {
        var credentials = new LakeCredentials(TestRun.settings(folder, given()), new Secrets());
        credentials.fromAnswer("acme", "syslog", 200, answer().body());
        credentials.fromAnswer("acme", "firewall", 200, answer().body());

        credentials.forget("acme", "syslog");

        assertThatThrownBy(() -> credentials.fromAnswer("acme", "syslog", 500, ""))
                .isInstanceOf(ConnectorException.class);
        assertThat(credentials.fromAnswer("acme", "firewall", 500, "").bucket()).isEqualTo("lake");
    }

    @Test
    void whatIsKnownOfOneDatasetIsNotUsedForAnother() throws Exception {
        var credentials = new LakeCredentials(TestRun.settings(folder, given()), new Secrets());
        credentials.fromAnswer("acme", "syslog", 200, answer().body());

        assertThatThrownBy(() -> credentials.fromAnswer("acme", "firewall", 500, ""))
                .isInstanceOf(ConnectorException.class);
    }

    @Test
    void keysThatTheLakeRefusesInTheMiddleAreFetchedAnew() throws Exception {
        try (var rotating = RotatingLake.start(folder.resolve("rotating"))) {
            control.grant("acme", "syslog", rotating.credentials("new"));
            control.replyNext(1, rotating.credentials("old"));
            rotateWithTheFirstBatch(rotating);

            assertThat(run("export.parallel-objects", 1).succeeded()).isTrue();

            assertThat(webhook.records()).hasSize(RECORDS).doesNotHaveDuplicates();
            assertThat(control.requests()).hasSize(2);
        }
    }

    @Test
    void keysThatStayRefusedAreSaidOnceForEachObject() throws Exception {
        try (var rotating = RotatingLake.start(folder.resolve("rotating"))) {
            rotating.addLargeObject(folder.resolve("rotating"));
            control.grant("acme", "syslog", rotating.credentials("old"));
            rotateWithTheFirstBatch(rotating);

            var run = run("export.parallel-objects", 1);

            assertThat(run.succeeded()).isFalse();
            assertThat(run.log("WARN"))
                    .filteredOn(line -> line.contains(", object ") && line.contains("HTTP 403"))
                    .isNotEmpty()
                    .allSatisfy(line -> assertThat(line).containsOnlyOnce("Authentication Failure"));
        }
    }

    @Test
    void aRunTellsItsProgressWhileItsKeysAreFetchedAnew() throws Exception {
        try (var rotating = RotatingLake.start(folder.resolve("rotating"))) {
            var running = new CompletableFuture<TestRun.Running>();
            var seen = new CompletableFuture<Long>();
            control.accept();
            control.grant("acme", "syslog", rotating.credentials("new"));
            control.replyWhen(
                    request -> !rotating.rotated().get() && request.path().contains("credentials"),
                    rotating.credentials("old"));
            // Before the control plane answers; false, so the reply stays the usual one.
            control.replyWhen(
                    request -> {
                        if (rotating.rotated().get()) {
                            seen.complete(running.join().delivered());
                        }
                        return false;
                    },
                    Reply.of(500));
            rotateWithTheFirstBatch(rotating);
            var settings = TestRun.settings(folder, given("export.parallel-objects", 1, "control.timeout-seconds", 2));

            try (var watch = TestRun.watch(settings)) {
                running.complete(watch);
                Await.until("all records", () -> webhook.records().size() >= RECORDS);

                assertThat(seen).isCompleted();
                assertThat(watch.log()).noneMatch(line -> line.startsWith("WARN") || line.startsWith("ERROR"));
            }
        }
    }

    @Test
    void keysRefusedFromTheBeginningFailTheRunTheNextAsksAgain() throws Exception {
        control.replyNext(1, ControlServer.credentials(lake, "lake", "very-secret-but-wrong"));
        control.grant("acme", "syslog", lake, "lake");

        var run = run();

        assertThat(run.succeeded()).isFalse();
        assertThat(run.log("ERROR")).singleElement().asString().contains("lake s3://lake", "403", "Check the keys");
        assertThat(run().succeeded()).isTrue();
        assertThat(webhook.records()).hasSize(RECORDS);
    }

    // -- Helpers

    private void rotateWithTheFirstBatch(RotatingLake rotating) {
        // False, so the reply stays the usual one.
        webhook.replyWhen(
                request -> {
                    rotating.rotate();
                    return false;
                },
                Reply.of(500));
    }

    private Map<String, String> given(Object... more) {
        Map<String, String> given = new TreeMap<>(Map.of(
                "control.url", control.url().toString(),
                "control.api-key", API_KEY,
                "control.account-id", "account",
                "query.tenant-id", "acme",
                "query.dataset-id", "syslog",
                "query.sql", "SELECT * FROM events WHERE message LIKE 'Failed password%'",
                "destination.type", "webhook",
                "destination.webhook.url", webhook.url().toString(),
                "duckdb.extension-directory", TestTools.duckdbExtensions().toString()));
        for (var i = 0; i < more.length; i += 2) {
            given.put(more[i].toString(), more[i + 1].toString());
        }
        return given;
    }

    private TestRun run(Object... more) throws Exception {
        return SilentRun.batch(
                TestRun.settings(folder, given(more)),
                List.of(API_KEY, lake.accessKey(), lake.secretKey(), "very-secret"));
    }

    /** What control answers for the lake, with some fields changed, or left out where the value is null. */
    private static Reply answer(Object... changes) throws IOException {
        var json = new ObjectMapper();
        var fields = json.createObjectNode();
        fields.setAll((com.fasterxml.jackson.databind.node.ObjectNode) json.readTree(
                ControlServer.credentials(lake, "lake", lake.secretKey()).body()));
        for (var i = 0; i < changes.length; i += 2) {
            if (changes[i + 1] == null) {
                fields.remove(changes[i].toString());
            } else {
                fields.set(changes[i].toString(), json.valueToTree(changes[i + 1]));
            }
        }
        return Reply.of(200, fields.toString());
    }

    /** routes/credentials.camel.yaml and a route that uses it and has a step to do afterwards. */
    private static final class CredentialsRoute implements AutoCloseable {
        private static final Logger LOGGER =
                ((LoggerContext) LoggerFactory.getILoggerFactory()).getLogger(LakeCredentials.class);

        private final Main camel;
        private final ListAppender<ILoggingEvent> appender = new ListAppender<>();
        private final ProducerTemplate caller;

        CredentialsRoute(Settings settings) throws Exception {
            camel = DeliveryCamel.prepare(settings, List.of(Path.of("routes/credentials.camel.yaml")));
            camel.bind("lakeCredentials", new LakeCredentials(settings, new Secrets()));
            camel.configure().addRoutesBuilder(new RouteBuilder() {
                @Override
                public void configure() {
                    errorHandler(noErrorHandler());
                    from("direct:caller").to("direct:credentials").setVariable("after", body());
                }
            });
            DeliveryCamel.init(camel);
            camel.start();
            appender.start();
            LOGGER.addAppender(appender);
            caller = camel.getCamelTemplate();
        }

        Credentials ask() {
            var exchange = caller.request("direct:caller", asking -> {
                asking.setVariable("tenant", "acme");
                asking.setVariable("dataset", "syslog");
            });
            assertThat(exchange.getException()).isNull();
            assertThat(exchange.getMessage().getHeaders()).doesNotContainKey("Authorization");
            return exchange.getVariable("after", Credentials.class);
        }

        List<ILoggingEvent> log() {
            return TestLog.events(appender);
        }

        @Override
        public void close() {
            LOGGER.detachAppender(appender);
            camel.stop();
        }
    }
}
