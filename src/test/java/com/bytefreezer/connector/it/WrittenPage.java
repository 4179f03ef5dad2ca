package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.delivery.Routes;
import com.bytefreezer.connector.testing.ConnectorProcess;
import com.bytefreezer.connector.testing.TestTools;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/**
 * A page of the documentation, done word for word in a folder of its own beside the packaged program: its files are
 * written, its commands run, and what they print is compared with what the page says.
 */
final class WrittenPage {
    private static final Pattern BLOCK = Pattern.compile(
            "(?:^`(?<file>[^`]+)`\\n)?^```(?<kind>[a-z]+)\\n(?<text>.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL);

    private final String page;
    private final Path folder;
    private final Map<String, String> places = new TreeMap<>();
    private final Map<String, String> environment = new TreeMap<>();
    private Consumer<String> before = command -> {};
    private UnaryOperator<String> essence = UnaryOperator.identity();
    private Reader sql = text -> {
        throw new AssertionError("nothing reads SQL");
    };

    /** Runs a text that is no command of the shell, and returns what it prints. */
    interface Reader {
        String read(String text) throws Exception;
    }

    /**
     * What came of a page.
     *
     * @param printed by each block of commands
     * @param compared how many outputs stand in the page
     */
    record Done(List<String> printed, int compared) {}

    /** @param page e.g. {@code docs/operations.md} */
    WrittenPage(String page, Path folder) {
        this.page = page;
        this.folder = folder;
    }

    /** The page's example of an address or a password, and what it is here. */
    WrittenPage with(String example, Object here) {
        places.put(example, here.toString());
        return this;
    }

    WrittenPage environment(String name, Object value) {
        environment.put(name, value.toString());
        return this;
    }

    /** Called with each block of commands before it runs. */
    WrittenPage before(Consumer<String> listener) {
        before = listener;
        return this;
    }

    /** What of an output is the same each time. */
    WrittenPage comparing(UnaryOperator<String> part) {
        essence = part;
        return this;
    }

    WrittenPage sql(Reader reader) {
        sql = reader;
        return this;
    }

    Done run() throws Exception {
        Path project = TestTools.projectDirectory();
        Routes.copyTo(folder.resolve("routes"));
        for (String name : List.of("target", "samples", "src", "pom.xml")) {
            Files.createSymbolicLink(folder.resolve(name), project.resolve(name));
        }
        List<String> outputs = new ArrayList<>();
        String printed = "";
        int compared = 0;
        String text = Files.readString(project.resolve(page));
        // An example that is nowhere would be a page that has moved on.
        assertThat(places.keySet()).allMatch(text::contains);
        for (var block : BLOCK.matcher(text).results().toList()) {
            String content = block.group(3);
            for (var place : places.entrySet()) {
                content = content.replace(place.getKey(), place.getValue());
            }
            switch (block.group(2)) {
                case "yaml", "csv" -> {
                    assertThat(block.group(1)).as(content).isNotNull();
                    Path file = folder.resolve(block.group(1));
                    Files.createDirectories(file.getParent());
                    Files.writeString(file, content);
                }
                case "bash" -> {
                    before.accept(content);
                    printed = run(content);
                    outputs.add(printed);
                }
                case "sql" -> printed = sql.read(content);
                case "text" -> {
                    assertThat(essence.apply(printed)).isEqualTo(essence.apply(content));
                    compared++;
                }
                // An excerpt of a file that is there.
                case "yml" -> assertThat(excerptOfARoute(project, content)).isTrue();
                default -> throw new AssertionError(block.group(2));
            }
        }
        return new Done(outputs, compared);
    }

    private static boolean excerptOfARoute(Path project, String text) throws Exception {
        try (var files = Files.walk(project.resolve("routes"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                if (Files.readString(file).contains(text)) {
                    return true;
                }
            }
        }
        return false;
    }

    private String run(String commands) throws Exception {
        Path output = folder.resolve("output");
        Path errors = folder.resolve("errors");
        // Files, since what runs in the background keeps them open; and that ends with the commands.
        ProcessBuilder builder = new ProcessBuilder(
                        "bash", "-ec", "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n" + commands)
                .directory(folder.toFile())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(output.toFile())
                .redirectError(errors.toFile());
        // For every Java that the page starts.
        builder.environment().put("JDK_JAVA_OPTIONS", String.join(" ", ConnectorProcess.quickStart()));
        builder.environment().putAll(environment);
        int code = builder.start().waitFor();
        String printed = Files.readString(output);
        assertThat(code).as(commands + printed + Files.readString(errors)).isZero();
        return printed;
    }
}
