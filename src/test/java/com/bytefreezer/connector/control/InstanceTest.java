package com.bytefreezer.connector.control;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.bytefreezer.connector.TestLog;
import com.bytefreezer.connector.app.Connector;
import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.cursor.Cursor;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.ControlServer;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.TestTools;
import com.bytefreezer.connector.testing.WebhookServer;
import com.bytefreezer.connector.text.Secrets;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** What the control plane hears of a watch, and that an export does not mind what it answers. */
@Tag("slow")
class InstanceTest {
    private static final String SERVICES = "/api/v1/accounts/account-1/services/";

    @TempDir
    private Path folder;

    private final ControlServer control = ControlServer.start();
    private final WebhookServer sink = WebhookServer.start();
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final Logger logger =
            ((LoggerContext) LoggerFactory.getILoggerFactory()).getLogger("com.bytefreezer.connector.control");

    @BeforeEach
    void listen() {
        log.start();
        logger.addAppender(log);
        ParquetLake.in(folder.resolve("lake")).numbers("year=2026/month=11/day=20/a.parquet", 0, 10);
    }

    @AfterEach
    void close() {
        logger.detachAppender(log);
        control.close();
        sink.close();
    }

    @Test
    void aWatchRegistersReportsAndLeaves() throws Exception {
        control.accept();
        try (Connector connector = watch(Map.of())) {
            Await.until("two reports", () -> control.calls("report").size() >= 2);
            Await.until(
                    "a report of the run",
                    () -> last().at("/metrics/records_accepted").asInt() == 10);
            assertThat(connector).isNotNull();
        }
        JsonNode registration = control.calls("register").get(0);
        assertThat(control.calls("register")).hasSize(1);
        assertThat(registration.path("service_type").asText()).isEqualTo("bytefreezer-connector");
        assertThat(registration.path("status").asText()).isEqualTo("Starting");
        assertThat(registration.at("/configuration/mode").asText()).isEqualTo("watch");
        assertThat(registration.at("/configuration/destination").asText()).isEqualTo("webhook");
        assertThat(registration.at("/configuration/dataset_id").asText()).isEqualTo("events");
        String id = registration.path("instance_id").asText();
        assertThat(registration.path("instance_api").asText()).matches("127\\.0\\.0\\.1:\\d+");

        JsonNode report = last();
        assertThat(report.path("service_name").asText()).isEqualTo("bytefreezer-connector");
        assertThat(report.path("service_id").asText()).isEqualTo(id);
        assertThat(report.path("healthy").asBoolean()).isTrue();
        assertThat(report.path("status").asText()).isEqualTo("healthy");
        assertThat(report.at("/metrics/timestamp").isIntegralNumber()).isTrue();
        assertThat(Instant.parse(report.at("/metrics/last_health_check").asText()))
                .isBefore(Instant.now());
        assertThat(report.at("/metrics/lag_seconds").asInt()).isZero();

        assertThat(control.requests()).last().satisfies(request -> {
            assertThat(request.method()).isEqualTo("DELETE");
            assertThat(request.path()).isEqualTo(SERVICES + id);
        });
        assertThat(control.requests()).allSatisfy(request -> {
            assertThat(request.path()).startsWith(SERVICES);
            assertThat(request.header("Authorization")).contains("Bearer the-api-key");
        });
    }

    @Test
    void aFailingExportIsDegradedWithItsReasonUntilItWorksAgain() throws Exception {
        control.accept();
        sink.reply(Reply.of(503));
        try (Connector connector = watch(Map.of("delivery.max-retries", "0"))) {
            Await.until(
                    "a bad report",
                    () -> !control.calls("report").isEmpty()
                            && last().path("status").asText().equals("degraded"));
            JsonNode report = last();
            assertThat(report.path("healthy").asBoolean()).isFalse();
            assertThat(report.at("/metrics/reason").asText()).contains("export default/webhook", "503");
            assertThat(report.at("/metrics/exports_failing").asInt()).isEqualTo(1);
            sink.reply(Reply.of(200));
            Await.until("a good report", () -> last().path("status").asText().equals("healthy"));
            assertThat(connector).isNotNull();
        }
    }

