package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.bytefreezer.connector.MainHere;
import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.cursor.Cursor;
import com.bytefreezer.connector.cursor.CursorView;
import com.bytefreezer.connector.delivery.Routes;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.ConnectorProcess;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.S3Server;
import com.bytefreezer.connector.testing.TestTools;
import com.bytefreezer.connector.testing.WebhookServer;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged program as its users meet it: flags, exit codes, standard output, signals. */
class ProcessIT {
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    @TempDir
    private Path folder;

    private record Ended(int code, List<String> output, String errors) {}

    @Test
    void theSampleGoesToStandardOutputAndNothingElseDoes() throws Exception {
        Ended ended = run("--mode", "batch");
        assertThat(ended.code()).as(ended.errors()).isZero();
        assertThat(ended.output()).hasSize(400);
        ObjectMapper json = new ObjectMapper();
        for (String line : ended.output()) {
            assertThat(json.readTree(line).path("message").asText()).startsWith("Failed password");
        }
        assertThat(ended.errors()).contains("400 accepted by stdout");

        Ended reset = run("-mode", "batch", "-reset-cursor");
        assertThat(reset.output()).hasSize(400);
    }

    @Test
    void badInputNeverGetsAStackTrace() {
        MainHere ended = MainHere.run(
                Map.of("cursor.file", folder.resolve("cursor.db").toString(), "query.sql", "SELECT nix FROM events"),
                "--mode",
                "batch");
        assertThat(ended.code()).isEqualTo(1);
        assertThat(ended.shown()).contains("SQL: ").doesNotContain("\tat ", "Exception", TestRun.STACK_TRACE);
    }

    @Test
    void aClockThatIsPutBackOrForwardHidesNothing() throws IOException {
        ParquetLake lake = ParquetLake.in(folder.resolve("lake"));
        Path clock = Files.writeString(folder.resolve("clock"), "+0");
        try (WebhookServer sink = WebhookServer.start()) {
            Map<String, String> environment = environment(lake, sink);
            environment.put("LD_PRELOAD", TestTools.faketime().toString());
            environment.put("FAKETIME_TIMESTAMP_FILE", clock.toString());
            environment.put("FAKETIME_CACHE_DURATION", "1");
            // Pauses keep their length, as they do with a real clock.
            environment.put("FAKETIME_DONT_FAKE_MONOTONIC", "1");
            environment.put("FAKETIME_FORCE_MONOTONIC_FIX", "0");
            int records = 0;
            try (ConnectorProcess connector = start(environment, "--mode", "watch")) {
                for (String seconds : List.of("+0", "-86400", "+864000", "-3600")) {
                    // As a whole, since the process may read it at any time.
                    Path next = Files.writeString(folder.resolve("next"), seconds);
                    Files.move(next, clock, StandardCopyOption.REPLACE_EXISTING);
                    lake.numbers("year=2026/month=11/day=20/%d.parquet".formatted(records), records, 10);
                    records += 10;
                    int all = records;
                    Await.until("records at " + seconds, () -> sink.records().size() == all);
                }
                Await.until("a word about it", () -> connector.standardError().contains("a clock was ahead"));
                assertThat(connector.standardError()).doesNotContain(" in -").doesNotContain("ERROR");
            }
            assertThat(sink.records()).hasSize(records).doesNotHaveDuplicates();
        }
    }

    /** As on a machine that has no time for it, or that is moved. */
    @Test
    void aProcessThatIsFrozenAndStarvedDeliversAllOnce() {
        int records = 50_000;
        ParquetLake lake = ParquetLake.in(folder.resolve("lake"));
        lake.numbers("year=2026/month=11/day=20/a.parquet", 0, records);
        try (WebhookServer sink = WebhookServer.startCounting(records + 10, ParquetLake::number)) {
            sink.reply(Reply.of(200).after(Duration.ofMillis(50)));
            Map<String, String> environment = environment(lake, sink);
            environment.put("DESTINATION_WEBHOOK_FORMAT", "ndjson");
            environment.put("DESTINATION_WEBHOOK_TIMEOUT_MS", "600000");
            environment.put("QUERY_SQL", "SELECT n, hostname FROM events");
            try (ConnectorProcess connector = start(environment, "--mode", "watch")) {
                Await.until("the first records", () -> sink.acceptedRecords() > 0);
                freeze(connector, 5000);
                for (int i = 0; i < 15; i++) {
                    LockSupport.parkNanos(Duration.ofMillis(30).toNanos());
                    freeze(connector, 300);
                }
                Await.until("all records", () -> sink.distinctRecords() == records);
                lake.numbers("year=2026/month=11/day=20/b.parquet", records, 10);
                Await.until("the next object", () -> sink.distinctRecords() == records + 10);
                assertThat(connector.standardError()).doesNotContain("ERROR");
            }
            assertThat(sink.acceptedRecords()).isEqualTo(records + 10);
        }
    }

