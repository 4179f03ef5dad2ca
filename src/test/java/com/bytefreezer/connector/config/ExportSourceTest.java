package com.bytefreezer.connector.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.delivery.Routes;
import com.bytefreezer.connector.problem.ConnectorException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A person's file of an export keeps everything that a change is not about. */
class ExportSourceTest {
    private static final String BY_HAND = """
            # Ours; ask Ann before you change it. 🎉
            - templatedRoute:
                routeTemplateRef: export
                routeId: export-logins
                x-owner: ann   # no word of the connector's
                parameters:
                  - {name: name, value: logins}
                  - name: tenant
                    value: acme
                  # the noisy one
                  - name: dataset
                    value: 'syslog'
                  - name: intervalSeconds   # often
                    value: 30   # seconds
                  - name: sql
                    value: |
                      SELECT n -- all of it
                      FROM events

            # the end
            """;

    @TempDir
    private Path folder;

    @BeforeEach
    void makeRoutes() throws IOException {
        Routes.copyTo(folder.resolve("routes"));
        Files.delete(folder.resolve("routes/exports/default.camel.yaml"));
    }

    @Test
    void commentsOrderAndUnknownKeysStay() throws IOException {
        ExportSource source = source(BY_HAND, "logins");
        assertThat(source.alone()).isTrue();
        assertThat(source.parameters()).containsEntry("batchSize", "1000").containsEntry("enabled", "true");
        Map<String, String> changes = new LinkedHashMap<>();
        changes.put("intervalSeconds", "60");
        changes.put("sql", "SELECT n\nFROM events\nWHERE n > 1");
        changes.put("enabled", "false");
        assertThat(source.with(changes).text())
                .isEqualTo(BY_HAND.replace("value: 30 ", "value: \"60\" ")
                        .replace("value: |\n", "value: |-\n")
                        .replace(" -- all of it", "")
                        .replace("FROM events\n", """
                                FROM events
                                          WHERE n > 1
                                      - name: enabled
                                        value: "false"
                                """));
        assertThat(source.with(Map.of("sql", "SELECT 1")).text()).contains("value: \"SELECT 1\"\n\n# the end");
        assertThat(source.with(Map.of("intervalSeconds", "30")).text()).isEqualTo(BY_HAND);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[{templatedRoute: {routeTemplateRef: export, routeId: x, parameters: [{name: name, value: x}, {name: sql, value: a}]}}]",
                "- templatedRoute:\n    routeTemplateRef: export\n    parameters:\n    - name: name\n      value: x\n    - value: |-\n        a\n        b\n      name: sql",
                "- templatedRoute:\r\n    routeTemplateRef: export\r\n    parameters:\r\n      - name: sql\r\n        value: >\r\n          folded\r\n          text\r\n      - {name: name, value: x}\r\n",
                "- templatedRoute:\n    parameters:\n      -   name: sql\n          value:\n            plain text\n            of two lines\n      -   name: name\n          value: x\n      # last\n    routeTemplateRef: export\n",
                "- {templatedRoute: {routeTemplateRef: other, parameters: [{name: name, value: x}]}}\n- {templatedRoute: {routeTemplateRef: export, parameters: [{name: name, value: x}, {name: sql, value: 'it''s'}]}}\n",
            })
    void everyNotationTakesEveryText(String yaml) throws IOException {
        for (String sql : awkward()) {
            ExportSource changed = source(yaml, "x").with(Map.of("sql", sql)).with(Map.of("enabled", "false"));
            Files.writeString(file(), changed.text());
            ExportSource again = source(changed.text(), "x");
            assertThat(again.parameters().get("sql")).isEqualTo(ExportDefinition.escaped(sql));
            assertThat(again.parameters()).containsEntry("enabled", "false").containsEntry("name", "x");
            assertThat(again.with(Map.of("enabled", "true")).text())
                    .isEqualTo(changed.text().replaceFirst("(enabled\"?,?\\s+value: )\"false\"", "$1\"true\""));
        }
    }

    @Test
    void textThatLooksLikeYamlStaysText() throws IOException {
        String injection =
                "SELECT 1\n- route:\n    from:\n      uri: exec:rm\n---\n- x: &a *b !!java.lang.Runtime {{x}} # \"'";
        String text = source(BY_HAND, "logins").with(Map.of("sql", injection)).text();
        ExportSource again = source(text, "logins");
        assertThat(again.parameters().get("sql")).isEqualTo(ExportDefinition.escaped(injection));
        assertThat(RouteText.content(file())).hasSize(1);
    }

    @Test
    void whatCannotBeChangedSafelyIsLeftToThePerson() throws IOException {
        String listed =
                "- {templatedRoute: {routeTemplateRef: export, parameters: [{name: name, value: x}, {name: sql, value: [a, b]}]}}\n";
        assertThatThrownBy(() -> source(listed, "x").with(Map.of("sql", "b")))
                .isInstanceOf(ConnectorException.class)
                .hasMessageContaining("routes/exports/logins.camel.yaml")
                .hasMessageContaining("Change the file by hand.");
    }

    @Test
    void anExportIsFoundAmongOthersAndALinkIsNotWritten() throws IOException {
        ExportSource second = source(
                "- {templatedRoute: {routeTemplateRef: export, parameters: [{name: name, value: one}]}}\n"
                        + "- {templatedRoute: {routeTemplateRef: export, parameters: [{name: name, value: two}]}}\n",
                "two");
        assertThat(second.alone()).isFalse();
        assertThat(second.with(Map.of("enabled", "false")).text())
                .contains("value: one}]", "value: two}, {name: enabled, value: \"false\"}]");
        assertThat(second.whyNotWritable()).isEmpty();
        Path elsewhere = Files.move(file(), folder.resolve("elsewhere.yaml"));
        Files.createSymbolicLink(file(), elsewhere);
        assertThat(source(Files.readString(elsewhere), "two").whyNotWritable()).isPresent();
        assertThat(find("three")).isNull();
    }

    private static List<String> awkward() {
        Random random = new Random(20261127);
        StringBuilder any = new StringBuilder();
        while (any.length() < 200) {
            any.appendCodePoint(random.nextBoolean() ? random.nextInt(0x80) : random.nextInt(0xD000));
        }
        return List.of(
                "SELECT 1",
                "",
                " leading\n and trailing \n",
                "tab\tand\n\ttab",
                "'single' \"double\" \\ back",
                "# not a comment\n# nor this",
                "{{braces}} ${body} %\n}}",
                "ünïcödé 日本 🎉\n🎉",
                "a\r\nb",
                "\n\n",
                "null",
                "~",
                "yes: [no, {",
                "a\u0085b\u2028c\uFEFF\u007F\u0001",
                any.toString());
    }

    private ExportSource source(String yaml, String export) throws IOException {
        Files.writeString(file(), yaml);
        return find(export);
    }

    private ExportSource find(String export) {
        return ExportSource.find(
                        export,
                        RouteFiles.in(folder.resolve("routes")),
                        Map.of("schedule.batch-size", "1000", "schedule.interval-seconds", "60"))
                .orElse(null);
    }

    private Path file() {
        return folder.resolve("routes/exports/logins.camel.yaml");
    }
}
