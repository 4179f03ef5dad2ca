package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.TestRun;
import com.bytefreezer.connector.config.Settings;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;

class SqliteHistoryTest extends HistoryContract {
    @TempDir
    private Path folder;

    @Override
    Settings settings() {
        return TestRun.settings(folder, Map.of());
    }
}
