package com.bytefreezer.connector.cursor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.problem.ConnectorException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
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
            assertThatThrownBy(() -> History.of(settings()).total(LANE)).isInstanceOf(ConnectorException.class);
        }
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            assertThat(open.filter(one -> isLinkTo(file, one))).isEmpty();
        }
    }

    /** A process that is killed each minute leaves half a million rows a year. */
    @Test
    void whatKilledProcessesHaveLeftIsRemovedAtTheNextStart() throws Exception {
        Settings settings = settings();
        try (Cursor cursor = Cursor.open(settings);
                var connection = DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("cursor.db"));
                var statement = connection.createStatement()) {
            cursor.pulse().beat(Map.of());
            for (int i = 0; i < 100; i++) {
                statement.execute("INSERT INTO process VALUES ('gone %d', 1)".formatted(i));
                statement.execute("INSERT INTO lane_user VALUES ('%s', 'gone %d', 'q')".formatted(LANE, i));
                statement.execute("INSERT INTO retrying VALUES ('%s', 'gone %d', 1, 'why', 1)".formatted(LANE, i));
            }

            cursor.history().addKilled(cursor.pulse().name());

            try (var left = statement.executeQuery(
                    "SELECT (SELECT count(*) FROM process), (SELECT count(*) FROM lane_user), (SELECT count(*) FROM retrying)")) {
                assertThat(left.getInt(1)).isEqualTo(1);
                assertThat(left.getInt(2)).isZero();
                assertThat(left.getInt(3)).isZero();
            }
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
