package com.bytefreezer.connector.cursor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.testing.PostgresServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class PostgresHistoryTest extends HistoryContract {
    private static PostgresServer postgres;

    @TempDir
    private Path folder;

    @BeforeAll
    static void start() {
        postgres = PostgresServer.start();
    }

    @AfterAll
    static void stop() {
        postgres.close();
    }

    @Override
    Settings settings() throws Exception {
        postgres.empty();
        return TestRun.settings(
                folder,
                Map.of(
                        "cursor.claim-seconds",
                        "2",
                        "cursor.url",
                        postgres.url(),
                        "cursor.username",
                        PostgresServer.USERNAME,
                        "cursor.password",
                        PostgresServer.PASSWORD));
    }

    @Test
    @Timeout(300)
    void aReplicaFrozenWhileItWritesDoesNotHoldUpOthers() throws Exception {
        History history = open(settings());
        try (Connection frozen = postgres.connect()) {
            frozen.setAutoCommit(false);
            new Sql(frozen, Dialect.POSTGRESQL).awaitOthers("history");

            assertThatThrownBy(() -> history.add(run(1, 1)))
                    .isInstanceOf(ConnectorException.class)
                    .hasMessageContaining("lock timeout");
        }
        history.add(run(1, 1));
        assertThat(history.runs(LANE, 10)).hasSize(1);
    }

    @Test
    @Timeout(300)
    void aServerThatHangsIsOneThatIsDown() throws Exception {
        History history = open(settings());
        postgres.pause();
        try {
            assertThatThrownBy(() -> history.total(LANE)).isInstanceOf(ConnectorException.class);
        } finally {
            postgres.resume();
        }
        assertThat(history.total(LANE)).isEqualTo(History.Total.NONE);
    }

    @Test
    void whatReplicasLeftThatNeverStartAgainIsRemoved() throws Exception {
        Settings settings = settings();
        try (Cursor cursor = Cursor.open(settings);
                Connection connection = postgres.connect();
                Statement statement = connection.createStatement()) {
            cursor.pulse().beat(Map.of());
            statement.execute(
                    "INSERT INTO process VALUES ('gone 1 2 3', 1); INSERT INTO lane_user VALUES ('%1$s', 'gone 1 2 3', 'q');"
                                    .formatted(LANE)
                            + " INSERT INTO run_under_way VALUES ('%s', 'gone 1 2 3', 5, 1, 1, 1, 0, 0)"
                                    .formatted(LANE));

            History history = new History(new Visit(StoreAddress.of(settings)), 10, Duration.ZERO);
            history.add(run(7, 1), cursor.pulse().name());

            assertThat(history.runs(LANE, 10)).extracting(History.Run::state).contains(History.State.KILLED);
            try (ResultSet left = statement.executeQuery(
                    "SELECT (SELECT count(*) FROM process), (SELECT count(*) FROM lane_user), (SELECT count(*) FROM run_under_way)")) {
                left.next();
                assertThat(left.getInt(1)).isEqualTo(1);
                assertThat(left.getInt(2)).isZero();
                assertThat(left.getInt(3)).isZero();
            }
        }
    }
}
