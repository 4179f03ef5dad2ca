package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.kit.Request;
import com.bytefreezer.connector.testing.AppFolder;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.ConnectorProcess;
import com.bytefreezer.connector.testing.ControlServer;
import com.bytefreezer.connector.testing.S3Server;
import com.bytefreezer.connector.testing.TestTools;
import com.bytefreezer.connector.testing.WebhookServer;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.Closeable;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarFile;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The original's three deployments (docs/contracts.md) run this connector when only the image or the command is
 * changed. The image is laid out in a folder, see {@link AppFolder}.
 */
class DropInIT {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    /** The original's example query. */
    private static final String EXAMPLE =
            "SELECT * FROM read_parquet('PARQUET_PATH', hive_partitioning=true, union_by_name=true) LIMIT 100";

    @TempDir
    private static Path root;

    private static AppFolder image;
    private static S3Server lake;

    @TempDir
    private Path folder;

    private final int port = TestTools.freePort();

    @BeforeAll
    static void buildImage() {
        image = AppFolder.in(root);
        assertThat(image.build(image.classArchive() + " && chmod a+r bytefreezer-connector.jsa"))
                .isZero();
        lake = S3Server.s3proxy();
        lake.createBucket("packer");
        lake.uploadFolder(
                "packer",
                "tenant-1/syslog/data/parquet",
                TestTools.projectDirectory().resolve("samples/lake/acme/syslog/data/parquet"));
    }

    @AfterAll
    static void close() {
        lake.close();
    }

    // -- docker/quick-start: config.yaml is mounted, its control values are empty, the environment has them

    @Test
    void composeWatchesExportsAndIsHealthy() throws Exception {
        try (ControlServer control = ControlServer.start()) {
            control.grant("tenant-1", "syslog", lake, "packer");
            control.accept();
            Path config = config("""
                    app: {name: bytefreezer-connector, version: 1.0.0}
                    logging: {level: info}
                    server: {port: %d}
                    control: {url: "", api_key: "", account_id: ""}
                    health_reporting: {enabled: true, report_interval: 1, timeout_seconds: 10}
                    query: {tenant_id: tenant-1, dataset_id: syslog, sql: "%s"}
                    destination: {type: stdout, config: {}}
                    cursor: {file: cursor.json}
                    schedule: {interval_seconds: 60, batch_size: 1000}
                    """.formatted(port, EXAMPLE));
            Map<String, String> environment = Map.of(
                    "HOST_HOSTNAME", "docker-host",
                    "CONTROL_URL", control.url().toString(),
                    "ACCOUNT_ID", "account-1",
                    "BYTEFREEZER_CONNECTOR_CONTROL_API_KEY", "key-of-the-account");
            try (ConnectorProcess connector =
                    image.run(environment, "--config", config.toString(), "--mode", "watch")) {
                Await.until("the export", () -> lines(connector).size() == 100);
                assertThat(image.shell(image.healthCheck().replace("8090", "" + port)))
                        .isZero();
                Await.until("a report", () -> control.calls("report").size() > 1);
                assertThat(control.authorizations()).containsOnly("Bearer key-of-the-account");
                JsonNode registered = control.calls("register").get(0);
                assertThat(registered.path("service_type").asText()).isEqualTo("bytefreezer-connector");
                assertThat(registered.path("instance_api").asText()).endsWith(":" + port);
                assertThat(registered.at("/configuration/mode").asText()).isEqualTo("watch");

                connector.terminate();
                assertThat(connector.waitFor(PATIENCE))
                        .as(connector.standardError())
                        .isZero();
                assertThat(control.requests())
                        .extracting(Request::method)
                        .last()
                        .isEqualTo("DELETE");
            }
            Path cursor = root.resolve("data/cursor.db");
            assertThat(cursor).exists();
            Files.delete(cursor);
        }
    }

    // -- the image itself

    @Test
    void theImagesUserIsThatOfTheOriginalsChart() throws Exception {
        List<String> dockerfile =
                Files.readAllLines(TestTools.projectDirectory().resolve("Dockerfile"));
        assertThat(dockerfile).anyMatch(line -> line.contains("useradd --uid 1000 --create-home connector"));
        assertThat(dockerfile).filteredOn(line -> line.startsWith("USER ")).containsExactly("USER connector");
    }

