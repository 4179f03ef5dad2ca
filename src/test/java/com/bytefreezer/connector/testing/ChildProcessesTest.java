package com.bytefreezer.connector.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChildProcessesTest {
    @TempDir
    Path folder;

    @Test
    void aServerThatEndsIsStartedOnceMore() {
        Process started = ChildProcesses.startServer(
                "It",
                shell("if [ -e once ]; then echo ready; exec sleep 600; fi; touch once; exit 1"),
                () -> says("ready"));
        assertThat(started.isAlive()).isTrue();
        ChildProcesses.kill(started);
    }

    @Test
    void aServerThatEndsAgainLeavesItsLastWords() {
        assertThatThrownBy(() -> ChildProcesses.startServer("It", shell("echo the port is taken; exit 3"), () -> false))
                .hasMessage("It ended with 3: the port is taken");
    }

    private boolean says(String words) {
        try {
            return Files.readString(folder.resolve("log")).contains(words);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private ProcessBuilder shell(String script) {
        return new ProcessBuilder("sh", "-c", script)
                .directory(folder.toFile())
                .redirectOutput(folder.resolve("log").toFile());
    }
}
