package com.bytefreezer.connector;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What a failure is like is decided by its kind or type, and its text is made where it is shown: nothing reads it again. */
class DecidedByKindTest {
    private static final Path ROOT = Path.of("src/main/java/com/bytefreezer/connector");
    /** Of a throwable, or of a problem; not of an exchange, which Camel calls by the same name. */
    private static final String TEXT =
            "(?<!exchange|answer)\\.get(?:Original)?Message\\(\\)|Failures\\.describe\\([^()]*\\)|\\.saying\\([^()]*\\)";

    private static final String READ =
            "\\.(contains|startsWith|endsWith|matches|matcher|equals|indexOf|replace|replaceFirst|replaceAll)\\(";
    /** Within one statement, in either order: {@code PATTERN.matcher(e.getMessage())}. */
    private static final Pattern READ_AGAIN =
            Pattern.compile("(?:%1$s)\\)*\\s*%2$s|%2$s(?:String\\.valueOf\\()?\\w*(?:%1$s)".formatted(TEXT, READ));
    /** An effect is left out or said otherwise by {@code saying}. */
    private static final Pattern EFFECT_CUT_OUT =
            Pattern.compile("\\.replace\\w*\\(\\s*\"[^\"]*(Not started|Nothing was|undelivered|goes? on)");
    /** DuckDB gives nothing but text, and Kafka's client no type for brokers that never answered. */
    private static final Set<String> READERS =
            Set.of("query/DuckDbException.java", "destination/kafka/KafkaRecords.java");

    private static boolean readsAFailure(String statement) {
        return READ_AGAIN.matcher(statement).find()
                || EFFECT_CUT_OUT.matcher(statement).find();
    }

    @Test
    void noTextOfAFailureIsReadAgain() throws IOException {
        Set<String> found = new TreeSet<>();
        try (Stream<Path> files = Files.walk(ROOT)) {
            for (Path file :
                    files.filter(each -> each.toString().endsWith(".java")).toList()) {
                String name = ROOT.relativize(file).toString();
                if (!READERS.contains(name)) {
                    Stream.of(Files.readString(file).split("[;{}]"))
                            .filter(DecidedByKindTest::readsAFailure)
                            .forEach(statement -> found.add(name + ": " + statement.strip()));
                }
            }
        }
        assertThat(found).isEmpty();
    }

    @Test
    void whatReadsATextIsFound() {
        assertThat(List.of(
                        "if (String.valueOf(e.getMessage()).contains(\"HTTP 40\"))",
                        "return reason.equals(e.getMessage()) ? e : other",
                        "UNKNOWN.matcher(String.valueOf(e.getMessage())).find()",
                        "Failures.describe(e).startsWith(\"5\")",
                        "e.saying(\"\").replaceFirst(\" Candidate .*\", \"\")",
                        "e.problems().stream().map(each -> each.replace(\" Not started.\", \"\"))",
                        "text.replace(\" Nothing was exported.\", \"\")"))
                .allMatch(DecidedByKindTest::readsAFailure);
        assertThat(List.of(
                        "exchange.getMessage().getBody()",
                        "LOG.warn(\"{}\", e.getMessage())",
                        "problems.add(e.saying(\"\"))"))
                .noneMatch(DecidedByKindTest::readsAFailure);
    }
}
