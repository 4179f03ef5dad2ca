package com.bytefreezer.connector.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.testing.ChildProcesses;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class SignalStopTest {
    /** Closes slowly: it says when it begins, and ends with its input. */
    static final class Closing {
        public static void main(String[] arguments) throws Exception {
            new SignalStop(
                            () -> {
                                System.out.println("closing");
                                System.in.read();
                                System.out.println("closed");
                            },
                            () -> System.out.println("rest closed"),
                            7)
                    .end();
            System.exit(0);
        }
    }

    @Test
    void aSignalWhileItClosesWaitsForTheRest() throws Exception {
        Process child = child();
        try (BufferedReader out = child.inputReader(StandardCharsets.UTF_8)) {
            awaitLine(out, "closing");
            // Not the process itself: that would close its streams, too.
            child.toHandle().destroy();
            awaitLine(out, "Stopping");
            child.outputWriter().close();
            assertThat(out.lines()).contains("closed", "rest closed");
            assertThat(child.waitFor()).isEqualTo(7);
        } finally {
            ChildProcesses.kill(child);
        }
    }

    @Test
    void withoutASignalItClosesOnceAndTheOwnerClosesTheRest() throws Exception {
        Process child = child();
        try (BufferedReader out = child.inputReader(StandardCharsets.UTF_8)) {
            child.outputWriter().close();
            assertThat(out.lines()).containsExactly("closing", "closed");
            assertThat(child.waitFor()).isZero();
        } finally {
            ChildProcesses.kill(child);
        }
    }

    private static Process child() {
        return ChildProcesses.start(new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Closing.class.getName()))
                .redirectErrorStream(true));
    }

    private static void awaitLine(BufferedReader out, String part) throws IOException {
        String line = out.readLine();
        while (line != null && !line.contains(part)) {
            line = out.readLine();
        }
        assertThat(line).as("a line with %s", part).isNotNull();
    }
}
