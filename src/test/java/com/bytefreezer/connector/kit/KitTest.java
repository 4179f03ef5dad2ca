package com.bytefreezer.connector.kit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.Main;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.testing.TestTools;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The kit is worth something only if it can fail, and says clearly why. */
class KitTest {
    private static final Path ROUTES = TestTools.projectDirectory().resolve("routes");
    private static final String TWO_RECORDS = """
            records: [{user: ann}, {user: bob}]
            """;

    @TempDir
    private Path folder;

    private Path routeFile(String name) throws IOException {
        Path file = folder.resolve(name + ".camel.yaml");
        Files.writeString(
                file,
                Files.readString(ROUTES.resolve("destinations/webhook.camel.yaml"))
                        .replace("webhook", name));
        return file;
    }

    private void cases(String text) throws IOException {
        Files.writeString(folder.resolve("mine.test.yaml"), text);
    }

    /** Plays one case of a copy of the webhook. */
    private List<String> problems(String oneCase) throws IOException {
        cases("""
                settings: {destination.mine.url: "{server}/in"}
                cases:
                  - name: one
                """ + oneCase.indent(4));
        try (DestinationRoute destination =
                DestinationRoute.find(ROUTES, routeFile("mine").toString())) {
            CaseFile file = destination.cases();
            return new Cases(destination, file).play(file.cases().get(0));
        }
    }

