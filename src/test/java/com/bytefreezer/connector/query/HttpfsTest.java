package com.bytefreezer.connector.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.testing.TestSettings;
import com.bytefreezer.connector.testing.TestTools;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.Map;
import java.util.stream.Stream;
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
    void saysHowToProvideItWhereItCannotBeInstalled() throws Exception {
        // Nothing can be installed below a file, whether DuckDB's host can be reached or not.
        Path nowhere = Files.createFile(folder.resolve("file")).resolve("extensions");

        assertThatThrownBy(() -> load(nowhere))
                .isInstanceOf(ConnectorException.class)
                .hasMessageStartingWith("DuckDB's httpfs extension, which reads S3, is not in " + nowhere)
                .hasMessageContaining("Nothing was exported.")
                .hasMessageContaining("use the container image")
                .hasMessageContaining("set duckdb.extension-directory to a folder that contains it")
                .hasMessageContaining("let this machine reach extensions.duckdb.org once")
                .message()
                .doesNotContain("\n");
    }

    @Test
    void aFileThatChangesAfterItWasVerifiedIsVerifiedAgain() throws Exception {
        Path extensions = copyOf(TestTools.duckdbExtensions());
        load(extensions);
        load(extensions);
        Path file;
        try (Stream<Path> files = Files.walk(extensions)) {
            file = files.filter(path -> path.toString().endsWith("httpfs.duckdb_extension"))
                    .findFirst()
                    .orElseThrow();
        }
        FileTime before = Files.getLastModifiedTime(file);
        try (RandomAccessFile content = new RandomAccessFile(file.toFile(), "rw")) {
            content.seek(content.length() - 1);
            int last = content.read();
            content.seek(content.length() - 1);
            content.write(last ^ 1);
        }
        Files.setLastModifiedTime(file, before);
        assertThatThrownBy(() -> load(extensions))
                .isInstanceOf(ConnectorException.class)
                .rootCause()
                .satisfies(cause -> assertThat(Stream.of(cause.getSuppressed()).map(Throwable::getMessage))
                        .anySatisfy(message -> assertThat(message).contains("signature")));
    }

    @Test
    void onlyVerifiedExtensionsAreLoadedAfterIt() throws Exception {
        for (int i = 0; i < 2; i++) {
            try (Connection connection = Engine.HERE.connect();
                    Statement statement = connection.createStatement()) {
                load(connection, TestTools.duckdbExtensions());
                try (ResultSet row =
                        statement.executeQuery("SELECT current_setting('" + Httpfs.UNVERIFIED + "')::VARCHAR")) {
                    row.next();
                    assertThat(row.getString(1)).isEqualTo("false");
                }
            }
        }
    }

    private Path copyOf(Path extensions) throws IOException {
        Path copy = folder.resolve("extensions");
        try (Stream<Path> paths = Files.walk(extensions)) {
            for (Path path : paths.toList()) {
                Files.copy(path, copy.resolve(extensions.relativize(path).toString()));
            }
        }
        return copy;
    }

    private void load(Path extensions) throws Exception {
        try (Connection connection = Engine.HERE.connect()) {
            load(connection, extensions);
        }
    }

    private void load(Connection connection, Path extensions) throws Exception {
        var settings = TestSettings.over(folder, Map.of("duckdb.extension-directory", extensions.toString()));
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET extension_directory=" + DuckDb.literal(extensions.toString()));
            Httpfs.load(connection, settings);
            try (ResultSet rows =
                    statement.executeQuery("SELECT loaded FROM duckdb_extensions() WHERE extension_name = 'httpfs'")) {
                rows.next();
                assertThat(rows.getBoolean(1)).isTrue();
            }
        }
    }
}
