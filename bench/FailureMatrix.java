import com.bytefreezer.connector.config.Environment;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.testing.ConnectorProcess;
import com.bytefreezer.connector.testing.ControlServer;
import com.bytefreezer.connector.testing.ElasticsearchServer;
import com.bytefreezer.connector.testing.LoopDisk;
import com.bytefreezer.connector.testing.MinioServer;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.PostgresServer;
import com.bytefreezer.connector.testing.S3Server;
import com.bytefreezer.connector.testing.TestTools;
import com.bytefreezer.connector.testing.WebhookServer;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Measures how soon a failure is reported. Each failure hits a connector in a separate process with default settings while it delivers. Prints the table of docs/reliability.md, and writes the scraped values as series for promtool into target/bench/signs.
 */
final class FailureMatrix {
    private static final int OBJECTS = 900;
    private static final int RECORDS_PER_OBJECT = 2000;
    private static final Duration PATIENCE = Duration.ofSeconds(Integer.getInteger("bench.signs.seconds", 150));
    private static final int AT_ONCE = Integer.getInteger("bench.signs.at-once", 3);
    private static final Path FOLDER = Bench.WORK.resolve("signs");
    static final String NEVER = "-";

    private final String only;

    FailureMatrix() {
        only = System.getProperty("bench.signs.only", "");
    }

    private interface Action {
        void run() throws Exception;
    }

    /** A system around a connector, and its failure. */
    private final class Scene implements AutoCloseable {
        private final Path folder;
        private final int port = TestTools.freePort();
        private final Map<String, String> environment = new TreeMap<>();
        private final Deque<AutoCloseable> open = new ArrayDeque<>();
        private BooleanSupplier working = () -> true;
        private Action fail = () -> {};
        /** Looks for the failure in the metrics; otherwise for an export that waits or has failed. */
        private String series = "";

        Scene(String name) throws IOException {
            folder = FOLDER.resolve(name.replaceAll("\\W+", "-"));
            Bench.delete(folder);
            Files.createDirectories(folder);
            environment.putAll(Map.of(
                    "DUCKDB_EXTENSION_DIRECTORY", TestTools.duckdbExtensions().toString(),
                    "LAKE_ROOT", "file:" + lake().root(),
                    "QUERY_TENANT_ID", "acme",
                    "QUERY_DATASET_ID", "events",
                    "QUERY_SQL", "SELECT n, hostname FROM events",
                    "CURSOR_FILE", folder.resolve("cursor.db").toString(),
                    "SERVER_PORT", String.valueOf(port)));
        }

        <T extends AutoCloseable> T with(T neighbour) {
            open.push(neighbour);
            return neighbour;
        }

        Scene set(String name, Object value) {
            environment.put(Environment.variable(name), value.toString());
            return this;
        }

        Scene setAll(Map<String, String> settings) {
            settings.forEach(this::set);
            return this;
        }

        WebhookServer slowSink() {
            WebhookServer sink = with(WebhookServer.startCounting(OBJECTS * RECORDS_PER_OBJECT, ParquetLake::number));
            sink.reply(Reply.of(200).after(Duration.ofMillis(200)));
            set("destination.type", "webhook").set("destination.webhook.url", sink.url()).set("destination.webhook.format", "ndjson");
            working = () -> sink.acceptedRecords() > 0;
            return sink;
        }

        MinioServer bucket() {
            MinioServer minio = with(S3Server.minio());
            minio.createBucket("lake");
            minio.uploadFolder("lake", "", lake().root());
            setAll(S3Server.settings(minio.endpoint())).set("lake.root", "s3://lake");
            return minio;
        }

        LoopDisk disk(int megabytes) {
            return with(LoopDisk.in(folder, megabytes));
        }

        @Override
        public void close() throws Exception {
            while (!open.isEmpty()) {
                open.pop().close();
            }
        }
    }

    private interface Setting {
        void make(Scene scene) throws Exception;
    }

