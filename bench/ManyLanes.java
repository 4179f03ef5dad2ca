import com.bytefreezer.connector.delivery.Routes;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.MinioServer;
import com.bytefreezer.connector.testing.S3Server;
import com.bytefreezer.connector.testing.TestTools;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.File;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Measures many lanes in one process. A MinIO has as many datasets, each with its own export to one webhook, or one export chooses all of them by a pattern ({@code PATTERN=true}); they are polled every 10 s ({@code INTERVAL}). At first nothing is new for a while; then each dataset gets one object a minute.
 */
final class ManyLanes {
    private static final int LANES = Integer.parseInt(System.getenv().getOrDefault("LANES", "300"));
    private static final int INTERVAL_SECONDS = Integer.parseInt(System.getenv().getOrDefault("INTERVAL", "10"));
    private static final boolean PATTERN = Boolean.parseBoolean(System.getenv("PATTERN"));
    private static final Duration WARM_UP = Duration.ofSeconds(60);
    private static final Duration IDLE = Duration.ofSeconds(60);
    private static final int MINUTES = 2;
    private static final int RECORDS_PER_OBJECT = 20;
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final String BUCKET = "bench";
    private static final Path FOLDER = Bench.WORK.resolve("lanes");
    private static final Pattern NUMBER = Pattern.compile("\"n\":(\\d+)");
    private static final DateTimeFormatter PARTITION = DateTimeFormatter.ofPattern(
                    "'year='yyyy'/month='MM'/day='dd'/hour='HH'/'")
            .withZone(ZoneOffset.UTC);

    private final Bench bench;
    /** The first arrival of each number, by {@link System#nanoTime}. */
    private final Map<Long, Long> arrived = new ConcurrentHashMap<>();

    ManyLanes(Bench bench) {
        this.bench = bench;
    }

    void run() throws Exception {
        // Without it each answer waits for the client's delayed acknowledgement.
        System.setProperty("sun.net.httpserver.nodelay", "true");
        HttpServer sink = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        sink.setExecutor(Executors.newCachedThreadPool());
        sink.createContext("/", this::take);
        sink.start();
        try (MinioServer minio = S3Server.minio()) {
            minio.createBucket(BUCKET);
            for (int lane = 0; lane < LANES; lane++) {
                put(minio, lane, 0);
            }
            measure(minio, "http://127.0.0.1:" + sink.getAddress().getPort() + "/");
        } finally {
            sink.stop(0);
        }
    }

    private void measure(S3Server minio, String sink) throws Exception {
        Path cursor = FOLDER.resolve("cursor.db");
        int port = TestTools.freePort();
        for (String suffix : List.of("", "-wal", "-shm")) {
            Bench.delete(cursor.resolveSibling("cursor.db" + suffix));
        }
        File log = FOLDER.resolve("connector.log").toFile();
        Map<String, String> settings = bench.settings(
                "s3.bucket", BUCKET,
                "cursor.file", cursor.toString(),
                "destination.type", "webhook",
                "destination.webhook.url", sink,
                "schedule.interval-seconds", String.valueOf(INTERVAL_SECONDS),
                "server.port", String.valueOf(port));
        settings.putAll(S3Server.settings(minio.endpoint()));
        long begun = System.nanoTime();
        ProcessBuilder builder = bench.launcher.inWatchMode(settings);
        builder.command().addAll(List.of("--routes", routes().toString()));
        Process process = builder.redirectError(log).start();
        try {
            Await.until("a process that is ready", PATIENCE, () -> isReady(port) || !process.isAlive());
            double ready = Processes.secondsSince(begun);
            double cpuReady = Processes.cpuSeconds(process.toHandle());
            Await.until("the first run of every lane", PATIENCE, () -> arrived.size() == LANES || !process.isAlive());
            double start = Processes.secondsSince(begun);
            double cpuStart = Processes.cpuSeconds(process.toHandle());
            Thread.sleep(WARM_UP.toMillis());
            Usage idle = usage(process, () -> Thread.sleep(IDLE.toMillis()));
            List<Double> delays = new ArrayList<>();
            Usage busy = usage(process, () -> delays.addAll(deliver(minio)));
            System.out.printf(
                    "%nlanes: %d exports, a poll each %d s; ready after %s (%s of CPU), the first record of the last lane after %s (%s of CPU)%n",
                    LANES,
                    INTERVAL_SECONDS,
                    Figures.seconds(ready),
                    Figures.seconds(cpuReady),
                    Figures.seconds(start),
                    Figures.seconds(cpuStart));
            Figures.row("", "RSS", "threads", "of a core", "to the sink", "95 %");
            idle.show("idle", List.of());
            busy.show("one object a minute each", delays.stream().sorted().toList());
        } finally {
            process.destroy();
            process.waitFor();
        }
    }

    private static boolean isReady(int port) {
        try {
            HttpURLConnection ready =
                    (HttpURLConnection) URI.create("http://127.0.0.1:%d/api/v1/ready".formatted(port)).toURL().openConnection();
            return ready.getResponseCode() == 200;
        } catch (IOException notYet) {
            return false;
        }
    }

