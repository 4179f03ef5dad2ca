package com.bytefreezer.connector.kit;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.testing.ConnectorProcess;
import com.bytefreezer.connector.testing.KafkaServer;
import com.bytefreezer.connector.testing.TestTools;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The certification tells routes that keep the promise from routes that lose records. */
class CertifyIT {
    private static final Path ROUTES = TestTools.projectDirectory().resolve("routes");

    @TempDir
    private Path folder;

    @Test
    void theWebhookIsCertified() throws Exception {
        Printed printed = certify("webhook", Map.of());

        assertThat(printed.code()).as(printed.toString()).isZero();
        assertThat(printed.lines()).hasSize(13).element(12).asString().startsWith("webhook: certified.");
        assertThat(printed.lines().subList(1, 12)).allMatch(line -> line.endsWith("| yes"));
        assertThat(printed.lines()).noneMatch(line -> line.contains("did not occur"));
        assertThat(printed.row("refuses one record for good")).contains("599 records accepted", "1 dead-lettered");
        assertThat(printed.row("401 for a run")).contains("run 1 failed: 401 from");
        assertThat(printed.row("answer breaks off"))
                .contains("600 records accepted")
                .doesNotContain(" 0 of them");
        assertThat(printed.row("process killed")).contains("run 2 was killed; 600 records accepted");
    }

    @ParameterizedTest
    @Tag("soak")
    @ValueSource(strings = {"elasticsearch", "splunk"})
    void theOthersThatSpeakHttpAreToo(String destination) throws Exception {
        Printed printed = certify(destination, Map.of());

        assertThat(printed.code()).as(printed.toString()).isZero();
        assertThat(printed.row("refuses one record for good")).contains("599 records accepted", "1 dead-lettered");
    }

    @Test
    void aRouteThatSwallowsTheFailureIsNot() throws Exception {
        Printed printed = certify(route("swallows", """
                        - doTry:
                            steps:
                              - to: {uri: "http:swallows", parameters: {httpMethod: POST}}
                            doCatch:
                              - exception: [java.lang.Exception]
                                steps: [{log: "never mind"}]
                        """), Map.of("destination.swallows.url", "{server}/in"));

        assertThat(printed.code()).isEqualTo(1);
        assertThat(printed.row("no fault")).endsWith("| yes");
        for (String fault :
                List.of("429", "503 with", "413", "refuses one record", "401", "503 for", "connection refused")) {
            assertThat(printed.row(fault))
                    .as(fault)
                    .contains("reports that all is delivered", "never arrived")
                    .endsWith("| NO");
        }
        assertThat(printed.lines()).last().asString().startsWith("swallows: NOT certified. ");
    }

    @Test
    @Tag("soak")
    void aRouteThatDoesNotLookAtTheStatusIsNot() throws Exception {
        Printed printed = certify(route("ignores", """
                        - to: {uri: "http:ignores", parameters: {httpMethod: POST, throwExceptionOnFailure: false}}
                        """), Map.of("destination.ignores.url", "{server}/in"));

        assertThat(printed.code()).isEqualTo(1);
        assertThat(printed.row("503 for"))
                .contains("600 of 600 records never arrived")
                .endsWith("| NO");
        assertThat(printed.row("503 with")).endsWith("| NO");
        // What the client notices by itself is tried again.
        assertThat(printed.row("connection refused")).endsWith("| yes");
    }

    @Test
    void aRouteThatDeliversNothingIsToldWhatIsMissing() throws Exception {
        Printed printed = certify(route("empty", """
                        - setBody: {constant: "hello"}
                        - to: {uri: "http:empty", parameters: {httpMethod: POST}}
                        """), Map.of("destination.empty.url", "{server}/in"));

        assertThat(printed.code()).isEqualTo(1);
        assertThat(printed.lines()).hasSize(3);
        assertThat(printed.row("no fault"))
                .contains("600 of 600 records never arrived", "certify-…")
                .endsWith("| NO");
        assertThat(printed.lines()).last().asString().contains("even without a fault");
    }

    // -- Destinations that do not speak HTTP

    @Test
    @Tag("soak")
    void kafkaIsCertifiedBehindAProxyThatItsBrokerSendsClientsTo() throws Exception {
        try (KafkaServer kafka = KafkaServer.start()) {
            kafka.createTopic("certify", 2, Map.of());

            Printed printed = kafkaBehindProxy(
                    kafka, kafka.brokersBehindProxy(), Map.of("certify.proxy-port", String.valueOf(kafka.proxyPort())));

            assertThat(printed.code()).as(printed.toString()).isZero();
            assertThat(printed.lines()).hasSize(9).element(8).asString().startsWith("kafka: certified.");
        }
    }