    void run() throws Exception {
        makeLake();
        Map<String, Setting> all = new LinkedHashMap<>();
        all.put("the bucket is dead", scene -> {
            MinioServer minio = scene.bucket();
            scene.slowSink();
            scene.fail = minio::kill;
        });
        all.put("the bucket is frozen", scene -> {
            MinioServer minio = scene.bucket();
            scene.slowSink();
            scene.fail = minio::pause;
        });
        all.put("the destination is dead", scene -> {
            WebhookServer sink = scene.slowSink();
            scene.fail = sink::close;
        });
        all.put("the destination (Elasticsearch) is frozen", scene -> {
            ElasticsearchServer server = scene.with(ElasticsearchServer.node().start());
            scene.set("destination.type", "elasticsearch")
                    .set("destination.elasticsearch.url", server.url())
                    .set("destination.elasticsearch.index", "events")
                    .set("destination.elasticsearch.username", ElasticsearchServer.USER)
                    .set("destination.elasticsearch.password", ElasticsearchServer.PASSWORD);
            scene.working = () -> ConnectorAnswers.metric(scene.port, "records_accepted_total") > 0;
            scene.fail = () -> signal(server.process(), "STOP");
        });
        all.put("the destination refuses everything", scene -> {
            WebhookServer sink = scene.slowSink();
            scene.fail = () -> sink.reply(Reply.of(400, "no such field"));
        });
        all.put("the control plane is dead", scene -> {
            ControlServer control = scene.with(ControlServer.start());
            MinioServer minio = scene.bucket();
            control.accept();
            scene.set("health-reporting.enabled", "true");
            control.grant("acme", "events", minio, "lake");
            scene.environment.keySet().removeIf(name -> name.startsWith("S3_") || name.equals("LAKE_ROOT"));
            scene.set("control.url", control.url()).set("control.api-key", "a-key-of-the-bench");
            scene.set("control.account-id", "account");
            scene.slowSink();
            scene.fail = control::close;
        });
        all.put("the cursor's PostgreSQL is dead", scene -> {
            PostgresServer postgres = scene.with(PostgresServer.start());
            scene.slowSink();
            withCursor(scene, postgres);
            scene.fail = postgres::kill;
        });
        all.put("the cursor's PostgreSQL is frozen", scene -> {
            PostgresServer postgres = scene.with(PostgresServer.start());
            scene.slowSink();
            withCursor(scene, postgres);
            scene.fail = postgres::pause;
            scene.open.push(postgres::resume);
        });
        all.put("the disk under the cursor is full", scene -> {
            LoopDisk disk = scene.disk(16);
            scene.slowSink();
            scene.set("cursor.file", disk.folder().resolve("cursor.db"));
            scene.fail = () -> fill(disk.folder());
        });
        all.put("the disk under the dead letters is full", scene -> {
            LoopDisk disk = scene.disk(16);
            WebhookServer sink = scene.slowSink();
            scene.set("delivery.dead-letters-folder", disk.folder().resolve("letters"));
            scene.fail = () -> {
                fill(disk.folder());
                sink.replyWhen(request -> request.text().contains("\"host-7\""), Reply.of(400, "no such field"));
            };
        });
        all.put("the disk under DuckDB's temporary files is full", scene -> {
            LoopDisk disk = scene.disk(16);
            scene.slowSink();
            scene.set("query.sql", "SELECT n, hostname, message, md5(n::VARCHAR) AS text FROM events ORDER BY text")
                    .set("duckdb.memory-limit", "64MB")
                    .set("duckdb.temp-folder", disk.folder());
            scene.working = () -> ConnectorAnswers.body(scene.port, "/api/v1/health").isPresent();
            fill(disk.folder());
        });
        all.put("the process dies again and again", scene -> scene.slowSink());
        ExecutorService pool = Executors.newFixedThreadPool(AT_ONCE);
        Map<String, Future<String>> rows = new LinkedHashMap<>();
        all.forEach((name, setting) -> {
            if (name.contains(only)) {
                rows.put(name, pool.submit(() -> row(name, setting)));
            }
        });
        pool.shutdown();
        System.out.println(
                "| Failure | First line | In the metrics | API and page | `--mode status` of another process | Not ready | Alert |");
        System.out.println("|---|---|---|---|---|---|---|");
        for (Map.Entry<String, Future<String>> row : rows.entrySet()) {
            System.out.println(row.getValue().get());
        }
    }

    private static void withCursor(Scene scene, PostgresServer postgres) {
        scene.set("cursor.url", postgres.url())
                .set("cursor.username", PostgresServer.USERNAME)
                .set("cursor.password", PostgresServer.PASSWORD);
    }

    // -- one failure

    private String row(String name, Setting setting) {
        try (Scene scene = new Scene(name)) {
            setting.make(scene);
            return name.contains("dies") ? crashLoop(name, scene) : observed(name, scene);
        } catch (Exception | AssertionError e) {
            return "| %s | %s |".formatted(name, e);
        }
    }

