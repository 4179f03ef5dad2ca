package com.bytefreezer.connector.kit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.config.RouteFiles;
import com.bytefreezer.connector.testing.TestTools;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The cases beside each input's route hold, and those that do not hold are told. */
class InputCasesTest {
    private static final Path ROUTES = TestTools.projectDirectory().resolve("routes");

    @TempDir
    private Path folder;

    static Collection<String> inputs() {
        return RouteFiles.in(ROUTES).inputs().stream()
                .filter(name -> Files.exists(ROUTES.resolve("inputs/%s.test.yaml".formatted(name))))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("inputs")
    void everyCaseHoldsAndNoneIsMissing(String name) {
        Printed printed = testRoutes(ROUTES.resolve("inputs/%s.camel.yaml".formatted(name)));

        assertThat(printed.lines()).noneMatch(line -> line.startsWith("MISSING"));
        assertThat(printed.code()).as(printed.toString()).isZero();
    }

    @Test
    void theNameOfAnInputIsEnough() {
        assertThat(InputRoute.isMeant(ROUTES, "udp")).isTrue();
        assertThat(InputRoute.isMeant(ROUTES, "webhook")).isFalse();
        // The destination has the name.
        assertThat(InputRoute.isMeant(ROUTES, "file")).isFalse();
        assertThat(InputRoute.isMeant(ROUTES, "routes/destinations/file.camel.yaml"))
                .isFalse();
    }

    @Test
    void whatIsNotStoredAsExpectedIsALine() throws IOException {
        own("mine", """
                cases:
                  - name: takes
                    send:
                      - tcp: "one\\ntwo\\n"
                    expect:
                      events: [{message: three, sender: 127.0.0.1}]
                      dead-letters: [{line: x}]
                """);

        Printed printed = testRoutes(folder.resolve("inputs/mine.camel.yaml"));

        assertThat(printed.code()).isEqualTo(1);
        assertThat(printed.lines())
                .contains("FAILED  takes", "mine: 1 of 1 cases fail.")
                .anyMatch(line -> line.startsWith(
                        "        event: expected {\"message\":\"three\",\"sender\":\"127.0.0.1\"}, was {\"BfTs\":"))
                .anyMatch(line -> line.startsWith("        event: expected no further one, was {\"BfTs\":"))
                .anyMatch(line -> line.equals("        dead letter: expected {\"line\":\"x\"}, was not there"))
                .anyMatch(line -> line.startsWith("MISSING keeps a long event"));
    }

    @Test
    void whatFollowsAfterAnotherServersFromIsPlayed() throws IOException {
        own("mine", """
                cases:
                  - name: takes
                    send:
                      - body: one
                    expect: {events: 0, error: it refuses one}
                """);
        Path file = folder.resolve("inputs/mine.camel.yaml");
        Files.writeString(
                file,
                Files.readString(file).replaceFirst("(?s)uri: sockets.*", "uri: kafka:nowhere\n") + """
                        parameters: {brokers: "127.0.0.1:1"}
                        steps:
                          - throwException:
                              exceptionType: java.lang.IllegalStateException
                              message: "it refuses ${body}"
                        """.indent(8));

        Printed printed = testRoutes(file);

        assertThat(printed.code()).as(printed.toString()).isZero();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "sent: [{tcp: a}], expect: {events: 1} | sent is not a key here. Did you mean send?",
                "expect: {events: 1} | it sends nothing",
                "send: [{tcp: a, udp: b}], expect: {events: 1} | one of body, tcp and udp",
                "send: [{tcp: a}] | it expects nothing",
            })
    void aMistakeInTheCasesIsTold(String oneCase, String mistake) throws IOException {
        own("mine", "cases: [{name: takes, %s}]".formatted(oneCase));

        assertThatThrownBy(() -> testRoutes(folder.resolve("inputs/mine.camel.yaml")))
                .hasMessageStartingWith("mine.test.yaml: ")
                .hasMessageContaining(mistake);
    }

    /** A copy of the input tcp. */
    private void own(String name, String cases) throws IOException {
        Files.createDirectories(folder.resolve("inputs"));
        Files.writeString(
                folder.resolve("inputs/%s.camel.yaml".formatted(name)),
                Files.readString(ROUTES.resolve("inputs/tcp.camel.yaml")).replace("input-tcp", "input-" + name));
        Files.writeString(folder.resolve("inputs/%s.test.yaml".formatted(name)), cases);
    }

    private record Printed(int code, List<String> lines) {}

    private static Printed testRoutes(Path which) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int code = Kit.testRoutes(ROUTES, which.toString(), new PrintStream(out, true, UTF_8));
        return new Printed(code, out.toString(UTF_8).lines().toList());
    }
}
