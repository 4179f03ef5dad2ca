package com.bytefreezer.connector.disk;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

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
}
