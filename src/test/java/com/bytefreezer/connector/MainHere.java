package com.bytefreezer.connector;

import com.bytefreezer.connector.testing.TestSettings;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * The program in this JVM, from its arguments to its exit code: a fraction of a process. For what neither a signal nor a
 * death ends, and that prints by {@link System#out}. One at a time.
 *
 * @param code that the process would end with
 * @param output what it has printed
 * @param log the lines of its log, with their level, and {@link com.bytefreezer.connector.app.TestRun#STACK_TRACE}
 */
public record MainHere(int code, String output, List<String> log) {

    /** Everything that a process would have shown. */
    public String shown() {
        return String.join("\n", log) + "\n" + output;
    }

    /**
     * Runs it to its end, in an empty environment.
     *
     * @param settings as with {@code --set}
     */
    public static MainHere run(Map<String, String> settings, String... arguments) {
        return runIn(Map.of(), TestSettings.arguments(settings, arguments));
    }

    /** The same in the given environment, as a process of {@link com.bytefreezer.connector.testing.ConnectorProcess}. */
    public static MainHere runIn(Map<String, String> environment, String... arguments) {
        PrintStream usual = System.out;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        try (TestLog log = TestLog.ofProgram()) {
            System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
            int code = Main.commandLine(environment).execute(arguments);
            return new MainHere(code, printed.toString(StandardCharsets.UTF_8), log.linesAndTraces());
        } finally {
            System.setOut(usual);
        }
    }
}
