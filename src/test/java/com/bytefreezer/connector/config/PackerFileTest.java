package com.bytefreezer.connector.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.testing.TestTools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Packer's file becomes settings, as docs/migrate.md says. */
class PackerFileTest {
    private static final Pattern ROW = Pattern.compile("(?m)^\\| (`[^|]*`) \\| ([^|]*) \\| `PackerFileTest[^|]*\\|$");
    private static final Pattern CODE = Pattern.compile("`([^`]+)`");

    @TempDir
    private Path folder;

    @Test
    void thePageSaysWhatEachKeyBecomes() throws IOException {
        String page = Files.readString(TestTools.projectDirectory().resolve("docs/migrate.md"));
        TreeSet<String> named = new TreeSet<>();
        Matcher row = ROW.matcher(page.split("## Packer's configuration file", 2)[1]);
        while (row.find()) {
            List<String> keys = codes(row.group(1));
            List<String> settings = codes(row.group(2));
            for (int i = 0; i < keys.size(); i++) {
                String key = keys.get(i).replace('_', '-').replace(".*", ".x");
                named.add(keys.get(i).replace('_', '-').replace("*", ""));
                if (!row.group().contains("thePageSays")) {
                    continue;
                }
                PackerFile file = PackerFile.of(Map.of(key, "1000"));
                if (row.group(2).startsWith("no effect")) {
                    assertThat(file.settings()).as(key).isEmpty();
                    assertThat(file.withoutEffect()).containsExactly(key);
                } else {
                    assertThat(file.settings()).containsExactly(Map.entry(settings.get(i), "1000"));
                    assertThat(file.withoutEffect()).isEmpty();
                }
            }
        }
        assertThat(named)
                .containsAll(PackerFile.RENAMED.keySet())
                .containsAll(PackerFile.DECIDING)
                .containsAll(PackerFile.WITHOUT);
    }

    private static List<String> codes(String cell) {
        List<String> codes = new ArrayList<>();
        Matcher code = CODE.matcher(cell);
        while (code.find()) {
            codes.add(code.group(1));
        }
        return codes;
    }

    @Test
    void theFileOfTheQuickStartIsTakenAsItIs() throws Exception {
        Settings settings = load(
                """
                app: {name: packer, version: "1.0.0"}
                server: {api_port: 8083}
                s3source:
                  bucket_name: piper
                  region: us-east-1
                  endpoint: "minio:9000"
                  ssl: false
                  use_iam_role: false
                control_service: {enabled: true, control_url: "", timeout_seconds: 30}
                parquet:
                  max_file_size_mb: 64
                  timeout_seconds: 60
                  compression: snappy
                  streaming_mode: true
                  memory_buffer_mb: 64
                  atomic_upload: true
                housekeeping: {enabled: true, interval_seconds: 60}
                otel: {enabled: false, mode: prometheus, metrics_port: 9093}
                health_reporting: {enabled: true, report_interval: 30, timeout_seconds: 10, register_on_startup: true}
                error_tracking: {enabled: true}
                """,
                Map.of(
                        "CONTROL_URL", "https://api.example",
                        "ACCOUNT_ID", "a1",
                        "BYTEFREEZER_CONTROL_SERVICE_API_KEY", "key-of-the-account",
                        "BYTEFREEZER_S3SOURCE_ACCESS_KEY", "minioadmin",
                        "BYTEFREEZER_S3SOURCE_SECRET_KEY", "minioadmin"));
        Map<String, String> expected = new TreeMap<>(Map.of(
                "s3source.bucket", "piper",
                "s3source.endpoint", "minio:9000",
                "s3source.use-ssl", "false",
                "s3source.access-key", "minioadmin",
                "control.url", "https://api.example",
                "control.api-key", "key-of-the-account",
                "pack.max-file-size-mb", "64",
                "pack.timeout-seconds", "60",
                "pack.compression", "snappy",
                "pack.memory-mb", "256"));
        expected.put("server.port", "8083");
        expected.put("health-reporting.enabled", "true");
        assertThat(settings.asMap()).containsAllEntriesOf(expected);
        assertThat(settings.keysWithoutEffect())
                .containsExactly(
                        "app.name",
                        "app.version",
                        "error_tracking.enabled",
                        "housekeeping.enabled",
                        "housekeeping.interval_seconds",
                        "otel.enabled",
                        "otel.metrics_port",
                        "otel.mode",
                        "parquet.atomic_upload",
                        "parquet.memory_buffer_mb",
                        "parquet.streaming_mode");
    }

    @Test
    void someKeysDecideOnOthers() {
        Map<String, String> file = new LinkedHashMap<>(Map.of(
                "control-service.enabled", "false",
                "control-service.base-url", "http://control:8082",
                "s3source.bucket-name", "piper",
                "s3source.use-iam-role", "true",
                "s3source.access-key", "of nobody",
                "s3source.secret-key", "of nobody",
                "s3destination.bucket-name", "packer",
                "uploadpool.cleanup-source-files", "false",
                "logging.encoding", "json",
                "parquet.timeout-seconds", "0"));
        assertThat(PackerFile.of(file).settings())
                .containsExactlyInAnyOrderEntriesOf(Map.of(
                        "s3source.bucket", "piper",
                        "s3.bucket", "packer",
                        "s3source.keep-source", "true",
                        "logging.format", "json",
                        "pack.timeout-seconds", ""));
        file.put("control-service.enabled", "true");
        assertThat(PackerFile.of(file).settings())
                .containsEntry("control.url", "http://control:8082")
                .doesNotContainKey("s3.bucket");
        assertThat(PackerFile.of(file).withoutEffect()).containsExactly("s3destination.bucket-name");
        assertThat(PackerFile.of(Map.of("parquet.memory-buffer-mb", "512", "parquet.compression", "none"))
                        .settings())
                .containsExactly(Map.entry("pack.memory-mb", "512"));
    }

    @Test
    void theConnectorsOwnFileIsNotPackers() throws Exception {
        Settings settings = load("s3source: {bucket: piper}\napp: {name: x}\nlake: {root: ./lake}\n", Map.of());
        assertThat(settings.text("s3source.bucket")).isEqualTo("piper");
        assertThat(settings.keysWithoutEffect()).isEmpty();
    }

    private Settings load(String yaml, Map<String, String> environment) throws IOException, SettingsException {
        Path file = Files.writeString(folder.resolve("packer.yaml"), yaml);
        RouteFiles routes = RouteFiles.in(TestTools.projectDirectory().resolve("routes"));
        return Settings.load(new Settings.Sources(Mode.PACK, Map.of(), environment, file, folder, routes));
    }
}