    @Test
    void anExportThatLagsIsReportedAsDegraded() throws Exception {
        control.accept();
        // Retries for longer than the lag that is allowed.
        sink.reply(Reply.of(503));
        try (Connector connector = watch(Map.of(
                "delivery.max-retries", "1000",
                "delivery.retry-delay-ms", "50",
                "delivery.max-retry-delay-ms", "50",
                "health-reporting.max-lag-seconds", "1"))) {
            Await.until(
                    "a bad report",
                    () -> !control.calls("report").isEmpty()
                            && last().at("/metrics/reason").asText().contains("lags"));
            assertThat(last().path("status").asText()).isEqualTo("degraded");
            assertThat(last().at("/metrics/reason").asText())
                    .matches(
                            "(export default/webhook: retrying for \\d+ s: 503 from .*; )?export default/webhook lags by \\d+ s");
            sink.reply(Reply.of(200));
            Await.until("a good report", () -> last().path("status").asText().equals("healthy"));
            assertThat(connector).isNotNull();
        }
    }

    @Test
    void reportsAreMadeOnlyWhenTheyAreWantedAndTheRegistrationToo() throws Exception {
        control.accept();
        try (Connector connector = watch(Map.of("health-reporting.enabled", "false"))) {
            Await.until("the registration", () -> !control.requests().isEmpty());
            Await.until("the export", () -> sink.records().size() == 10);
            assertThat(connector).isNotNull();
        }
        assertThat(control.requests()).extracting(request -> request.method()).containsExactly("POST", "DELETE");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"{\"action\":\"uninstall\"}", "{\"action\":\"upgrade\",\"upgrade_tag\":\"v9\\nfake line\"}"})
    void anActionIsIgnoredWithOneLine(String answer) throws Exception {
        control.reply(Reply.of(200, answer));
        try (Connector connector = watch(Map.of())) {
            Await.until("three reports", () -> control.calls("report").size() >= 3);
            assertThat(connector).isNotNull();
        }
        assertThat(warnings())
                .singleElement()
                .asString()
                .contains("Ignored. Do this on the host")
                .doesNotContain("\n");
        assertThat(sink.records()).hasSize(10);
    }

    @ParameterizedTest
    @CsvSource({
        "refuses,no answer",
        "hangs,no answer",
        "401,Check control.api-key",
        "500,may recover",
        "garbage,",
        "login,the answer is an HTML page",
        "slow,",
        "cut,no answer"
    })
    void exportsGoOnWhateverTheControlPlaneDoesOneLineSaysSo(String fault, String said) throws Exception {
        Reply reply =
                switch (fault) {
                    case "hangs" -> Reply.of(200).after(Duration.ofMinutes(1));
                    case "slow" -> Reply.of(200).after(Duration.ofMillis(700));
                    case "garbage" -> Reply.of(200, "{\u0000 not JSON");
                    case "login" ->
                        Reply.of(200, "\n<!DOCTYPE html>\n<html>Sign in</html>").header("Content-Type", "text/html");
                    case "cut" -> Reply.of(200, "{\"succ").resetConnection();
                    case "refuses" -> Reply.of(200);
                    default -> Reply.of(Integer.parseInt(fault), "{\"error\":{\"message\":\"no the-api-key here\"}}");
                };
        control.reply(reply);
        String url = fault.equals("refuses")
                ? "http://127.0.0.1:" + TestTools.freePort()
                : control.url().toString();
        ParquetLake lake = ParquetLake.in(folder.resolve("lake"));
        long stopped;
        String timeout = fault.equals("hangs") ? "1" : "30";
        try (Connector connector = watch(Map.of("control.url", url, "health-reporting.timeout-seconds", timeout))) {
            Await.until("the export", () -> sink.records().size() == 10);
            if (said != null) {
                Await.until("the line", () -> !warnings().isEmpty());
            }
            lake.numbers("year=2026/month=11/day=20/b.parquet", 10, 10);
            Await.until("the next export", () -> sink.records().size() == 20);
            stopped = System.nanoTime();
            assertThat(connector).isNotNull();
        }
        assertThat(Duration.ofNanos(System.nanoTime() - stopped)).isLessThan(Duration.ofSeconds(45));
        assertThat(sink.records()).doesNotHaveDuplicates();
        if (said == null) {
            assertThat(warnings()).isEmpty();
        } else {
            assertThat(warnings())
                    .singleElement()
                    .asString()
                    .contains(said, "Exports continue")
                    .doesNotContain("\n");
        }
    }

    @Test
    void itSaysWhenTheControlPlaneIsBack() throws Exception {
        control.reply(Reply.of(500));
        try (Connector connector = watch(Map.of())) {
            Await.until("the line", () -> !warnings().isEmpty());
            control.accept();
            Await.until("the other line", () -> messages().stream().anyMatch(line -> line.contains("again.")));
            Await.until("a report", () -> !control.calls("report").isEmpty());
            assertThat(connector).isNotNull();
        }
        assertThat(warnings()).hasSize(1);
    }

    /** It would be listed again, for good. */
    @Test
    void afterItHasLeftItReportsNothing() {
        Map<String, String> given =
                new TreeMap<>(ParquetLake.in(folder.resolve("lake")).settings("SELECT n FROM events"));
        given.putAll(Map.of(
                "control.url", control.url().toString(),
                "control.api-key", "the-api-key",
                "control.account-id", "account-1",
                "health-reporting.enabled", "true"));
        Instance instance = new Instance(
                TestRun.settings(folder, given),
                Mode.WATCH,
                "1.0",
                8090,
                () -> new Instance.Condition("", Map.of()),
                () -> Map.of("receiver", new Instance.Condition("", Map.of())));
        assertThat(instance.due()).hasSize(2);
        assertThat(instance.departure()).singleElement().satisfies(call -> assertThat(call.method())
                .isEqualTo("DELETE"));
        assertThat(instance.due()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "box,-,true,box",
                "box,'',true,box",
                "box,docker-host,true,docker-host:box",
                "box,docker-host,false,box",
                "box,box,true,box"
            })
    void theIdIsTheHostnameAndInContainersTheHostsToo(String hostname, String host, boolean inContainer, String id) {
        assertThat(Instance.id(hostname, host, inContainer)).isEqualTo(id);
    }

    @ParameterizedTest
    @CsvSource({"0.0.0.0,box:8090", "::,box:8090", "127.0.0.1,127.0.0.1:8090", "10.1.2.3,10.1.2.3:8090"})
    void theAddressIsOneThatTheControlPlaneCanAsk(String host, String api) {
        assertThat(Instance.api(host, "box", 8090)).isEqualTo(api);
    }

    private Connector watch(Map<String, String> more) throws Exception {
        Map<String, String> given =
                new TreeMap<>(ParquetLake.in(folder.resolve("lake")).settings("SELECT n FROM events"));
        given.putAll(Map.of(
                "control.url", control.url() + "/",
                "control.api-key", "the-api-key",
                "control.account-id", "account-1",
                "health-reporting.enabled", "true",
                "health-reporting.report-interval", "1",
                "destination.type", "webhook",
                "destination.webhook.url", sink.url().toString(),
                "schedule.interval-seconds", "1",
                "schedule.retry-delay-seconds", "1",
                "server.port", "0"));
        given.putAll(more);
        Settings settings = TestRun.settings(folder, given).with(Mode.WATCH, Map.of());
        Cursor cursor = Cursor.open(Path.of(settings.text("cursor.file")), Duration.ofHours(24));
        Connector connector = new Connector(settings, new Secrets(), cursor, Mode.WATCH);
        connector.start();
        return connector;
    }

    private JsonNode last() {
        List<JsonNode> reports = control.calls("report");
        return reports.get(reports.size() - 1);
    }

    private List<String> warnings() {
        return TestLog.events(log).stream()
                .filter(event -> event.getLevel().levelStr.equals("WARN"))
                .map(ILoggingEvent::getFormattedMessage)
                .toList();
    }

    private List<String> messages() {
        return TestLog.events(log).stream()
                .map(ILoggingEvent::getFormattedMessage)
                .toList();
    }
}
