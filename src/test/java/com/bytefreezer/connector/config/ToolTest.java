package com.bytefreezer.connector.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.problem.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Routes of tools, and what is told of those that cannot be tools. */
class ToolTest {
    @TempDir
    private Path folder;

    @BeforeEach
    void makeTheFolder() throws IOException {
        Files.createDirectories(folder.resolve("mcp"));
    }

    private RouteFiles write(String name, String uri, String description, String note) throws IOException {
        Files.writeString(
                folder.resolve("mcp").resolve(name + ".camel.yaml"),
                "- route: {description: \"%s\", note: \"%s\", from: {uri: \"%s\"}}\n"
                        .formatted(description, note, uri));
        return RouteFiles.in(folder);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "direct:mcp-Find it;Finds it;;\"Find it\" cannot name a tool.",
                "direct:mcp-find;'';;tool find has no description",
                "direct:mcp-find;Finds it;a  string  what\\nb  text  which;tool find: \"b  text  which\" is not an argument.",
                "direct:mcp-find;Finds it;a  integer = many  what;tool find: the default of a is not a whole number."
            })
    void aToolThatCannotBeOneStopsTheStart(String uri, String description, String note, String problem)
            throws IOException {
        assertThat(ToolText.problems(write("a", uri, description, note == null ? "" : note)))
                .singleElement()
                .extracting(Problem::line)
                .asString()
                .contains("mcp/a.camel.yaml: " + problem, "Not started.");
    }

    @Test
    void twoToolsOfOneNameAreTold() throws IOException {
        write("a", "direct:mcp-find", "Finds it", "");
        assertThat(ToolText.problems(write("b", "direct:mcp-find", "Finds it", "")))
                .singleElement()
                .extracting(Problem::line)
                .asString()
                .contains("there is a tool find already, in");
    }

    @Test
    void onlyAMarkedToolReads() throws IOException {
        List<Tool> tools = write("a", "direct:mcp-find", "Finds it", "Newest first.\\na  strings  what")
                .tools();
        assertThat(tools).singleElement().satisfies(tool -> {
            assertThat(tool.reads()).isFalse();
            assertThat(tool.description()).isEqualTo("Finds it. Newest first.");
            assertThat(tool.complete(Map.of("a", List.of("x")))).containsKey("a");
        });
    }
}