    // -- A wrong expectation is a line with what was expected and what was

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "outcome: failed                      | outcome: expected failed, was accepted",
                "outcome: stopped                     | outcome: expected stopped, was accepted",
                "accepted: 3                          | accepted: expected 3, was 2",
                "duplicates: 1                        | duplicates: expected 1, was 0",
                "rejected: [{record: 1, reason: bad}] | rejected: expected 1 (bad), was none",
                "error: busy                          | error: expected busy, was nothing",
                "retries: 1                           | retries: expected 1, was 0",
                "output: text                         | output: expected text, was nothing",
                "requests: 2                          | requests: expected 2, was 1 (POST /in)",
                "requests: 0                          | requests: expected 0, was 1 (POST /in)",
                "requests: []                         | requests: expected 0, was 1 (POST /in)",
                "requests: [{}, {}]                   | requests: expected 2, was 1 (POST /in)",
                "requests: [{method: PUT}]            | request 1, method: expected PUT, was POST",
                "requests: [{path: /out}]             | request 1, path: expected /out, was /in",
                "requests: [{headers: {X-No: a}}]     | request 1, header X-No: expected a, was no such header",
                "requests: [{headers: {Content-Type: text/plain}}] | request 1, header Content-Type: expected text/plain, was application/json",
                "requests: [{body: hello}] | request 1, body: expected hello, was {\"records\":[{\"user\":\"ann\"},{\"user\":\"bob\"}],\"count\":2}",
                "requests: [{body: {records: [{user: ann}, {user: eve}], count: 2}}] | request 1, body: expected {\"records\":[{\"user\":\"ann\"},{\"user\":\"eve\"}],\"count\":2}, was {\"records\":[{\"user\":\"ann\"},{\"user\":\"bob\"}],\"count\":2}",
            })
    void aWrongExpectationIsReported(String expectation, String problem) throws IOException {
        assertThat(problems(TWO_RECORDS + "expect:\n  " + expectation)).containsExactly(problem.strip());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "requests: [{body: {count: 2.0, records: [{user: ann}, {user: \"b{any}\"}]}}]",
                "requests: [{body: {count: \"{any}\", records: \"{any}\"}}]",
                "requests: [{body: '{\"records\":{any}}'}]",
                "requests: [{path: \"/{any}\", headers: {content-type: \"{any}json\", Idempotency-Key: \"{any}\"}}]",
            })
    void aRightExpectationIsNot(String expectation) throws IOException {
        assertThat(problems(TWO_RECORDS + "expect:\n  " + expectation)).isEmpty();
    }

    @Test
    void aRequestThatIsNotExpectedFails() throws IOException {
        assertThat(problems("""
                records: 1
                replies: [{status: 503}, {status: 200}]
                expect: {outcome: accepted, requests: [{path: /in}]}
                """)).containsExactly("requests: expected 1, was 2 (POST /in, POST /in)");
    }

    @Test
    void aRefusedRecordThatIsNotExpectedFails() throws IOException {
        assertThat(problems("""
                records: 1
                replies: [{status: 400, body: no}]
                expect: {outcome: accepted}
                """))
                .singleElement()
                .asString()
                .startsWith("rejected: expected none, was 0 (400 from http://");
    }

    @Test
    void anOutcomeThatIsNotExpectedComesWithItsError() throws IOException {
        assertThat(problems("""
                records: 1
                replies: [{status: 403, body: who are you}]
                expect: {outcome: accepted}
                """))
                .singleElement()
                .asString()
                .matches("outcome: expected accepted, was failed \\(403 .* who are you\\)");
    }

    @Test
    void aListOfDocumentsFitsLinesAndCountsThem() throws IOException {
        String lines = TWO_RECORDS + "settings: {destination.mine.format: ndjson}\nexpect:\n  requests: [{body: %s}]";
        assertThat(problems(lines.formatted("[{user: ann}, {user: bob}]"))).isEmpty();
        assertThat(problems(lines.formatted("[{user: ann}]"))).hasSize(1);
        assertThat(problems(lines.formatted("\"{\\\"user\\\":\\\"ann\\\"}\\n{\\\"user\\\":\\\"bob\\\"}\\n\"")))
                .isEmpty();
    }

    // -- Files that cannot be meant

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "casess: []                                                  | casess is not a key here. Did you mean cases?",
                "cases: [{name: a, record: 1}]                               | record is not a key here. Did you mean records?",
                "cases: [{name: a, records: 1, expect: {outcom: failed}}]    | outcom is not a key here. Did you mean outcome?",
                "cases: [{name: a, records: 1, expect: {requests: [{bodi: a}]}}] | bodi is not a key here. Did you mean body?",
                "cases: [{name: a, records: 1, replies: [{code: 1}], expect: {requests: 1}}] | code is not a key here.",
                "cases: [{name: a, records: 1}]                              | case \"a\": it expects nothing",
                "cases: [{name: a, records: 1, expect: {}}]                  | case \"a\": it expects nothing",
                "cases: [{name: a, expect: {requests: 1}}]                   | case \"a\": records must be a number or a list of records",
                "cases: [{name: a, records: 0, expect: {requests: 1}}]       | case \"a\": there must be at least one record",
                "cases: [{name: a, records: 1, expect: {outcome: fine}}]     | outcome must be one of accepted, failed, stopped, not \"fine\"",
                "cases: [{name: a, records: 1, expect: {requests: many}}]    | requests must be a number or a list of requests",
                "cases: [{records: 1, expect: {requests: 1}}]                | a case has no name",
                "cases: []                                                   | it has no cases",
                "settings: {}                                                | it has no cases",
                "certify: {recieved: a}                                      | certify: recieved is not a key here. Did you mean received?",
                "without: {acepts: because}                                  | \"acepts\" is not a standard case. Did you mean accepts?",
                "cases: [{                                                   | line 1: while parsing a flow",
                "cases: a                                                    | line 1: Cannot",
            })
    void aCaseFileWithAMistakeIsOneClearLine(String text, String problem) throws IOException {
        cases(text);
        assertThatThrownBy(() -> CaseFile.read(folder.resolve("mine.test.yaml")))
                .isInstanceOf(ConnectorException.class)
                .hasMessageStartingWith("mine.test.yaml: ")
                .hasMessageContaining(problem.strip())
                .hasMessageEndingWith("Not started.")
                .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
    }

    @Test
    void aSettingThatDoesNotExistIsAProblemOfItsCase() throws IOException {
        assertThat(problems("settings: {destination.mine.tokn: a}\nrecords: 1\nexpect: {requests: 1}"))
                .singleElement()
                .asString()
                .contains("destination.mine.tokn is not a setting. Did you mean destination.mine.token?");
    }

    // -- The command line

    @Test
    void theReportNamesWhatFailsAndTheStandardCasesThatAreMissing() throws Exception {
        cases("""
                settings: {destination.mine.url: "{server}/in"}
                without: {wrong credentials: it is open to all}
                cases:
                  - {name: accepts a batch, records: 2, expect: {accepted: 2, requests: 1}}
                  - {name: 429 then accepts, records: 2, replies: [{status: 429}], expect: {outcome: accepted}}
                """);
        Printed printed = testRoutes(routeFile("mine"));
        assertThat(printed.code()).isEqualTo(1);
        assertThat(printed.lines())
                .satisfiesExactly(
                        line -> assertThat(line).isEqualTo("ok      accepts a batch"),
                        line -> assertThat(line).isEqualTo("FAILED  429 then accepts"),
                        line -> assertThat(line).startsWith("        outcome: expected accepted, was failed (429 from"),
                        line -> assertThat(line).isEqualTo("without wrong credentials: it is open to all"),
                        line -> assertThat(line).startsWith("MISSING rejects one record"),
                        line -> assertThat(line).startsWith("MISSING 503 until retries end"),
                        line -> assertThat(line).isEqualTo("mine: 1 of 2 cases fail."));
    }

    @Test
    void aRouteWithoutTheRightBeginningIsNamed() throws Exception {
        cases("cases: [{name: accepts, records: 1, expect: {requests: 0}}]");
        Path file = folder.resolve("mine.camel.yaml");
        Files.writeString(file, """
                - route:
                    id: mine
                    from: {uri: "direct:other", steps: [{log: a}]}
                """);
        assertThat(testRoutes(file).lines()).anyMatch(line -> line.contains("\"from: direct:destination-mine\""));
        Files.writeString(file, "- rout: {}\n");
        assertThat(testRoutes(file).lines()).anyMatch(line -> line.contains("the route does not start: "));
    }

    @Test
    void whatIsNotThereIsOneClearLine() throws Exception {
        assertThatThrownBy(() -> testRoutes(Path.of("webhok")))
                .isInstanceOf(ConnectorException.class)
                .hasMessageMatching(
                        "webhok: there is no file .*webhok.camel.yaml. Not started. .* one of: .*webhook.*");
        assertThatThrownBy(() -> testRoutes(routeFile("mine")))
                .isInstanceOf(ConnectorException.class)
                .hasMessageContaining("mine has no cases");
        assertThatThrownBy(() -> Kit.testRoutes(folder, "webhook", System.out))
                .isInstanceOf(ConnectorException.class)
                .hasMessageContaining("--routes");
    }

    @Test
    void aDestinationWithoutAServerCannotBeCertified() throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        assertThat(Kit.certify(
                        Program.ofThisProcess(Main.class),
                        ROUTES,
                        "stdout",
                        Map.of(),
                        new PrintStream(out, true, StandardCharsets.UTF_8)))
                .isEqualTo(2);
        assertThat(out.toString(StandardCharsets.UTF_8).lines())
                .singleElement()
                .asString()
                .contains("stdout cannot be certified");
    }

    private record Printed(int code, List<String> lines) {}

    private static Printed testRoutes(Path which) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int code = Kit.testRoutes(ROUTES, which.toString(), new PrintStream(out, true, StandardCharsets.UTF_8));
        return new Printed(code, out.toString(StandardCharsets.UTF_8).lines().toList());
    }
}