    private static void freeze(ConnectorProcess connector, int milliseconds) {
        connector.pause();
        LockSupport.parkNanos(Duration.ofMillis(milliseconds).toNanos());
        connector.resume();
    }

    @Test
    void onATerminalABarShowsHowFarItIs() throws Exception {
        ParquetLake lake = ParquetLake.in(folder.resolve("lake"));
        // Small ones, which are delivered together.
        for (int object = 0; object < 12; object++) {
            lake.numbers("year=2026/month=11/day=20/hour=01/%02d.parquet".formatted(object), object * 10L, 10);
        }
        try (WebhookServer sink = WebhookServer.start()) {
            ProcessBuilder terminal = new ProcessBuilder(
                    "script",
                    "--quiet",
                    "--return",
                    "--command",
                    Path.of(System.getProperty("java.home"), "bin", "java")
                            + " " + String.join(" ", ConnectorProcess.quickStart())
                            + " -jar target/bytefreezer-connector.jar --mode batch",
                    "/dev/null");
            terminal.environment().putAll(environment(lake, sink));
            Process process = terminal.directory(TestTools.projectDirectory().toFile())
                    .redirectErrorStream(true)
                    .start();
            process.getOutputStream().close();
            String shown = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor()).as(shown).isZero();
            assertThat(shown).contains("100%", "12/12 objects", "120 records, ");
            assertThat(sink.records()).hasSize(120);
        }
    }

    /**
     * A watch runs at once, finds new objects and ends cleanly at SIGTERM. Meanwhile its port gets what other programs send by
     * mistake, and scanners on purpose; none of them closes its connection.
     */
    @Test
    void aWatchFindsNewObjectsAndGarbageOnItsPortDisturbsNothing() throws Exception {
        ParquetLake lake = ParquetLake.in(folder.resolve("lake"));
        int port = TestTools.freePort();
        byte[] noise = new byte[100_000];
        new Random(1).nextBytes(noise);
        List<byte[]> garbage = List.of(
                noise,
                new byte[] {0x16, 3, 1, 0, 5, 1, 0, 0, 1, 3},
                bytes("GET /api/v1/hea"),
                bytes("GET / HTTP/1.1\r\nHost: localhost\r\nX: " + "x".repeat(1_000_000)),
                bytes("POST /api/v1/query HTTP/1.1\r\nHost: localhost:%d\r\nContent-Length: 1000000000\r\n\r\n{"
                        .formatted(port)));
        List<Socket> connections = new ArrayList<>();
        lake.numbers("year=2026/month=11/day=20/a.parquet", 0, 10);
        try (WebhookServer sink = WebhookServer.start()) {
            Map<String, String> environment = environment(lake, sink);
            environment.put("SERVER_PORT", String.valueOf(port));
            try (ConnectorProcess connector = start(environment, "--mode", "watch")) {
                Await.until("the port", () -> connector.standardError().contains("Open http"));
                Await.until("the first run", () -> sink.records().size() == 10);
                for (int i = 0; i < 100; i++) {
                    Socket connection = new Socket("127.0.0.1", port);
                    connections.add(connection);
                    try {
                        connection.getOutputStream().write(garbage.get(i % garbage.size()));
                    } catch (SocketException e) {
                        // It has heard enough.
                    }
                }
                lake.numbers("year=2026/month=11/day=20/b.parquet", 10, 10);
                Await.until("the records", () -> sink.records().size() == 20);
                assertThat(get(port, "/api/v1/health")).isEqualTo("{\"status\":\"ok\"}");
                connector.terminate();
                assertThat(connector.waitFor(PATIENCE)).isZero();
                assertThat(connector.standardError()).doesNotContain("ERROR", "WARN");
            }
            assertThat(sink.records()).hasSize(20).doesNotHaveDuplicates();
        } finally {
            for (Socket connection : connections) {
                connection.close();
            }
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    @Test
    void aStopInTheMiddleOfTheStartIsNoError() {
        ParquetLake lake = ParquetLake.in(folder.resolve("lake"));
        lake.numbers("year=2026/month=11/day=20/a.parquet", 0, 10);
        try (WebhookServer sink = WebhookServer.start()) {
            for (int milliseconds = 500; milliseconds <= 1300; milliseconds += 400) {
                try (ConnectorProcess connector = watch(lake, sink)) {
                    LockSupport.parkNanos(Duration.ofMillis(milliseconds).toNanos());
                    connector.terminate();
                    int code = connector.waitFor(PATIENCE);
                    assertThat(connector.standardError())
                            .as("stopped after %d ms", milliseconds)
                            .doesNotContain("ERROR", "Exception");
                    // 143: before there was anything to stop.
                    assertThat(code).isIn(0, 143);
                }
            }
        }
    }

    @Test
    void aSignalDuringAReplayOfARangeLeavesNothingBehind() throws IOException {
        ParquetLake lake = ParquetLake.in(folder.resolve("lake"));
        lake.numbers("year=2026/month=11/day=20/hour=00/a.parquet", 0, 10);
        Path temporary = Files.createDirectory(folder.resolve("temporary"));
        try (WebhookServer sink = WebhookServer.start()) {
            sink.reply(503);
            Map<String, String> environment = environment(lake, sink);
            environment.put("DELIVERY_MAX_RETRIES", "-1");
            try (ConnectorProcess connector = ConnectorProcess.start(
                    TestTools.projectDirectory(),
                    environment,
                    List.of("-Xmx256m", "-Djava.io.tmpdir=" + temporary),
                    "--mode",
                    "replay",
                    "--from",
                    "2026-11-20T00:00:00Z")) {
                Await.until("a try", () -> !sink.requests().isEmpty());
                assertThat(list(temporary)).anyMatch(file -> file.startsWith("connector-scratch-"));
                connector.terminate();
                assertThat(connector.waitFor(PATIENCE)).isOne();
            }
            assertThat(list(temporary)).noneMatch(file -> file.startsWith("connector-scratch-"));
        }
    }

    @Test
    void aStopThatADestinationHoldsUpIsSaidInOneLine() {
        ParquetLake lake = ParquetLake.in(folder.resolve("lake"));
        for (int hour = 0; hour < 10; hour++) {
            lake.numbers("year=2026/month=11/day=20/hour=%02d/a.parquet".formatted(hour), hour * 10L, 10);
        }
        try (WebhookServer sink = WebhookServer.start()) {
            sink.holdAt(1);
            Map<String, String> environment = environment(lake, sink);
            environment.put("SHUTDOWN_TIMEOUT_SECONDS", "2");
            environment.put("EXPORT_PARALLEL_OBJECTS", "2");
            try (ConnectorProcess connector = start(environment, "--mode", "watch")) {
                Await.until("a batch in flight", () -> !sink.requests().isEmpty());
                connector.terminate();
                assertThat(connector.waitFor(PATIENCE))
                        .as(connector.standardError())
                        .isZero();
                // A slow machine has time to say before that nothing answers.
                assertThat(connector
                                .standardError()
                                .split("Stopping: ", 2)[1]
                                .lines()
                                .skip(1)
                                .filter(line -> !line.contains("no answer for")))
                        .singleElement()
                        .asString()
                        .contains("WARN", "within 2 s (shutdown.timeout-seconds). The next start delivers them.");
            }
        }
    }

    @Test
    void aSecondProcessOnTheSameCursorIsRefused() {
        ParquetLake lake = ParquetLake.in(folder.resolve("lake"));
        try (WebhookServer sink = WebhookServer.start();
                Cursor first = Cursor.open(TestRun.settings(folder, Map.of()));
                ConnectorProcess second = start(
                        environment(lake, sink),
                        "--mode",
                        "watch",
                        "--set",
                        "cursor.file=" + folder.resolve("cursor.db"))) {
            assertThat(second.waitFor(PATIENCE)).isEqualTo(1);
            assertThat(second.standardError()).contains("another connector is using it");
            assertThatCode(() -> first.lanes().reset()).as("the first goes on").doesNotThrowAnyException();
        }
    }

    @Test
    void aFullDiskUnderTheCursorLosesNothing() throws Exception {
        Path disk = Files.createDirectory(folder.resolve("disk"));
        sh("mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", disk.toString());
        try {
            String cursor = disk.resolve("cursor.db").toString();
            Ended first =
                    run("--mode", "batch", "--set", "cursor.file=" + cursor, "--set", "query.sql=SELECT * FROM events");
            sh("dd", "if=/dev/zero", "of=" + disk.resolve("fill"), "bs=1k", "count=100");
            Ended full = run("--mode", "batch", "--reset-cursor", "--set", "cursor.file=" + cursor);
            assertThat(full.code()).isEqualTo(1);
            assertThat(full.errors()).contains("cursor " + cursor).doesNotContain("\tat ");

            Files.delete(disk.resolve("fill"));
            sh("mount", "-o", "remount,size=10m", disk.toString());
            Ended after =
                    run("--mode", "batch", "--set", "cursor.file=" + cursor, "--set", "query.sql=SELECT * FROM events");
            assertThat(after.code()).as(after.errors()).isZero();
            List<String> all = new ArrayList<>(first.output());
            all.addAll(after.output());
            assertThat(all.stream().distinct()).hasSize(4000);
        } finally {
            sh("umount", disk.toString());
        }
    }

    @Test
    void aFullDiskUnderTheCursorIsToldByEveryExportsStatus() throws Exception {
        Path disk = Files.createDirectory(folder.resolve("disk"));
        sh("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk.toString());
        ParquetLake lake = ParquetLake.in(folder.resolve("lake"));
        lake.numbers("year=2026/month=11/day=20/a.parquet", 0, 10);
        int port = TestTools.freePort();
        try (WebhookServer sink = WebhookServer.start()) {
            Map<String, String> environment = environment(lake, sink);
            environment.put("SERVER_PORT", String.valueOf(port));
            environment.put("CURSOR_FILE", disk.resolve("cursor.db").toString());
            try (ConnectorProcess connector = start(environment, "--mode", "watch")) {
                Await.until("the first run", () -> get(port, "/api/v1/exports").contains("\"state\":\"idle\""));
                sh("dd", "if=/dev/zero", "of=" + disk.resolve("fill"), "bs=1k", "count=1024");
                // Many of them, since a little room may be left in the files there are.
                for (int i = 1; i <= 300; i++) {
                    lake.numbers("year=2026/month=11/day=20/%03d.parquet".formatted(i), i * 10L, 10);
                }
                Await.until("503", () -> get(port, "/api/v1/ready").contains("not ready"));
                Await.until("an export that tries again", () -> get(port, "/api/v1/exports")
                        .contains("\"state\":\"retrying\""));
                assertThat(get(port, "/api/v1/exports")).contains("cursor " + disk);
                assertThat(get(port, "/metrics"))
                        .containsPattern("bytefreezer_connector_failing\\{[^}]*\\} 1.0")
                        .doesNotContainPattern("bytefreezer_connector_lag_seconds\\{[^}]*\\} 0.0");

                Files.delete(disk.resolve("fill"));
                sh("mount", "-o", "remount,size=10m", disk.toString());
                Await.until("ready", () -> get(port, "/api/v1/ready").contains("\"ready\""));
                Await.until("all", () -> sink.records().stream().distinct().count() == 3010);
                assertThat(connector.isAlive()).isTrue();
            }
        } finally {
            sh("umount", disk.toString());
        }
    }

    private static String get(int port, String path) {
        try {
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                    .build();
            return CLIENT.send(request, BodyHandlers.ofString()).body();
        } catch (IOException e) {
            return "";
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aClosedPipeIsAFailureAndNotADelivery() throws Exception {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String command =
                "%s %s -jar target/bytefreezer-connector.jar --mode batch --set cursor.file=%s --set 'query.sql=SELECT * FROM events' 2> %s | true; echo ${PIPESTATUS[0]}"
                        .formatted(
                                java,
                                String.join(" ", ConnectorProcess.quickStart()),
                                folder.resolve("cursor.db"),
                                folder.resolve("errors"));
        Process process = new ProcessBuilder("bash", "-c", command)
                .directory(TestTools.projectDirectory().toFile())
                .start();
        String code = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(code.strip()).isEqualTo("1");
        assertThat(Files.readString(folder.resolve("errors"))).contains("Broken pipe");

        assertThat(CursorView.of(folder.resolve("cursor.db")).records()).isZero();
    }

    @Test
    void withoutKeysTheDefaultAwsCredentialChainIsUsed() throws Exception {
        try (S3Server server = S3Server.s3proxy()) {
            server.createBucket("lake");
            server.uploadFolder("lake", "", TestTools.projectDirectory().resolve("samples/lake"));
            Map<String, String> environment = new HashMap<>(Map.of(
                    "LAKE_ROOT", "s3://lake",
                    "S3_ENDPOINT", server.endpoint().toString(),
                    "DUCKDB_EXTENSION_DIRECTORY", TestTools.duckdbExtensions().toString(),
                    "QUERY_TENANT_ID", "acme",
                    "QUERY_DATASET_ID", "syslog",
                    "QUERY_SQL", "FROM events",
                    "CURSOR_FILE", folder.resolve("chain.db").toString()));
            try (ConnectorProcess without = start(environment, "--mode", "batch")) {
                assertThat(without.waitFor(PATIENCE)).isEqualTo(1);
                assertThat(without.standardError())
                        .contains("the default AWS credential chain")
                        .doesNotContain("\tat ");
            }
            environment.put("AWS_ACCESS_KEY_ID", server.accessKey());
            environment.put("AWS_SECRET_ACCESS_KEY", server.secretKey());
            try (ConnectorProcess with = start(environment, "--mode", "batch")) {
                assertThat(with.waitFor(PATIENCE)).as(with.standardError()).isZero();
                assertThat(Files.readAllLines(with.standardOutput())).hasSize(4000);
            }
        }
    }

    @Test
    void aFurtherExportIsOneNewFileAndFailsAlone() throws Exception {
        Path routes = folder.resolve("routes");
        copy(TestTools.projectDirectory().resolve("routes"), routes);
        Files.writeString(
                routes.resolve("exports/blocked.camel.yaml"),
                export("blocked", "SELECT SRC, DPT FROM events WHERE action = 'BLOCK'", "firewall", "stdout"));
        Files.writeString(
                routes.resolve("exports/down.camel.yaml"),
                export("down", "SELECT status FROM events", "web-access", "webhook"));
        Ended ended = run(
                "--mode",
                "batch",
                "--routes",
                routes.toString(),
                "--set",
                "destination.webhook.url=http://127.0.0.1:" + TestTools.freePort(),
                "--set",
                "delivery.max-retries=0");
        assertThat(ended.code()).isEqualTo(1);
        assertThat(ended.output()).hasSize(400 + 1416);
        assertThat(ended.errors()).contains("export down: ", "Connection refused");
    }

    private static String export(String name, String sql, String dataset, String destination) {
        return Routes.export(name, Map.of("sql", sql, "dataset", dataset, "destination", destination));
    }

    @Test
    void aStopBySignalLeavesNothingInTheTemporaryFolder() throws Exception {
        Path temporary = Files.createDirectory(folder.resolve("tmp"));
        Path fresh = Files.createDirectory(folder.resolve("work"));
        int port = TestTools.freePort();
        Map<String, String> environment = Map.of(
                "LAKE_ROOT", "file:" + TestTools.projectDirectory().resolve("samples/lake"),
                "SERVER_PORT", "" + port,
                "SHUTDOWN_TIMEOUT_SECONDS", "2");
        try (WebhookServer sink = WebhookServer.start();
                ConnectorProcess connector = ConnectorProcess.start(
                        fresh,
                        environment,
                        List.of("-Xmx256m", "-Djava.io.tmpdir=" + temporary),
                        "--routes",
                        TestTools.projectDirectory().resolve("routes").toString())) {
            sink.holdAt(1);
            Await.until("the page", () -> connector.standardError().contains("Open http"));
            // It would be left behind after a kill, too.
            Await.until("the native libraries to be gone", () -> list(temporary).stream()
                    .noneMatch(file -> file.contains(".so")));

            String export = """
                {"tenant_id": "acme", "dataset_id": "syslog", "sql": "SELECT message FROM events", "batch_size": %d,
                 "destination_type": "webhook", "destination_config": {"url": "%s"}}""";
            assertThat(post(port, "/api/v1/runs", export.formatted(-1, sink.url()))
                            .join()
                            .statusCode())
                    .isEqualTo(400);
            sink.replyWhen(request -> request.text().contains("_test"), Reply.of(400, "not wanted"));
            String test = "{\"type\": \"webhook\", \"config\": {\"url\": \"%s\"}}".formatted(sink.url());
            assertThat(post(port, "/api/v1/test-destination", test).join().body())
                    .contains("not wanted");
            assertThat(list(temporary)).noneMatch(file -> file.startsWith("connector-scratch-"));
            assertThat(post(port, "/api/v1/runs", export.formatted(10, sink.url()))
                            .join()
                            .statusCode())
                    .isEqualTo(202);
            CompletableFuture<HttpResponse<String>> slow = post(
                    port,
                    "/api/v1/query",
                    "{\"tenant_id\": \"acme\", \"dataset_id\": \"syslog\", \"query_id\": \"slow\", \"sql\": "
                            + "\"SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range * b.range = 7\"}");
            Await.until("a batch in flight", () -> !sink.requests().isEmpty());
            assertThat(slow).isNotDone();
            connector.terminate();
            assertThat(connector.waitFor(PATIENCE))
                    .as(connector.standardError())
                    .isZero();
        }
        assertThat(list(temporary)).isEmpty();
    }

    private static CompletableFuture<HttpResponse<String>> post(int port, String path, String body) {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body))
                .build();
        return CLIENT.sendAsync(request, BodyHandlers.ofString());
    }

    private static List<String> list(Path folder) {
        return List.of(folder.toFile().list());
    }

    private ConnectorProcess watch(ParquetLake lake, WebhookServer sink) {
        return start(environment(lake, sink), "--mode", "watch");
    }

    private Map<String, String> environment(ParquetLake lake, WebhookServer sink) {
        return new HashMap<>(Map.of(
                "LAKE_ROOT", "file:" + lake.root(),
                "QUERY_TENANT_ID", "acme",
                "QUERY_DATASET_ID", "events",
                "QUERY_SQL", "SELECT n FROM events",
                "DESTINATION_TYPE", "webhook",
                "DESTINATION_WEBHOOK_URL", sink.url().toString(),
                "DELIVERY_MAX_RETRIES", "0",
                "SCHEDULE_INTERVAL_SECONDS", "1",
                "SCHEDULE_RETRY_DELAY_SECONDS", "1",
                "CURSOR_FILE", folder.resolve("watch.db").toString()));
    }

    private Ended run(String... arguments) throws IOException {
        Map<String, String> environment = Map.of(
                "CURSOR_FILE", folder.resolve("cursor.db").toString(),
                "DELIVERY_DEAD_LETTERS_FOLDER", folder.resolve("dead-letters").toString());
        try (ConnectorProcess connector = start(environment, arguments)) {
            int code = connector.waitFor(PATIENCE);
            return new Ended(code, Files.readAllLines(connector.standardOutput()), connector.standardError());
        }
    }

    private static ConnectorProcess start(Map<String, String> environment, String... arguments) {
        return ConnectorProcess.start(TestTools.projectDirectory(), environment, List.of("-Xmx256m"), arguments);
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> paths = Files.walk(from)) {
            for (Path path : paths.sorted(Comparator.naturalOrder()).toList()) {
                Files.copy(path, to.resolve(from.relativize(path).toString()));
            }
        }
    }

    private static void sh(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int code = process.waitFor();
        // dd ends with 1 on the full disk it is to make.
        assertThat(code == 0 || command[0].equals("dd")).as(output).isTrue();
    }
}
