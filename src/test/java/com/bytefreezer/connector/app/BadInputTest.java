package com.bytefreezer.connector.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BadInputTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            query.sql | SELECT nix FROM events | SQL: line 1, column 8: Binder Error: Referenced column "nix" not found
            lake.root | file:/nowhere          | there is no folder /nowhere
            """)
    void failsTheRunInOneLine(String setting, String value, String message) throws Exception {
        Map<String, String> settings = new HashMap<>(Map.of(
                "destination.type",
                "stdout",
                "lake.root",
                "file:samples/lake",
                "query.tenant-id",
                "acme",
                "query.dataset-id",
                "syslog",
                "query.sql",
                "FROM events"));
        settings.put(setting, value);
        TestRun run = TestRun.batch(TestRun.settings(folder, settings));

        assertThat(run.succeeded()).isFalse();
        assertThat(run.log("ERROR"))
                .singleElement()
                .asString()
                .contains(message)
                .doesNotContain(TestRun.STACK_TRACE);
    }
}
