package com.bytefreezer.connector.kit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.receive.Push;
import com.bytefreezer.connector.testing.ConnectorProcess;
import com.bytefreezer.connector.testing.TestTools;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The certification tells inputs that keep the promise from inputs that lose events. */
class CertifyInputIT {
    private static final Path ROUTES = TestTools.projectDirectory().resolve("routes");

    @TempDir
    private Path folder;

    /** What broken inputs ask of Java. */
    public static final class Careless {
        /** A body that can still be read when the sender is gone. */
        public Push copied(Push push) throws IOException {
            return new Push(
                    push.path(),
                    push.headers(),
                    new ByteArrayInputStream(push.body().readAllBytes()));
        }

        /** Without the last line. */
        public Push shortened(Push push) throws IOException {
            String text = new String(push.body().readAllBytes(), UTF_8);
            String rest = text.substring(0, text.lastIndexOf('\n', text.length() - 2) + 1);
            return new Push(push.path(), push.headers(), new ByteArrayInputStream(rest.getBytes(UTF_8)));
        }
    }

    @Test
    void httpIsCertified() throws Exception {
        Printed printed = certify("http");

        assertThat(printed.code()).as(printed.toString()).isZero();
        assertThat(printed.lines()).hasSize(11).element(10).asString().startsWith("http: certified. Under each of 9 ");
        assertThat(printed.lines().subList(1, 10)).allMatch(line -> line.endsWith("| yes"));
        assertThat(printed.row("process killed"))
                .contains("300  | 300          | 300    | 0")
                .contains("killed after");
        assertThat(printed.row("one event is too long")).contains("| 299    | 1 ");
    }

    @Tag("soak")
    @ParameterizedTest
    @ValueSource(strings = {"syslog", "tcp", "udp"})
    void whoseSendersGetNoAnswerIsCertifiedWithAReservation(String input) throws Exception {
        Printed printed = certify(input);

        assertThat(printed.code()).as(printed.toString()).isZero();
        assertThat(printed.lines()).last().asString().contains("is lost with a process that dies");
    }

    @Tag("soak")
    @Test
    void filesAreCertified() throws Exception {
        Printed printed = certify("routes/inputs/file.camel.yaml");

        assertThat(printed.code()).as(printed.toString()).isZero();
        assertThat(printed.row("process killed")).contains("| 300    | 0 ").doesNotContain("more than once");
    }

    @Tag("soak")
    @ParameterizedTest
    @ValueSource(strings = {"nats", "sqs", "kinesis", "kafka"})
    void whatServersKeepIsCertifiedAndStoredOnce(String input) throws Exception {
        try (InputServer server = InputServer.start(input)) {
            Printed printed = certify(input, server.feed());

            assertThat(printed.code()).as(printed.toString()).isZero();
            assertThat(printed.row("process killed")).contains("| 300    | 0 ").doesNotContain("more than once");
        }
    }

    @Test
    void anInputThatAcknowledgesTooEarlyIsFoundByAKill() throws Exception {
        InputCertification certification = certification("""
                - bean: {ref: httpPush, method: read}
                - bean: {ref: careless, method: copied}
                - to: {uri: "seda:later", parameters: {waitForTaskToComplete: Never, size: 1000}}
                - setBody: {constant: ok}
                """, """
                - route:
                    from:
                      uri: seda:later
                      parameters: {size: 1000}
                      steps:
                        - to: direct:receive
                """);

        InputCertification.Result killed = certification.show(InputFault.KILLED);

        assertThat(killed.happened()).contains("events that it took are nowhere");
        assertThat(killed.holds()).isFalse();
    }

    @Test
    void anInputThatSwallowsTheFailureIsFoundByAFullSpool() throws Exception {
        InputCertification certification = certification("""
                - doTry:
                    steps:
                      - bean: {ref: httpPush, method: read}
                      - to: direct:receive
                    doCatch:
                      - exception: [java.lang.Exception]
                        steps: [{log: "never mind"}]
                - setBody: {constant: ok}
                """, "");

        assertThat(certification.show(InputFault.NONE).holds()).isTrue();
        InputCertification.Result full = certification.show(InputFault.SPOOL_FULL);

        assertThat(full.happened()).contains("events that it took are nowhere");
        assertThat(full.holds()).isFalse();
    }

    @Test
    void anInputThatDropsLinesIsFoundWithoutAFault() throws Exception {
        InputCertification certification = certification("""
                - bean: {ref: httpPush, method: read}
                - bean: {ref: careless, method: shortened}
                - to: direct:receive
                - bean: {ref: httpPush, method: accept}
                """, "");

        InputCertification.Result none = certification.show(InputFault.NONE);

        assertThat(none.happened()).contains("30 of 300 events that it took are nowhere");
        assertThat(none.holds()).isFalse();
    }

    private InputCertification certification(String steps, String more) throws IOException {
        Path file = Files.createDirectories(folder.resolve("inputs")).resolve("http.camel.yaml");
        Files.writeString(file, """
                - beans:
                    - {name: httpPush, type: com.bytefreezer.connector.receive.HttpPush}
                    - {name: careless, type: com.bytefreezer.connector.kit.CertifyInputIT$Careless}
                - route:
                    id: input-http
                    errorHandler: {noErrorHandler: {}}
                    from:
                      uri: platform-http:/
                      parameters: {matchOnUriPrefix: true, httpMethodRestrict: POST, useBodyHandler: false}
                      steps:
                %s%s""".formatted(steps.indent(8), more));
        InputRoute fast = InputRoute.find(ROUTES, file.toString());
        InputRoute slow = InputRoute.find(ROUTES, file.toString());
        return new InputCertification(ConnectorProcess.packaged(), fast, slow, Map.of(), Map.of(), Map.of());
    }

    private record Printed(int code, List<String> lines) {
        String row(String fault) {
            return lines.stream()
                    .filter(line -> line.startsWith(fault))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static Printed certify(String which) throws Exception {
        return certify(which, Map.of());
    }

    private static Printed certify(String which, Map<String, String> set) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int code = Kit.certifyInput(ConnectorProcess.packaged(), ROUTES, which, set, new PrintStream(out, true, UTF_8));
        return new Printed(code, out.toString(UTF_8).lines().toList());
    }
}
