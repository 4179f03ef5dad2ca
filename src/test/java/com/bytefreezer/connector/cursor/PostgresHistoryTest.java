package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.TestRun;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.testing.PostgresServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

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
        try (Connection connection = postgres.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("DROP TABLE IF EXISTS run, total");
        }
        return TestRun.settings(
                folder,
                Map.of(
                        "cursor.url", postgres.url(),
                        "cursor.username", PostgresServer.USERNAME,
                        "cursor.password", PostgresServer.PASSWORD));
    }
}
