import com.bytefreezer.connector.testing.ElasticsearchServer;
import com.bytefreezer.connector.testing.S3Server;
import com.bytefreezer.connector.testing.TestTools;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Compares the connector with Python scripts ({@code peers.py}) that send the same records from the same bucket to the same servers, all on this machine. Every sender has batches of the same size and the same number of them in flight.
 */
final class Peers {
    private static final Bench.Dataset DATASET = new Bench.Dataset("peers", 10, 1_000_000);
    private static final int BATCH = 1000;
    private static final int IN_FLIGHT = 4;
    /** Those of docs/scale.md, "In little memory". */
    private static final List<String> LITTLE_MEMORY =
            List.of("-Xmx48m", "-Xmn20m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");

    private static final Map<String, String> LITTLE_MEMORY_ENVIRONMENT = Map.of(
            "DUCKDB_JE_MALLOC_CONF", "narenas:1,dirty_decay_ms:100,muzzy_decay_ms:0", "MALLOC_ARENA_MAX", "1");

    private static final Path VENV = Bench.WORK.resolve("venv");
    private static final Path PYTHON = VENV.resolve("bin").resolve("python");
    /** The columns in the files; a script would not add the names of folders. */
    private static final String QUERY =
            "SELECT BfTs, timestamp, source_ip, hostname, app_name, proc_id, facility, severity, duration, msg_id, message"
                    + " FROM events";

    private static final String INDEX = """
            {"settings": {"number_of_replicas": 0}, "mappings": {"properties": {
              "BfTs": {"type": "long"}, "timestamp": {"type": "date"}, "source_ip": {"type": "ip"},
              "hostname": {"type": "keyword"}, "app_name": {"type": "keyword"}, "proc_id": {"type": "double"},
              "facility": {"type": "double"}, "severity": {"type": "double"}, "duration": {"type": "double"},
              "msg_id": {"type": "keyword"}, "message": {"type": "text"}}}}
            """;

    private final Bench bench;
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    Peers(Bench bench) {
        this.bench = bench;
    }

    void run() throws Exception {
        BenchLake.make(DATASET);
        installPeers();
        try (S3Server minio = BenchLake.inMinio(DATASET)) {
            webhook(minio);
            elasticsearch(minio);
        }
    }