    @Test
    void itsUserCanWriteNothingInItsFolder() {
        assertThat(image.shell("! touch config.yaml && ! touch routes/exports/mine.camel.yaml && touch ../data/mine"))
                .isZero();
    }

    /** What the image holds beside Java's own code, but for httpfs, which is fetched for its architecture. */
    @Test
    void everyNativeLibraryIsThereForBothArchitectures() throws Exception {
        Set<String> withNatives = new TreeSet<>();
        Set<String> besideJars = new TreeSet<>();
        for (File file : image.app().resolve("lib").toFile().listFiles()) {
            if (!file.getName().endsWith(".jar")) {
                besideJars.add(file.getName());
                continue;
            }
            try (JarFile entries = new JarFile(file)) {
                List<String> natives = entries.stream()
                        .map(entry -> entry.getName().toLowerCase(Locale.ROOT))
                        .filter(name -> name.contains("linux") && name.contains(".so"))
                        .toList();
                if (!natives.isEmpty()) {
                    withNatives.add(file.getName().replaceFirst("-\\d.*", ""));
                    assertThat(natives)
                            .as(file.getName())
                            .anyMatch(name -> name.matches(".*(amd64|x86_64).*"))
                            .anyMatch(name -> name.matches(".*(arm64|aarch64).*"));
                }
            }
        }
        assertThat(image.app().resolve("lib/org/sqlite/native/Linux"))
                .isDirectoryContaining("glob:**/x86_64")
                .isDirectoryContaining("glob:**/aarch64");
        // A process would unpack DuckDB's before it starts.
        assertThat(withNatives).contains("sqlite-jdbc").doesNotContain("duckdb_jdbc");
        assertThat(besideJars).contains("libduckdb_java.so_linux_amd64", "libduckdb_java.so_linux_arm64");
    }

    // -- helm/bytefreezer: a ConfigMap with the control block and the s3 override, interactive, uid 1000, probes

    @Test
    void helmServesInteractivelyAndTheProbesPass() throws Exception {
        try (ControlServer control = ControlServer.start()) {
            control.accept();
            Path config = helmConfig(control.url(), "");
            Map<String, String> environment = Map.of("BYTEFREEZER_CONNECTOR_CONTROL_API_KEY", "key-of-the-secret");
            try (ConnectorProcess connector = image.run(environment, "--config=" + config)) {
                Await.until("the probe", () -> status("/api/v1/health") == 200);
                assertThat(get("/api/v1/health").body()).isEqualTo("{\"status\":\"ok\"}");
                assertThat(get("/nothing/here").statusCode()).isEqualTo(401);
                Await.until("the registration", () -> !control.calls("register").isEmpty());
                assertThat(control.authorizations()).containsOnly("Bearer key-of-the-secret");
                connector.terminate();
                assertThat(connector.waitFor(PATIENCE))
                        .as(connector.standardError())
                        .isZero();
            }
        }
    }

    @Test
    void whereTheCursorCannotBeWrittenOneLineSaysWhatToSet() throws Exception {
        Path config = helmConfig(URI.create("http://127.0.0.1:1"), "");
        String cursor = image.volume("state").resolve("cursor.db").toString();
        Closeable readOnly = image.withReadOnlyData();
        try {
            try (ConnectorProcess connector = image.run(Map.of(), "--config=" + config, "--mode=batch")) {
                assertThat(connector.waitFor(PATIENCE)).isEqualTo(1);
                assertThat(connector.standardError().lines())
                        .singleElement()
                        .asString()
                        .contains("cannot be opened", "Set cursor.file (CURSOR_FILE)");
            }
            try (ConnectorProcess connector =
                    image.run(Map.of("CURSOR_FILE", cursor), "--config=" + config, "--mode=batch")) {
                assertThat(connector.waitFor(PATIENCE))
                        .as(connector.standardError())
                        .isZero();
                assertThat(lines(connector)).hasSize(100);
            }
        } finally {
            readOnly.close();
        }
    }

    // -- community/ansible and the .deb: absolute paths, the host's network, a cursor.json from before

