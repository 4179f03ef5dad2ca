package com.bytefreezer.connector.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.ConnectorException;
import com.bytefreezer.connector.testing.TestSettings;
import com.bytefreezer.connector.testing.TestTools;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HttpfsTest {
    @TempDir
    Path folder;

    @Test
    void isLoadedFromTheExtensionDirectory() throws Exception {
        load(TestTools.duckdbExtensions());
    }

    @Test
    void saysHowToProvideItWhereItIsMissingAndCannotBeInstalled() throws Exception {
        // Nothing can be installed below a file, whether DuckDB's host can be reached or not.
        Path nowhere = Files.createFile(folder.resolve("file")).resolve("extensions");

        assertThatThrownBy(() -> load(nowhere))
                .isInstanceOf(ConnectorException.class)
                .hasMessageStartingWith("DuckDB's httpfs extension, which reads S3, is neither in " + nowhere)
                .hasMessageContaining("Nothing was exported.")
                .hasMessageContaining("use the container image")
                .hasMessageContaining("set duckdb.extension-directory to a folder that holds it")
                .hasMessageContaining("let this machine reach extensions.duckdb.org once")
                .message()
                .doesNotContain("\n");
    }

    private void load(Path extensions) throws Exception {
        var settings = TestSettings.over(folder, Map.of("duckdb.extension-directory", extensions.toString()));
        try (var connection = DriverManager.getConnection("jdbc:duckdb:");
                var statement = connection.createStatement()) {
            statement.execute("SET extension_directory=" + JsonRendering.literal(extensions.toString()));
            Httpfs.load(connection, settings);
            try (var rows =
                    statement.executeQuery("SELECT loaded FROM duckdb_extensions() WHERE extension_name = 'httpfs'")) {
                rows.next();
                assertThat(rows.getBoolean(1)).isTrue();
            }
        }
    }
}
