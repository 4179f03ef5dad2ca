package com.bytefreezer.connector.signs;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.TestLog;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.TestTools;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PeriodicTest {
    private static Stream<Throwable> failures() {
        return Stream.of(
                new IllegalStateException("odd"),
                new NoClassDefFoundError("Missing"),
                new OutOfMemoryError("odd"),
                new StackOverflowError());
    }

    @ParameterizedTest
    @MethodSource("failures")
    void goesOnWhateverItThrows(Throwable failure) {
        AtomicInteger times = new AtomicInteger();
        ScheduledExecutorService thread = Periodic.thread("test");
        try (TestLog log = TestLog.of(Periodic.class)) {
            Periodic.each(Duration.ofMillis(1), thread, "the watch", () -> {
                if (times.incrementAndGet() < 100) {
                    PeriodicTest.<RuntimeException>sneak(failure);
                }
            });

            Await.until("it works", () -> times.get() > 200);

            assertThat(log.lines())
                    .hasSize(2)
                    .first()
                    .asString()
                    .startsWith(
                            "ERROR the watch: it failed (" + failure.getClass().getName());
            assertThat(log.lines().get(1)).isEqualTo("INFO the watch: it works again.");
        } finally {
            thread.shutdownNow();
        }
    }

    @Test
    void aLineComesAgainWhileItFails() {
        try (TestLog log = TestLog.of(Periodic.class)) {
            Periodic failing = new Periodic(
                    "the watch",
                    () -> {
                        throw new IllegalStateException("odd");
                    },
                    Duration.ZERO);
            failing.run();
            failing.run();
            assertThat(log.lines()).hasSize(2);
        }
    }

    /** Java's own way ends at the first exception, and says nothing. */
    @Test
    void noOtherClassDoesWorkAgainAndAgain() throws IOException {
        Path sources = TestTools.projectDirectory().resolve("src/main/java");
        try (Stream<Path> files = Files.walk(sources)) {
            assertThat(
                            files.filter(file -> file.toString().endsWith(".java"))
                                    .filter(
                                            file -> read(file)
                                                    .matches(
                                                            "(?s).*(scheduleWithFixedDelay|scheduleAtFixedRate|new Timer\\(|newScheduledThreadPool|newSingleThreadScheduledExecutor).*")))
                    .extracting(file -> file.getFileName().toString())
                    .containsExactly("Periodic.java");
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @SuppressWarnings("unchecked")
    private static <E extends Throwable> void sneak(Throwable failure) throws E {
        throw (E) failure;
    }
}
