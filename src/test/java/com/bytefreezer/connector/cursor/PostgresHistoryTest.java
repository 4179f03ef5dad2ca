package com.bytefreezer.connector.cursor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.testing.PostgresServer;
import java.nio.file.Path;
import java.sql.Connection;
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
    @Timeout(60)
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
    @Timeout(60)
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
}