    @Test
    @Tag("soak")
    void aProxyThatRecordsPassByProvesNothing() throws Exception {
        try (KafkaServer kafka = KafkaServer.start()) {
            kafka.createTopic("certify", 1, Map.of());

            Printed printed = kafkaBehindProxy(kafka, kafka.brokers(), Map.of());

            assertThat(printed.code()).as(printed.toString()).isEqualTo(1);
            assertThat(printed.row("connection breaks in the middle"))
                    .contains("600 records accepted", "the fault did not occur")
                    .endsWith("| NO");
        }
    }

    private static Printed kafkaBehindProxy(KafkaServer kafka, String server, Map<String, String> further)
            throws Exception {
        Map<String, String> settings = new TreeMap<>(further);
        settings.put("destination.kafka.brokers", "{proxy}");
        settings.put("certify.server", server);
        settings.put(
                "certify.received",
                "kafka:{{destination.kafka.topic}}?autoOffsetReset=earliest&brokers=" + kafka.brokers());
        return certify("kafka", settings);
    }

    @Test
    void aRouteThatWritesBehindTheConnectorsBackIsNot() throws Exception {
        String route = route("later", """
                        - to: {uri: "seda:later", parameters: {waitForTaskToComplete: Never, size: 100000}}
                        """);
        Files.writeString(Path.of(route), """
                - route:
                    id: later
                    from:
                      uri: seda:later
                      parameters: {size: 100000}
                      steps:
                        # Longer than batches take to come, so that a kill always leaves some.
                        - delay: {constant: "1000"}
                        - to: {uri: "file:{{destination.later.url}}", parameters: {fileName: "${exchangeId}"}}
                """, StandardOpenOption.APPEND);

        Printed printed = certify(
                route, Map.of("destination.later.url", "{folder}", "certify.received", "file:{folder}?noop=true"));

        assertThat(printed.code()).as(printed.toString()).isEqualTo(1);
        assertThat(printed.row("no fault")).endsWith("| yes");
        assertThat(printed.row("process killed")).contains("never arrived").endsWith("| NO");
    }

    @Test
    @Tag("soak")
    void aTcpRouteThatWaitsForTheAnswerIsCertified() throws Exception {
        Printed printed = tcp("waits", "true");

        assertThat(printed.code()).as(printed.toString()).isZero();
        assertThat(printed.lines()).hasSize(9).element(8).asString().startsWith("waits: certified.");
        assertThat(printed.lines()).noneMatch(line -> line.contains("did not occur"));
        assertThat(printed.row("connection breaks before the answer")).doesNotContain(" 0 of them");
    }

    @Test
    @Tag("soak")
    void aTcpRouteThatDoesNotWaitIsNot() throws Exception {
        Printed printed = tcp("hopes", "false");

        assertThat(printed.code()).as(printed.toString()).isEqualTo(1);
        assertThat(printed.row("no fault")).endsWith("| yes");
        assertThat(printed.row("connection breaks in the middle"))
                .contains("never arrived")
                .endsWith("| NO");
    }

    /** A line for each record, to a server that sends each line back. */
    private Printed tcp(String name, String sync) throws Exception {
        Path file = folder.resolve(name + ".camel.yaml");
        Files.writeString(file, """
                - route:
                    id: destination-%1$s
                    routeConfigurationId: delivery
                    from:
                      uri: direct:destination-%1$s
                      steps:
                        - split:
                            simple: "${body.records}"
                            stopOnException: true
                            steps:
                              - setBody: {simple: "${bodyAs(String)}"}
                              - to:
                                  uri: netty:tcp://{{destination.%1$s.url}}
                                  parameters: {textline: true, sync: %2$s, requestTimeout: 2000}
                """.formatted(name, sync));
        return certify(
                file.toString(),
                Map.of(
                        "destination." + name + ".url",
                        "{proxy}",
                        "certify.server",
                        "{receiver}",
                        "certify.received",
                        "netty:tcp://{receiver}?textline=true&sync=" + sync));
    }

    private String route(String name, String steps) throws Exception {
        Path file = folder.resolve(name + ".camel.yaml");
        Files.writeString(file, """
                - route:
                    id: destination-%1$s
                    routeConfigurationId: delivery
                    from:
                      uri: direct:destination-%1$s
                      steps:
                        - setHeader: {name: CamelHttpUri, constant: "{{destination.%1$s.url}}"}
                        - setBody: {simple: "${body.ndjson}"}
                """.formatted(name) + steps.indent(8));
        return file.toString();
    }

    private record Printed(int code, List<String> lines) {
        String row(String fault) {
            return lines.stream()
                    .filter(line -> line.startsWith(fault))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static Printed certify(String which, Map<String, String> settings) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int code = Kit.certify(
                ConnectorProcess.packaged(),
                ROUTES,
                which,
                settings,
                new PrintStream(out, true, StandardCharsets.UTF_8));
        return new Printed(code, out.toString(StandardCharsets.UTF_8).lines().toList());
    }
}
