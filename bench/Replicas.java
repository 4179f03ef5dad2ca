import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.PostgresServer;
import com.bytefreezer.connector.testing.WebhookServer;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Measures one, two and four replicas that share a cursor in PostgreSQL. They send small batches to a webhook that takes 20 ms for each, so that waiting is the limit and not this machine's cores. The replicas are running before the objects appear.
 */
final class Replicas {
    private static final int OBJECTS = 300;
    private static final int RECORDS_PER_OBJECT = 100;
    private static final int RECORDS = OBJECTS * RECORDS_PER_OBJECT;
    private static final Duration LATENCY = Duration.ofMillis(20);
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final Path FOLDER = Bench.WORK.resolve("replicas");

    private final Bench bench;

    Replicas(Bench bench) {
        this.bench = bench;
    }

    void run() throws Exception {
        // Without it each answer waits for the client's delayed acknowledgement.
        System.setProperty("sun.net.httpserver.nodelay", "true");
        make();
        Map<Integer, List<Double>> seconds = new LinkedHashMap<>();
        for (int round = 1; round <= bench.rounds(); round++) {
            for (int replicas : new int[] {1, 2, 4}) {
                double took = seconds(replicas);
                Bench.say("round %d, %d replicas: %s", round, replicas, Figures.seconds(took));
                seconds.computeIfAbsent(replicas, any -> new ArrayList<>()).add(took);
            }
        }
        System.out.printf(
                "%nreplicas: %,d records in %,d objects, batches of 10 to a webhook that takes %d ms%n",
                RECORDS, OBJECTS, LATENCY.toMillis());
        Figures.row("", "objects/s", "records/s", "of one");
        double one = median(seconds.get(1));
        seconds.forEach((replicas, all) -> Figures.row(
                replicas + (replicas == 1 ? " replica" : " replicas"),
                Figures.rate(OBJECTS, median(all)),
                Figures.rate(RECORDS, median(all)),
                Figures.ratio(one / median(all))));
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().toList().get(values.size() / 2);
    }

    /** From the first record that arrives to the last. */
    private double seconds(int replicas) throws Exception {
        Path dataset = FOLDER.resolve("lake/acme/events/data/parquet");
        Path staged = FOLDER.resolve("staged/acme/events/data/parquet");
        List<Process> processes = new ArrayList<>();
        try (PostgresServer postgres = PostgresServer.start();
                WebhookServer sink = WebhookServer.startCounting(RECORDS, ParquetLake::number)) {
            sink.reply(Reply.of(200).after(LATENCY));
            for (int i = 0; i < replicas; i++) {
                File log = FOLDER.resolve("replica-" + i + ".log").toFile();
                processes.add(start(postgres, sink).redirectError(log).start());
                Await.until("a replica that waits for objects", PATIENCE, () -> says(log, "no Parquet objects"));
            }
            Files.createDirectories(dataset.getParent());
            Files.move(staged, dataset);
            try {
                Await.until("the first record", PATIENCE, () -> sink.acceptedRecords() > 0);
                long first = System.nanoTime();
                Await.until("all records", PATIENCE, () -> sink.distinctRecords() == RECORDS);
                double seconds = Processes.secondsSince(first);
                if (sink.acceptedRecords() != RECORDS) {
                    throw new IllegalStateException(sink.acceptedRecords() - RECORDS + " records arrived twice");
                }
                return seconds;
            } finally {
                for (Process process : processes) {
                    process.destroy();
                    process.waitFor();
                }
                Files.move(dataset, staged);
            }
        }
    }

    private ProcessBuilder start(PostgresServer postgres, WebhookServer sink) {
        return bench.launcher.inWatchMode(bench.settings(
                        "lake.root", "file:" + FOLDER.resolve("lake"),
                        "query.tenant-id", "acme",
                        "query.dataset-id", "events",
                        "query.sql", "SELECT n, hostname, message FROM events",
                        "destination.type", "webhook",
                        "destination.webhook.url", sink.url().toString(),
                        "destination.webhook.format", "ndjson",
                        "schedule.interval-seconds", "1",
                        "schedule.batch-size", "10",
                        "delivery.max-in-flight", "2",
                        "export.parallel-objects", "2",
                        "cursor.url", postgres.url(),
                        "cursor.username", PostgresServer.USERNAME,
                        "cursor.password", PostgresServer.PASSWORD));
    }

    private static boolean says(File log, String text) {
        try {
            return Files.readString(log.toPath()).contains(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One object in each partition, so that none is read together with another. */
    private static void make() throws IOException {
        Files.createDirectories(FOLDER.resolve("lake"));
        ParquetLake lake = ParquetLake.in(FOLDER.resolve("staged"));
        if (Files.exists(lake.root())) {
            return;
        }
        for (int i = 0; i < OBJECTS; i++) {
            lake.numbers(
                    "year=2026/month=11/day=%02d/hour=%02d/o.parquet".formatted(1 + i / 24, i % 24),
                    (long) i * RECORDS_PER_OBJECT,
                    RECORDS_PER_OBJECT);
        }
    }
}
