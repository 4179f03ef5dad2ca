package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.testing.ConnectorProcess;
import com.bytefreezer.connector.testing.TestTools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's commands on the bundled sample, with the packaged program in place of {@code mvn exec:java}. */
class ReadmeIT {
    private static final Pattern COMMAND =
            Pattern.compile("^mvn -q compile exec:java -Dexec\\.args=\"(.*)\"$", Pattern.MULTILINE);
    private static final Pattern RECORD = Pattern.compile("^\\{\"timestamp\".*}$", Pattern.MULTILINE);

    @TempDir
    private Path folder;

    private String page;

    @BeforeEach
    void read() throws IOException {
        Path project = TestTools.projectDirectory();
        page = Files.readString(project.resolve("README.md"));
        for (String name : List.of("target", "samples", "routes")) {
            Files.createSymbolicLink(folder.resolve(name), project.resolve(name));
        }
    }

    @Test
    void itsCommandsDoWhatItSays() throws Exception {
        List<String> commands =
                COMMAND.matcher(page).results().map(match -> match.group(1)).toList();
        assertThat(commands).hasSize(3);

        List<String> first = run(commands.get(0));
        assertThat(first).hasSize(400);
        assertThat(first)
                .contains(RECORD.matcher(page).results().map(MatchResult::group).toArray(String[]::new));
        assertThat(run(commands.get(0))).as("all is delivered").isEmpty();
        assertThat(run(commands.get(1)))
                .hasSize(2000)
                .allMatch(record -> record.startsWith("{\"SRC\":\"") && record.contains("\"DPT\":"));
        assertThat(run(commands.get(2))).as("it goes to files").isEmpty();
        try (Stream<Path> files = Files.walk(folder.resolve("records"))) {
            Path file = files.filter(path -> path.toString().endsWith(".ndjson"))
                    .findFirst()
                    .orElseThrow();
            assertThat(Files.readAllLines(file)).hasSize(400);
        }
    }

    private List<String> run(String arguments) throws Exception {
        Path output = folder.resolve("output");
        Path errors = folder.resolve("errors");
        ProcessBuilder builder = new ProcessBuilder(
                        "bash", "-c", "java -jar target/bytefreezer-connector.jar " + arguments)
                .directory(folder.toFile())
                .redirectOutput(output.toFile())
                .redirectError(errors.toFile());
        builder.environment().put("JDK_JAVA_OPTIONS", String.join(" ", ConnectorProcess.quickStart()));
        int code = builder.start().waitFor();
        assertThat(code).as(Files.readString(errors)).isZero();
        return Files.readAllLines(output);
    }
}
