package com.bytefreezer.connector;

import static org.assertj.core.api.Assertions.assertThatCode;

import com.bytefreezer.connector.config.Secrets;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.cursor.Cursor;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A signal may come as soon as there is something to stop, and before Camel is there. */
class StopTest {
    @TempDir
    Path folder;

    @Test
    void aConnectorThatHasNotStartedCanBeStopped() {
        Settings settings = TestRun.settings(folder, Map.of("destination.type", "stdout"));
        Connector connector = new Connector(settings, new Secrets(), Cursor.open(settings), Mode.WATCH);

        assertThatCode(connector::close).doesNotThrowAnyException();
    }

    @Test
    void aWorkbenchThatHasNotStartedCanBeStopped() {
        Workbench workbench = new Workbench(TestRun.settings(folder, Map.of()), new Secrets());

        assertThatCode(workbench::close).doesNotThrowAnyException();
    }
}
