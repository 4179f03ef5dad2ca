package com.bytefreezer.connector;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What ends before anything starts. {@code ProcessIT} runs the program. */
class MainTest {
    private final StringWriter printed = new StringWriter();

    @Test
    void flagsAndExitCodesAreTheOriginals() {
        assertThat(run("--version")).isZero();
        assertThat(printed.toString()).startsWith("bytefreezer-connector 0.");
        assertThat(run("-h")).isZero();
        assertThat(run("--help")).isZero();
        assertThat(printed.toString()).contains("--mode");
        assertThat(run("--nonsense")).isEqualTo(2);
    }

    @Test
    void whatPreventsTheStartIsShownTogether() {
        assertThat(problems("--mode", "wrong"))
                .singleElement()
                .asString()
                .startsWith("ERROR Unknown mode: wrong (use: batch, ");
        assertThat(problems("--mode", "batch", "--config", "no-such.yaml"))
                .singleElement()
                .asString()
                .contains("no-such.yaml cannot be read");
        assertThat(problems("--mode", "batch", "--set", "lake.rot=x", "--set", "query.sync=never"))
                .satisfiesExactlyInAnyOrder(
                        line -> assertThat(line).contains("Did you mean lake.root?"),
                        line -> assertThat(line).contains("auto, incremental, full"));
    }

    private List<String> problems(String... arguments) {
        try (TestLog log = TestLog.of(Main.class)) {
            assertThat(run(arguments)).isEqualTo(1);
            return log.lines();
        }
    }

    private int run(String... arguments) {
        PrintWriter out = new PrintWriter(printed, true);
        return Main.commandLine(System.getenv()).setOut(out).setErr(out).execute(arguments);
    }
}