    private interface Work {
        void run() throws Exception;
    }

    /** The maximum so far, and the part of one core. */
    private record Usage(long rss, long threads, double cores) {
        void show(String name, List<Double> delays) {
            List<String> cells = new ArrayList<>(List.of(
                    String.format(Locale.ROOT, "%,.0f MB", rss / 1e6),
                    String.valueOf(threads),
                    String.format(Locale.ROOT, "%.1f %%", cores * 100)));
            if (!delays.isEmpty()) {
                cells.add(Figures.seconds(delays.get(delays.size() / 2)));
                cells.add(Figures.seconds(delays.get(delays.size() * 95 / 100)));
            }
            Figures.row(name, cells.toArray(String[]::new));
        }
    }

    private static Usage usage(Process process, Work work) throws Exception {
        long[] most = new long[2];
        Thread looking = new Thread(() -> {
            while (!Thread.currentThread().isInterrupted()) {
                most[0] = Math.max(most[0], status(process, "VmRSS:") * 1024);
                most[1] = Math.max(most[1], status(process, "Threads:"));
                try {
                    Thread.sleep(500);
                } catch (InterruptedException e) {
                    return;
                }
            }
        });
        double cpu = Processes.cpuSeconds(process.toHandle());
        long begun = System.nanoTime();
        looking.start();
        work.run();
        double seconds = Processes.secondsSince(begun);
        double cores = (Processes.cpuSeconds(process.toHandle()) - cpu) / seconds;
        looking.interrupt();
        looking.join();
        return new Usage(most[0], most[1], cores);
    }

    /** Puts an object into each dataset every minute, in turn; returns the time of each to the sink. */
    private List<Double> deliver(S3Server minio) throws Exception {
        Map<Long, Long> put = new HashMap<>();
        long begun = System.nanoTime();
        for (int i = 0; i < LANES * MINUTES; i++) {
            long due = begun + Duration.ofMinutes(1).toNanos() * i / LANES;
            Thread.sleep(Math.max(0, (due - System.nanoTime()) / 1_000_000));
            int lane = i % LANES;
            int number = 1 + i / LANES;
            put(minio, lane, number);
            put.put(first(lane, number), System.nanoTime());
        }
        Await.until("all objects at the sink", PATIENCE, () -> arrived.keySet().containsAll(put.keySet()));
        return put.entrySet().stream()
                .map(one -> (arrived.get(one.getKey()) - one.getValue()) / 1e9)
                .toList();
    }

    private static long first(int lane, int number) {
        return (lane * 1000L + number) * RECORDS_PER_OBJECT;
    }

    private static void put(S3Server minio, int lane, int number) throws SQLException, IOException {
        Path file = FOLDER.resolve("object.parquet");
        Files.createDirectories(FOLDER);
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            statement.execute(
                    "COPY (SELECT n, 'host-' || n %% 100 AS hostname FROM range(%d, %d) t(n)) TO '%s' (FORMAT parquet)"
                            .formatted(first(lane, number), first(lane, number + 1), file));
        }
        minio.put(
                BUCKET,
                "acme/%s/data/parquet/%so-%d.parquet".formatted(name(lane), PARTITION.format(Instant.now()), number),
                file);
    }

    private void take(HttpExchange exchange) throws IOException {
        try (exchange) {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            for (Matcher number = NUMBER.matcher(body); number.find(); ) {
                long n = Long.parseLong(number.group(1));
                if (n % RECORDS_PER_OBJECT == 0) {
                    arrived.putIfAbsent(n, System.nanoTime());
                }
            }
            exchange.sendResponseHeaders(204, -1);
        }
    }

    private static String name(int lane) {
        return String.format(Locale.ROOT, "data-%04d", lane);
    }

    private static Path routes() throws IOException {
        Path folder = Launcher.routes(Bench.JAR, FOLDER.resolve("routes"));
        Path exports = folder.resolve("exports");
        Bench.delete(exports.resolve("default.camel.yaml"));
        if (PATTERN) {
            Files.writeString(
                    exports.resolve("all.camel.yaml"),
                    Routes.export("all", Map.of("tenant", "acme", "dataset", "data-*", "sql", "SELECT * FROM events")));
        }
        for (int lane = 0; lane < LANES && !PATTERN; lane++) {
            Files.writeString(
                    exports.resolve(name(lane) + ".camel.yaml"),
                    Routes.export(
                            name(lane),
                            Map.of("tenant", "acme", "dataset", name(lane), "sql", "SELECT * FROM events")));
        }
        return folder;
    }

    private static long status(Process process, String field) {
        try (Stream<String> lines = Files.lines(Path.of("/proc", String.valueOf(process.pid()), "status"))) {
            return lines.filter(line -> line.startsWith(field))
                    .mapToLong(Processes::number)
                    .findFirst()
                    .orElse(0);
        } catch (IOException | java.io.UncheckedIOException ended) {
            return 0;
        }
    }
}
