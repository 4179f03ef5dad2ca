package com.bytefreezer.connector.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("slow")
class S3ServerTest {

    static Stream<Named<Supplier<S3Server>>> servers() {
        return Stream.of(Named.of("S3Proxy", S3Server::s3proxy), Named.of("MinIO", S3Server::minio));
    }

    @ParameterizedTest
    @MethodSource("servers")
    void listsWhatWasPutAndNotDeleted(Supplier<S3Server> start, @TempDir Path folder) throws Exception {
        Files.createDirectories(folder.resolve("hour=01"));
        Files.writeString(folder.resolve("hour=01").resolve("one.json"), "{}");
        Files.writeString(folder.resolve("two.json"), "{}");
        try (var server = start.get()) {
            server.createBucket("lake");
            server.uploadFolder("lake", "data", folder);
            server.put("lake", "other", "x".getBytes(UTF_8));
            assertThat(server.list("lake", "data/")).containsExactly("data/hour=01/one.json", "data/two.json");

            server.delete("lake", "data/two.json");
            assertThat(server.list("lake", "")).containsExactly("data/hour=01/one.json", "other");
        }
    }

    @ParameterizedTest
    @MethodSource("servers")
    void duckdbReadsFromItOnlyWithTheRightSecret(Supplier<S3Server> start) throws Exception {
        try (var server = start.get();
                var duckdb = DriverManager.getConnection("jdbc:duckdb:")) {
            server.createBucket("lake");
            server.put("lake", "one.json", "{\"n\":42}".getBytes(UTF_8));
            execute(duckdb, "SET extension_directory='%s'".formatted(TestTools.duckdbExtensions()));
            execute(duckdb, "LOAD httpfs");

            useSecret(duckdb, server, server.secretKey());
            try (var row = duckdb.createStatement().executeQuery("SELECT n FROM 's3://lake/one.json'")) {
                row.next();
                assertThat(row.getInt(1)).isEqualTo(42);
            }

            useSecret(duckdb, server, "wrong-secret-key");
            assertThatThrownBy(() -> execute(duckdb, "SELECT n FROM 's3://lake/one.json'"))
                    .hasMessageContaining("403");
        }
    }

    @Test
    void minioKeepsItsObjectsWhenKilledAndAnswersLaterWhenPaused() {
        try (var server = S3Server.minio()) {
            server.createBucket("lake");
            server.put("lake", "one", "1".getBytes(UTF_8));

            server.kill();
            server.restart();
            assertThat(server.list("lake", "")).containsExactly("one");

            server.pause();
            var listing = CompletableFuture.supplyAsync(() -> server.list("lake", ""));
            assertThat(listing).failsWithin(Duration.ofMillis(200)).withThrowableOfType(TimeoutException.class);
            server.resume();
            assertThat(listing).succeedsWithin(Duration.ofSeconds(30));
        }
    }

    private static void useSecret(Connection duckdb, S3Server server, String secret) throws SQLException {
        execute(duckdb, """
                CREATE OR REPLACE SECRET lake (TYPE s3, KEY_ID '%s', SECRET '%s', ENDPOINT '%s',
                    USE_SSL false, URL_STYLE path, REGION 'us-east-1')""".formatted(
                        server.accessKey(), secret, server.endpoint().getAuthority()));
    }

    private static void execute(Connection duckdb, String sql) throws SQLException {
        try (var statement = duckdb.createStatement()) {
            statement.execute(sql);
        }
    }
}