    private String observed(String name, Scene scene) throws Exception {
        try (ConnectorProcess connector = start(scene)) {
            long patience = System.nanoTime() + Duration.ofMinutes(3).toNanos();
            while (!scene.working.getAsBoolean()) {
                if (!connector.isAlive() || System.nanoTime() > patience) {
                    return "| %s | did not start: %s |".formatted(name, connector.standardError());
                }
                LockSupport.parkNanos(100_000_000);
            }
            String before = connector.standardError();
            ScrapeRecorder recorder = new ScrapeRecorder(scene.port);
            long failed = System.nanoTime();
            scene.fail.run();
            Seen seen = new Seen(failed);
            Thread others = new Thread(() -> {
                while (!seen.has("status") && seen.seconds() < PATIENCE.toSeconds()) {
                    seen.at("status", statusOfAnother(scene).matches("(?s).*\"state\" ?: ?\"(retrying|failed)\".*"));
                }
            });
            others.start();
            while (System.nanoTime() - failed < PATIENCE.toNanos()) {
                recorder.scrapeIfDue();
                seen.at("metrics", ConnectorAnswers.isTroubled(scene.port));
                String log = connector.standardError().substring(before.length());
                seen.at("line", log.lines().anyMatch(line -> line.matches("\\S+ (WARN|ERROR) .*")));
                seen.at("api", ConnectorAnswers.body(scene.port, "/api/v1/exports")
                        .filter(body -> body.matches("(?s).*\"state\":\"(retrying|failed)\".*"))
                        .isPresent());
                seen.at("ready", ConnectorAnswers.readiness(scene.port) == 503);
                LockSupport.parkNanos(250_000_000);
            }
            others.join();
            Files.writeString(scene.folder.resolve("connector.log"), connector.standardError());
            recorder.write(scene.folder.resolve("series.yaml"));
            return "| %s | %s | %s | %s | %s | %s | %s |"
                    .formatted(
                            name,
                            seen.text("line"),
                            seen.text("metrics"),
                            seen.text("api"),
                            seen.text("status"),
                            seen.text("ready"),
                            recorder.alerts());
        }
    }

    /** A supervisor starts it again each time. */
    private String crashLoop(String name, Scene scene) throws Exception {
        ScrapeRecorder recorder = new ScrapeRecorder(scene.port);
        long failed = System.nanoTime();
        String killed = NEVER;
        for (int start = 0; start < 5; start++) {
            try (ConnectorProcess connector = start(scene)) {
                long until = System.nanoTime() + Duration.ofSeconds(25).toNanos();
                while (System.nanoTime() < until) {
                    recorder.scrapeIfDue();
                    LockSupport.parkNanos(100_000_000);
                }
                connector.killHard();
                if (start == 0) {
                    long died = System.nanoTime();
                    while (killed.equals(NEVER) && System.nanoTime() - died < Duration.ofSeconds(30).toNanos()) {
                        killed = statusOfAnother(scene).contains("\"killed\"")
                                ? "%.1f s after it died".formatted((System.nanoTime() - died) / 1e9)
                                : NEVER;
                    }
                }
            }
        }
        recorder.write(scene.folder.resolve("series.yaml"));
        return "| %s (killed after 25 s each time) | %s | at the next start | at the next start | %s | while it is down | %s |"
                .formatted(name, NEVER, killed, recorder.alerts());
    }

    private static ConnectorProcess start(Scene scene) {
        return ConnectorProcess.start(
                TestTools.projectDirectory(), scene.environment, List.of("-Xmx256m"), "--mode", "watch");
    }

    private static String statusOfAnother(Scene scene) {
        try (ConnectorProcess other = ConnectorProcess.start(
                TestTools.projectDirectory(), scene.environment, List.of("-Xmx128m"), "--mode", "status", "--json")) {
            other.waitFor(Duration.ofMinutes(1));
            return Files.readString(other.standardOutput());
        } catch (IOException | AssertionError hangs) {
            return "";
        }
    }

    /** The time at which each sign was seen first. */
    private static final class Seen {
        private final long since;
        private final Map<String, Double> first = new TreeMap<>();

        Seen(long since) {
            this.since = since;
        }

        double seconds() {
            return (System.nanoTime() - since) / 1e9;
        }

        synchronized void at(String place, boolean seen) {
            if (seen) {
                first.putIfAbsent(place, seconds());
            }
        }

        synchronized boolean has(String place) {
            return first.containsKey(place);
        }

        String text(String place) {
            return has(place) ? String.format(Locale.ROOT, "%.1f s", first.get(place)) : NEVER;
        }
    }

    private static void fill(Path folder) throws IOException {
        byte[] block = new byte[4096];
        try (OutputStream out = Files.newOutputStream(folder.resolve("filler"))) {
            while (true) {
                out.write(block);
            }
        } catch (IOException full) {
            System.err.println("signs: " + folder + " is full");
        }
    }

    private static void signal(ProcessHandle process, String signal) throws Exception {
        new ProcessBuilder("kill", "-" + signal, String.valueOf(process.pid())).start().waitFor();
    }

    private static ParquetLake lake() {
        return ParquetLake.in(FOLDER.resolve("lake"));
    }

    private static void makeLake() throws IOException {
        Path last = lake().root().resolve("done");
        if (Files.exists(last)) {
            return;
        }
        Files.createDirectories(lake().root());
        for (int i = 0; i < OBJECTS; i++) {
            lake().numbers(
                    "year=2026/month=11/day=20/hour=%02d/%d.parquet".formatted(i / 40, i),
                    (long) i * RECORDS_PER_OBJECT,
                    RECORDS_PER_OBJECT);
        }
        Files.writeString(last, "");
    }
}
