package com.bytefreezer.connector.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.query.DuckDb;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.ConnectorProcess;
import com.bytefreezer.connector.testing.ControlServer;
import com.bytefreezer.connector.testing.MinioServer;
import com.bytefreezer.connector.testing.S3Server;
import com.bytefreezer.connector.testing.TestTools;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged program in place of the platform's packer, with the file and the environment of its quick start. */
class PackerIT {
    private static final int OBJECTS = 30;
    private static final int EVENTS = 100;

    @TempDir
    private Path folder;

    @Test
    void packersFileAndEnvironmentAreEnough() throws Exception {
        try (MinioServer minio = S3Server.minio();
                ControlServer control = ControlServer.start()) {
            control.accept();
            control.grant("acme", "web", minio, "packer");
            minio.createBucket("piper");
            minio.createBucket("packer");
            Files.createSymbolicLink(
                    folder.resolve("routes"), TestTools.projectDirectory().resolve("routes"));
            Files.writeString(folder.resolve("packer.yaml"), """
                    app: {name: packer, version: "1.0.0"}
                    server: {api_port: %d}
                    s3source:
                      bucket_name: "piper"
                      region: "us-east-1"
                      endpoint: "%s"
                      ssl: false
                      use_iam_role: false
                    control_service: {enabled: true, control_url: "", timeout_seconds: 30}
                    parquet:
                      max_file_size_mb: 128
                      timeout_seconds: 1
                      compression: "snappy"
                      streaming_mode: true
                      memory_buffer_mb: 64
                      atomic_upload: true
                    housekeeping: {enabled: true, interval_seconds: 60}
                    health_reporting: {enabled: true, report_interval: 30, timeout_seconds: 10, register_on_startup: true}
                    """.formatted(
                            TestTools.freePort(), minio.endpoint().getAuthority()));
            Map<String, String> environment = Map.of(
                    "CONTROL_URL", control.url().toString(),
                    "ACCOUNT_ID", "account-1",
                    "BYTEFREEZER_CONTROL_SERVICE_API_KEY", "key-of-the-account",
                    "BYTEFREEZER_S3SOURCE_ACCESS_KEY", minio.accessKey(),
                    "BYTEFREEZER_S3SOURCE_SECRET_KEY", minio.secretKey());
            put(minio, 0);
            try (ConnectorProcess packer = start("ingest", environment)) {
                Await.until("an object in the lake", () -> !lake(minio).isEmpty());
                put(minio, OBJECTS);
                // Wherever it is with the others.
                packer.killHard();
                assertThat(packer.standardError())
                        .contains("These keys of it have no effect (docs/migrate.md): app.name, app.version,");
            }
            try (ConnectorProcess packer = start("pack", environment)) {
                assertThat(packer.waitFor(Duration.ofMinutes(2)))
                        .as(packer.standardError())
                        .isZero();
            }
            assertThat(minio.list("piper", "")).isEmpty();
            assertThat(lake(minio)).allMatch(key -> key.matches("acme/web/data/parquet/year=.*\\.parquet"));
            assertThat(numbers(minio)).isEqualTo("%1$d %1$d".formatted(2 * OBJECTS * EVENTS));
        }
    }

    private ConnectorProcess start(String mode, Map<String, String> environment) {
        return ConnectorProcess.start(folder, environment, List.of(), "--config", "packer.yaml", "--mode", mode);
    }

    private static void put(MinioServer minio, int from) {
        for (int i = from; i < from + OBJECTS; i++) {
            String events = IntStream.range(i * EVENTS, (i + 1) * EVENTS)
                    .mapToObj("{\"n\":%d}\n"::formatted)
                    .collect(Collectors.joining());
            minio.put("piper", "acme/web/acme--web--%d--ndjson.gz".formatted(i), events.getBytes(UTF_8));
        }
    }

    private static List<String> lake(MinioServer minio) {
        return minio.list("packer", "");
    }

    private String numbers(MinioServer minio) throws Exception {
        for (String key : lake(minio)) {
            Files.write(folder.resolve(Path.of(key).getFileName()), minio.get("packer", key));
        }
        try (Connection connection = DuckDb.bare();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT count(n), count(DISTINCT n) FROM read_parquet(%s)"
                        .formatted(DuckDb.literal(folder + "/*.parquet")))) {
            row.next();
            return row.getLong(1) + " " + row.getLong(2);
        }
    }
}
