package com.bytefreezer.connector.cursor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.ConnectorException;
import com.bytefreezer.connector.TestRun;
import com.bytefreezer.connector.config.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteHistoryTest extends HistoryContract {
    @TempDir
    private Path folder;

    @Override
    Settings settings() {
        return TestRun.settings(folder, Map.of());
    }

    @Test
    void aFileThatCannotBeReadIsClosedAgain() throws Exception {
        Path file = Files.writeString(folder.resolve("cursor.db"), "no database".repeat(1000));
        for (int look = 0; look < 20; look++) {
            assertThatThrownBy(() -> History.readOnly(settings()).total(LANE)).isInstanceOf(ConnectorException.class);
        }
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            assertThat(open.filter(one -> isLinkTo(file, one))).isEmpty();
        }
    }

    private static boolean isLinkTo(Path file, Path link) {
        try {
            return Files.readSymbolicLink(link).equals(file.toRealPath());
        } catch (IOException e) {
            // Closed meanwhile.
            return false;
        }
    }
}
