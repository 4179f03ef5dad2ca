package com.bytefreezer.connector.query;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TemporaryFolderTest {
    @TempDir
    private Path parent;

    @Test
    void aKilledProcesssFilesAreRemovedAndALivingOnesStay() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        User.class.getName(),
                        parent.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        Path theirs;
        try (BufferedReader output =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            theirs = Path.of(output.lines()
                    .filter(line -> line.contains("bytefreezer-"))
                    .findFirst()
                    .orElseThrow());
            try (TemporaryFolder mine = TemporaryFolder.in(parent);
                    TemporaryFolder another = TemporaryFolder.in(parent)) {
                Files.createDirectories(mine.path());
                assertThat(theirs.resolve("spilled")).exists();
                assertThat(mine.path()).isNotEqualTo(another.path()).exists();
            }
            assertThat(theirs.resolve("spilled")).exists();
        } finally {
            process.destroyForcibly().waitFor();
        }
        assertThat(theirs.resolve("spilled")).exists();
        try (TemporaryFolder next = TemporaryFolder.in(parent)) {
            assertThat(theirs).doesNotExist();
            assertThat(Files.getPosixFilePermissions(next.path()))
                    .isEqualTo(PosixFilePermissions.fromString("rwx------"));
        }
        assertThat(parent).isEmptyDirectory();
    }

    @Test
    void severalThreadsMayFindWhatAKilledProcessLeft() throws Exception {
        for (int i = 0; i < 200; i++) {
            Files.createFile(parent.resolve("bytefreezer-%d.lock".formatted(i)));
        }
        CompletableFuture<?>[] users = IntStream.range(0, 8)
                .mapToObj(user -> CompletableFuture.runAsync(
                        () -> TemporaryFolder.in(parent).close()))
                .toArray(CompletableFuture[]::new);
        CompletableFuture.allOf(users).join();
        assertThat(parent).isEmptyDirectory();
    }

    @Test
    void aParentThatIsNotThereIsNoError() {
        try (TemporaryFolder folder = TemporaryFolder.in(parent.resolve("none"))) {
            assertThat(folder.path()).hasParentRaw(parent.resolve("none"));
        }
    }

    /** Uses a folder until it is killed. */
    static final class User {
        public static void main(String[] arguments) throws Exception {
            try (TemporaryFolder folder = TemporaryFolder.in(Path.of(arguments[0]))) {
                Files.createDirectories(folder.path());
                Files.writeString(folder.path().resolve("spilled"), "much");
                System.out.println(folder.path());
                System.in.read();
            }
        }
    }
}