    private void webhook(S3Server minio) throws Exception {
        int port = TestTools.freePort();
        URI url = URI.create("http://127.0.0.1:" + port + "/");
        Process sink = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "Sink",
                        String.valueOf(port))
                .inheritIO()
                .start();
        try {
            awaitSink(url);
            List<Bench.Case> cases = new ArrayList<>();
            cases.add(new Bench.Case("the sink alone, hammered", () -> taken(sink, url, () -> hammer(url))));
            Map<String, String> destination = Map.of(
                    "destination.type", "webhook",
                    "destination.webhook.url", url.toString(),
                    "destination.webhook.format", "ndjson");
            connectors(minio, destination).forEach((name, sender) -> cases.add(new Bench.Case(name, () -> taken(
                    sink, url, sender))));
            cases.add(new Bench.Case(
                    "pyarrow + requests", () -> taken(sink, url, () -> peer(minio, "webhook", url, Map.of()))));
            print("webhook", bench.measure(cases));
        } finally {
            sink.destroy();
        }
    }

    private void elasticsearch(S3Server minio) throws Exception {
        try (ElasticsearchServer server = ElasticsearchServer.node().heap("1g").start()) {
            Map<String, String> login = Map.of(
                    "ELASTICSEARCH_USER", ElasticsearchServer.USER,
                    "ELASTICSEARCH_PASSWORD", ElasticsearchServer.PASSWORD);
            Map<String, String> withIds = new LinkedHashMap<>(login);
            withIds.put("IDS", "1");
            List<Bench.Case> cases = new ArrayList<>();
            Map<String, String> destination = Map.of(
                    "destination.type", "elasticsearch",
                    "destination.elasticsearch.url", server.url().toString(),
                    "destination.elasticsearch.index", "peers",
                    "destination.elasticsearch.username", ElasticsearchServer.USER,
                    "destination.elasticsearch.password", ElasticsearchServer.PASSWORD);
            connectors(minio, destination).forEach((name, sender) -> cases.add(new Bench.Case(name, () -> indexed(
                    server, sender))));
            cases.add(new Bench.Case(
                    "pyarrow + parallel_bulk",
                    () -> indexed(server, () -> peer(minio, "elasticsearch", server.url(), login))));
            cases.add(new Bench.Case(
                    "  with ids, as the connector",
                    () -> indexed(server, () -> peer(minio, "elasticsearch", server.url(), withIds))));
            // Its first documents, before its code is compiled, would slow down the first sender.
            Bench.say("warming Elasticsearch");
            cases.get(0).run().call();
            print("Elasticsearch", bench.measure(cases));
        }
    }

    private static void print(String sink, Map<String, Bench.Measured> measured) {
        Bench.Measured connector = measured.get("connector");
        System.out.printf("%n%s from MinIO to %s%n", Figures.title(DATASET), sink);
        Figures.row("", "records/s", "ratio", "with start", "ratio", "peak RSS", "CPU", "sink's CPU");
        measured.forEach((name, run) -> Figures.row(
                name,
                Figures.rate(DATASET.records(), run.seconds()),
                Figures.ratio(run.seconds() / connector.seconds()),
                Figures.rate(DATASET.records(), run.wallSeconds()),
                Figures.ratio(run.wallSeconds() / connector.wallSeconds()),
                Figures.megabytes(run),
                Figures.cpu(run),
                Figures.seconds(run.sinkCpuSeconds())));
    }

    /** Senders by name: each build with its usual options, and this one in little memory. */
    private Map<String, Callable<Bench.Measured>> connectors(S3Server minio, Map<String, String> destination) {
        Map<String, String> its = bench.settings("query.sql", QUERY);
        its.putAll(BenchLake.settings(minio.endpoint()));
        its.putAll(destination);
        its.putIfAbsent("schedule.batch-size", String.valueOf(BATCH));
        its.putIfAbsent("delivery.max-in-flight", String.valueOf(IN_FLIGHT));
        Map<String, String> oneAtATime = new LinkedHashMap<>(its);
        oneAtATime.put("export.parallel-objects", "1");
        Map<String, Callable<Bench.Measured>> senders = new LinkedHashMap<>();
        bench.builds().forEach((build, jar) -> senders.put(
                "connector" + build, () -> bench.launcher.export(jar, DATASET, its)));
        senders.put(
                "  in little memory",
                () -> bench.launcher.export(Bench.JAR, DATASET, oneAtATime, LITTLE_MEMORY, LITTLE_MEMORY_ENVIRONMENT));
        return senders;
    }

    private Bench.Measured peer(S3Server minio, String kind, URI url, Map<String, String> environment)
            throws IOException, InterruptedException {
        Path log = Bench.WORK.resolve("peer.log");
        ProcessBuilder builder = new ProcessBuilder(
                        PYTHON.toString(),
                        "bench/peers.py",
                        kind,
                        url.toString(),
                        minio.endpoint().getAuthority(),
                        BenchLake.BUCKET + "/" + DATASET.folder(),
                        String.valueOf(BATCH),
                        String.valueOf(IN_FLIGHT))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().putAll(environment);
        builder.environment().put("S3_KEY", minio.accessKey());
        builder.environment().put("S3_SECRET", minio.secretKey());
        long before = System.nanoTime();
        Process process = builder.start();
        Processes.Watched watched = Processes.watch(process);
        double wallSeconds = Processes.secondsSince(before);
        String said = Files.readString(log);
        Matcher summary = Pattern.compile("(\\d+) records in ([\\d.]+) s").matcher(said);
        if (process.exitValue() != 0 || !summary.find() || Processes.number(summary.group(1)) != DATASET.records()) {
            throw new IllegalStateException("the peer ended with %d:%n%s".formatted(process.exitValue(), said));
        }
        return new Bench.Measured(
                Double.parseDouble(summary.group(2)), wallSeconds, watched.cpuSeconds(), watched.peakBytes());
    }

    /** The same bytes in the same number of requests, from a client that does nothing else. */
    private Bench.Measured hammer(URI url) throws Exception {
        byte[] body = ("x".repeat(300) + "\n").repeat(BATCH).getBytes(StandardCharsets.UTF_8);
        HttpRequest request =
                HttpRequest.newBuilder(url).POST(BodyPublishers.ofByteArray(body)).build();
        ExecutorService threads = Executors.newFixedThreadPool(IN_FLIGHT);
        ProcessHandle self = ProcessHandle.current();
        double cpuBefore = Processes.cpuSeconds(self);
        long before = System.nanoTime();
        try {
            List<Future<?>> sent = new ArrayList<>();
            for (long i = 0; i < DATASET.records() / BATCH; i++) {
                sent.add(threads.submit(() -> http.send(request, BodyHandlers.discarding())));
            }
            for (Future<?> one : sent) {
                one.get();
            }
        } finally {
            threads.shutdown();
        }
        double seconds = Processes.secondsSince(before);
        return new Bench.Measured(seconds, seconds, Processes.cpuSeconds(self) - cpuBefore, 0);
    }

    /** Fails unless the sink has counted every record. */
    private Bench.Measured taken(Process sink, URI url, Callable<Bench.Measured> sender) throws Exception {
        lines(url);
        Bench.Measured run = withSink(sink.toHandle(), sender);
        long lines = lines(url);
        if (lines != DATASET.records()) {
            throw new IllegalStateException("the sink counted %,d records".formatted(lines));
        }
        return run;
    }

    /** Sends to an empty index. Fails unless it contains every record afterwards. */
    private static Bench.Measured indexed(ElasticsearchServer server, Callable<Bench.Measured> sender)
            throws Exception {
        server.request("DELETE", "/peers", "");
        server.put("/peers", INDEX);
        Bench.Measured run = withSink(server.process(), sender);
        long documents = server.count("peers");
        if (documents != DATASET.records()) {
            throw new IllegalStateException("Elasticsearch has %,d documents".formatted(documents));
        }
        return run;
    }

    private static Bench.Measured withSink(ProcessHandle sink, Callable<Bench.Measured> sender) throws Exception {
        double before = Processes.cpuSeconds(sink);
        Bench.Measured run = sender.call();
        return new Bench.Measured(
                run.seconds(), run.wallSeconds(), run.cpuSeconds(), run.peakBytes(), Processes.cpuSeconds(sink) - before);
    }

    private long lines(URI url) throws IOException, InterruptedException {
        HttpRequest ask = HttpRequest.newBuilder(url).build();
        return Long.parseLong(http.send(ask, BodyHandlers.ofString()).body());
    }

    private void awaitSink(URI url) throws InterruptedException {
        while (true) {
            try {
                lines(url);
                return;
            } catch (IOException notYet) {
                Thread.sleep(50);
            }
        }
    }

    /** Installs Python with the versions of {@code peers.txt}, once. */
    private static void installPeers() throws IOException, InterruptedException {
        Path wanted = Path.of("bench", "peers.txt");
        Path installed = VENV.resolve("peers.txt");
        if (Files.exists(installed) && Files.mismatch(wanted, installed) < 0) {
            return;
        }
        Bench.say("installing %s", Files.readString(wanted).strip().replace("\n", ", "));
        command("python3", "-m", "venv", VENV.toString());
        command(PYTHON.toString(), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", wanted.toString());
        Files.writeString(installed, Files.readString(wanted));
    }

    private static void command(String... words) throws IOException, InterruptedException {
        if (new ProcessBuilder(words).inheritIO().start().waitFor() != 0) {
            throw new IllegalStateException(String.join(" ", words) + " failed");
        }
    }
}
