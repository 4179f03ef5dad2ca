package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.delivery.Routes;
import com.bytefreezer.connector.testing.TestTools;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** docs/add-a-destination.md, done word for word: its files are written, its commands run, its outputs compared. */
class AddADestinationIT {
    private static final Pattern BLOCK = Pattern.compile(
            "(?:^`(?<file>[^`]+)`\\n)?^```(?<kind>[a-z]+)\\n(?<text>.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL);

    @TempDir
    private Path folder;

    @Test
    void everyFileAndCommandWorks() throws Exception {
        Path project = TestTools.projectDirectory();
        Routes.copyTo(folder.resolve("routes"));
        Files.createSymbolicLink(folder.resolve("target"), project.resolve("target"));
        List<String> certified = new ArrayList<>();
        String printed = "";
        for (var block : BLOCK.matcher(Files.readString(project.resolve("docs/add-a-destination.md")))
                .results()
                .toList()) {
            String text = block.group(3);
            switch (block.group(2)) {
                case "yaml" -> {
                    assertThat(block.group(1)).as(text).isNotNull();
                    Files.writeString(folder.resolve(block.group(1)), text);
                }
                case "bash" -> {
                    printed = run(text);
                    certified.addAll(printed.lines()
                            .filter(line -> line.contains(": certified."))
                            .toList());
                }
                case "text" -> assertThat(printed).isEqualTo(text);
                default -> throw new AssertionError(block.group(2));
            }
        }
        assertThat(certified).extracting(line -> line.replaceFirst(":.*", "")).containsExactly("collector", "bulk");
    }

    private String run(String commands) throws Exception {
        Path errors = folder.resolve("errors");
        Process process = new ProcessBuilder("bash", "-ec", commands)
                .directory(folder.toFile())
                .redirectError(errors.toFile())
                .start();
        process.getOutputStream().close();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor())
                .as(commands + printed + Files.readString(errors))
                .isZero();
        return printed;
    }
}
