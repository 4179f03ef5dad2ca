package com.bytefreezer.connector.signs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class MomentTest {
    /** Nothing but the machine's clock knows how old these are: an object of the lake, what another process has done. */
    private static final Set<String> AGES =
            Set.of("DatasetState.java", "FeedsElsewhere.java", "RetroHunts.java", "Sign.java", "Status.java");

    private static final Pattern BY_THE_CLOCK = Pattern.compile(
            "between\\([^;]*Instant\\.now\\(\\)|Instant\\.now\\(\\)\\.(minus|get)|currentTimeMillis|isBefore\\(Instant\\.now");

    @Test
    void itsEndIsAsLateAsItIsLong() {
        Moment moment = Moment.now();
        Duration past = moment.past();
        assertThat(past).isGreaterThanOrEqualTo(Duration.ZERO);
        assertThat(moment.end()).isAfterOrEqualTo(moment.time().plus(past));
    }

    @Test
    void noDurationOfThisProcessComesFromTheMachinesClock() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
            assertThat(files.filter(file -> file.toString().endsWith(".java"))
                            .filter(file -> BY_THE_CLOCK.matcher(text(file)).find())
                            .map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrderElementsOf(AGES);
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
