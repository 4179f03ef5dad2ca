package com.bytefreezer.connector.disk;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScratchFolderTest {
    private static Path write(ScratchFolder folder, String name) throws Exception {
        Path file = folder.path().resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, "x");
    }

    @Test
    void goesWithAllThatIsInItAndMayBeClosedTwice() throws Exception {
        var folder = ScratchFolder.create();
        write(folder, "a/b/c.txt");

        folder.close();
        folder.close();

        assertThat(folder.path()).doesNotExist();
    }

    @Test
    void keepsOnlyWhatIsAskedFor() throws Exception {
        try (var folder = ScratchFolder.create()) {
            Path kept = write(folder, "dead-letters/default/a.ndjson");
            Path gone = write(folder, "cursor.db");

            folder.removeExcept(folder.path().resolve("dead-letters"));

            assertThat(kept).exists();
            assertThat(gone).doesNotExist();
        }
    }

    @Test
    void goesWhereThereIsNothingToKeep() throws Exception {
        var folder = ScratchFolder.create();
        write(folder, "cursor.db");

        folder.removeExcept(folder.path().resolve("dead-letters"));

        assertThat(folder.path()).doesNotExist();
    }

    /** As a query process and the connector do when both end. */
    @Test
    @Tag("slow")
    void twoMayRemoveTheSameFolderAtOnce(@TempDir Path root) throws Exception {
        ExecutorService other = Executors.newSingleThreadExecutor();
        try {
            for (int round = 0; round < 50; round++) {
                Path folder = root.resolve("folder-" + round);
                for (int i = 0; i < 20; i++) {
                    Files.createDirectories(folder.resolve(i + "/a/b"));
                }
                Future<?> removed = other.submit(() -> {
                    ScratchFolder.delete(folder);
                    return null;
                });
                ScratchFolder.delete(folder);
                removed.get();
                assertThat(folder).doesNotExist();
            }
        } finally {
            other.shutdownNow();
        }
    }
}