    @Test
    void systemdRunsItThroughALinkAndTheOldCursorStays() throws Exception {
        Path data = image.volume("var-lib");
        Path legacy = Files.writeString(
                data.resolve("cursor.json"),
                "{\"last_partition\": \"\", \"last_file\": \"\", \"last_offset\": 0, \"total_exported\": 4711}");
        Path link = root.resolve("usr-local-bin-connector");
        Files.createSymbolicLink(link, image.app().resolve("bytefreezer-connector"));
        try (WebhookServer sink = WebhookServer.start()) {
            Path config = helmConfig(URI.create("http://127.0.0.1:1"), """
                    cursor: {file: "%s"}
                    """.formatted(legacy));
            Map<String, String> environment = Map.of(
                    "BYTEFREEZER_CONNECTOR_DESTINATION_TYPE", "webhook",
                    "BYTEFREEZER_CONNECTOR_DESTINATION_CONFIG_URL", sink.url().toString(),
                    "BYTEFREEZER_CONNECTOR_QUERY_SQL", EXAMPLE.replace(" LIMIT 100", ""));
            try (ConnectorProcess connector =
                    image.runAt(link, environment, "-config", config.toString(), "-mode", "batch")) {
                assertThat(connector.waitFor(PATIENCE))
                        .as(connector.standardError())
                        .isZero();
                assertThat(connector.standardError()).contains("exported 4711 records in total");
            }
            assertThat(sink.records()).hasSize(4000);
            assertThat(legacy).content().contains("4711");
            assertThat(data.resolve("cursor.db")).exists();
            // Nothing is sent twice, and the old file is not spoken of again.
            try (ConnectorProcess again =
                    image.runAt(link, environment, "-config", config.toString(), "-mode", "batch")) {
                assertThat(again.waitFor(PATIENCE)).isZero();
                assertThat(again.standardError()).doesNotContain("4711");
            }
            assertThat(sink.records()).hasSize(4000);
        }
    }

    // -- The host's network: several on one machine

    @Test
    void onATakenPortAWatchGoesOnAndInteractiveModeFails() throws Exception {
        Path config = helmConfig(URI.create("http://127.0.0.1:1"), "");
        try (ServerSocket taken = new ServerSocket(port)) {
            assertThat(taken.isBound()).isTrue();
            try (ConnectorProcess watch = image.run(
                    Map.of("CURSOR_FILE", image.volume("second").resolve("c.db").toString()),
                    "--config=" + config,
                    "--mode=watch")) {
                Await.until("the export", () -> lines(watch).size() == 100);
                Await.until("a word about the port", () -> watch.standardError()
                        .contains("server.port " + port + ": another process listens there. The work goes on"));
            }
            try (ConnectorProcess interactive = image.run(Map.of(), "--config=" + config)) {
                assertThat(interactive.waitFor(PATIENCE)).isEqualTo(1);
                assertThat(interactive.standardError()).contains("server.port " + port, "Not started");
            }
        }
    }

    // -- The image itself

    @Test
    void theClassArchiveIsMadeAndUsed() throws Exception {
        assertThat(image.app().resolve("bytefreezer-connector.jsa")).isNotEmptyFile();
        try (ConnectorProcess connector = image.run(Map.of(), "--version")) {
            assertThat(connector.waitFor(PATIENCE)).isZero();
            assertThat(connector.standardError()).isEmpty();
            assertThat(lines(connector)).singleElement().asString().startsWith("bytefreezer-connector ");
        }
    }

    /** The control block is required by the original, also with an s3 block. */
    private Path helmConfig(URI control, String more) throws IOException {
        return config("""
                server: {port: %d}
                control: {url: "%s", api_key: "in-clear", account_id: account-1}
                s3: {endpoint: "%s", bucket: packer, region: us-east-1, access_key: %s, secret_key: %s, use_ssl: false}
                health_reporting: {enabled: true, report_interval: 30, timeout_seconds: 1, register_on_startup: true}
                query: {tenant_id: tenant-1, dataset_id: syslog, sql: "%s"}
                schedule: {interval_seconds: 60, batch_size: 1000}
                """.formatted(
                        port, control, lake.endpoint().getAuthority(), lake.accessKey(), lake.secretKey(), EXAMPLE)
                + more);
    }

    private Path config(String yaml) throws IOException {
        openToAll(folder);
        return Files.writeString(folder.resolve("config.yaml"), yaml);
    }

    private static void openToAll(Path path) throws IOException {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                .build(),
                        BodyHandlers.ofString());
    }

    /** 0 while nobody listens. */
    private int status(String path) {
        try {
            return get(path).statusCode();
        } catch (IOException e) {
            return 0;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<String> lines(ConnectorProcess connector) {
        try {
            return Files.readAllLines(connector.standardOutput());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
