package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.MainHere;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.ConnectorProcess;
import com.bytefreezer.connector.testing.FeedBed;
import com.bytefreezer.connector.testing.KinesisServer;
import com.bytefreezer.connector.testing.MinioServer;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.PostgresServer;
import com.bytefreezer.connector.testing.S3Server;
import com.bytefreezer.connector.testing.WebhookServer;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several packaged connectors that share the work of one export. */
class ReplicasIT {
    private static final int OBJECTS = 120;
    private static final int RECORDS_PER_OBJECT = 100;
    private static final int RECORDS = OBJECTS * RECORDS_PER_OBJECT;
    /** Those are read as one, and repeated as one. */
    private static final int OBJECTS_OF_PARTITION = 4;

    private static final int BATCH = 50;
    private static final int PARALLEL_OBJECTS = 2;
    private static final int MOST_REPEATED_PER_KILL = PARALLEL_OBJECTS * OBJECTS_OF_PARTITION * RECORDS_PER_OBJECT;

    private static final Duration PATIENCE = Duration.ofMinutes(3);

    @TempDir
    private static Path folder;

    private static MinioServer minio;
    private static PostgresServer postgres;

    @Nullable
    private static Connection connection;

    private final List<ConnectorProcess> replicas = new ArrayList<>();
    private WebhookServer sink;

    @BeforeAll
    static void startServersAndWriteLake() {
        minio = S3Server.minio();
        postgres = PostgresServer.start();
        ParquetLake lake = ParquetLake.in(folder.resolve("lake"));
        for (int i = 0; i < OBJECTS; i++) {
            int partition = i / OBJECTS_OF_PARTITION;
            lake.numbers(
                    "year=2026/month=11/day=%02d/hour=%02d/o-%03d.parquet".formatted(partition / 24, partition % 24, i),
                    (long) i * RECORDS_PER_OBJECT,
                    RECORDS_PER_OBJECT);
        }
        minio.createBucket("lake");
        minio.uploadFolder("lake", "", lake.root());
    }

    @AfterAll
    static void stopServers() {
        postgres.close();
        minio.close();
    }

    @BeforeEach
    void startAnew() throws SQLException {
        postgres.empty();
        sink = WebhookServer.startCounting(RECORDS, ParquetLake::number);
    }

    @AfterEach
    void stop() {
        replicas.forEach(ConnectorProcess::close);
        sink.close();
    }

    @Test
    void ofFourReplicasTwoAreKilledAndTheOthersDeliverEverything() throws Exception {
        Random random = new Random();
        long some = random.nextInt(RECORDS / 5);
        sink.holdAt(some);
        List<ConnectorProcess> four = List.of(
                replica("--mode", "watch"),
                replica("--mode", "batch"),
                replica("--mode", "watch"),
                replica("--mode", "batch"));
        Await.until("work for all four", () -> claims() == 4 * PARALLEL_OBJECTS);
        four.get(0).killHard();
        long more = sink.acceptedRecords() + random.nextInt(RECORDS / 5);
        sink.holdAt(more);
        Await.until("a part of the work", () -> sink.acceptedRecords() >= more);
        four.get(1).killHard();
        sink.answerAll();
        CompletableFuture<MainHere> another = CompletableFuture.supplyAsync(() -> here("--mode", "batch"));
        assertThat(four.get(3).waitFor(PATIENCE))
                .as(four.get(3).standardError())
                .isZero();
        // A batch run ends well only when everything is delivered, by whomever.
        assertThat(sink.distinctRecords()).isEqualTo(RECORDS);
        MainHere late = another.get();
        assertThat(late.code()).as(late.shown()).isZero();
        four.get(2).terminate();
        assertThat(four.get(2).waitFor(PATIENCE)).isZero();

        long repeats = sink.acceptedRecords() - RECORDS;
        System.err.printf("2 of 4 replicas killed: %d of %d records repeated%n", repeats, RECORDS);
        assertThat(repeats).isBetween(0L, 2L * MOST_REPEATED_PER_KILL);
        assertThat(number("SELECT count(*) FROM object WHERE complete")).isEqualTo(OBJECTS);
        assertThat(number("SELECT sum(selected) FROM object")).isEqualTo(RECORDS);
        assertThat(number("SELECT count(*) FROM claim")).isZero();
        List<String> shown = Stream.concat(four.stream().map(ConnectorProcess::standardError), Stream.of(late.shown()))
                .toList();
        assertThat(shown)
                .allSatisfy(one ->
                        assertThat(one).doesNotContain(PostgresServer.PASSWORD).doesNotContain("ERROR"));
        assertThat(shown.subList(2, shown.size()))
                .allSatisfy(one -> assertThat(one).contains("records selected"));
    }

    @Test
    void machinesShareTheShardsOfAStreamAndLoseNothing() throws Exception {
        try (KinesisServer kinesis = KinesisServer.start()) {
            kinesis.createStream("events", 4);
            Path first = folder.resolve("first");
            Path second = folder.resolve("second");
            FeedBed one = reader(first, kinesis);
            FeedBed other = reader(second, kinesis);
            ConnectorProcess dying = receiving(first);
            Await.until("it reads all", () -> dying.standardError().contains("reads 4 of 4 shards (machines: 1)"));
            kinesis.put("events", numbers(0, 100));
            Await.until("they are stored", () -> stored(one).size() == 100);
            ConnectorProcess living = receiving(second);
            Await.until("half of them each", () -> Stream.of(dying, living)
                    .allMatch(each -> each.standardError().contains("reads 2 of 4 shards (machines: 2)")));
            kinesis.put("events", numbers(100, 300));
            kinesis.split("events", kinesis.openShards("events").get(0));
            kinesis.put("events", numbers(300, 500));
            Await.until("all are stored", () -> stored(one, other).size() == 500);
            assertThat(stored(other)).isNotEmpty();
            assertThat(stored(one, other)).doesNotHaveDuplicates();

            int last = 200;
            kinesis.put("events", numbers(500, 500 + last));
            Await.until("some more are stored", () -> stored(one, other).size() > 500);
            dying.killHard();
            kinesis.put("events", numbers(500 + last, 800));
            Await.until(
                    "the other one has taken over",
                    () -> Set.copyOf(stored(one, other)).size() == 800);

            receiving(first);
            Await.until(
                    "it has shards again", () -> replicas.get(2).standardError().contains("(machines: 2)"));
            kinesis.put("events", numbers(800, 900));
            Await.until(
                    "nothing is missing", () -> Set.copyOf(stored(one, other)).size() == 900);
            // What the dead one had not acknowledged is cut by now.
            int repeats = stored(one, other).size() - 900;
            System.err.printf("1 of 2 readers of a stream killed: %d of 900 records repeated%n", repeats);
            assertThat(repeats).isBetween(0, last);
        }
    }

    private static FeedBed reader(Path folder, KinesisServer kinesis) throws IOException {
        FeedBed bed = new FeedBed(folder);
        bed.feed("clicks", kinesis);
        return bed;
    }

    private ConnectorProcess receiving(Path folder) {
        List<String> arguments = new ArrayList<>(List.of("--mode", "ingest"));
        for (String each : List.of(
                "lake.root=" + folder.resolve("lake"),
                "data.folder=" + folder,
                "pack.timeout-seconds=3600",
                "cursor.claim-seconds=10",
                "cursor.url=" + postgres.url(),
                "cursor.username=" + PostgresServer.USERNAME)) {
            arguments.addAll(List.of("--set", each));
        }
        ConnectorProcess process = ConnectorProcess.start(
                folder,
                Map.of("CURSOR_PASSWORD", PostgresServer.PASSWORD),
                List.of(),
                arguments.toArray(String[]::new));
        replicas.add(process);
        return process;
    }

    private static String[] numbers(int from, int to) {
        return IntStream.range(from, to).mapToObj("{\"n\":%d}"::formatted).toArray(String[]::new);
    }

    private static List<Integer> stored(FeedBed... beds) {
        return Stream.of(beds)
                .flatMap(bed -> bed.spooled("clicks").stream())
                .map(event -> event.path("n").asInt())
                .toList();
    }

    @Test
    void aFrozenReplicaLosesItsClaimsAndRecordsNothingWhenBack() throws Exception {
        sink.holdAt(RECORDS / 10);
        ConnectorProcess frozen = replica("--mode", "batch");
        Await.until("a part of the work", () -> sink.acceptedRecords() >= RECORDS / 10);
        frozen.pause();
        sink.answerAll();
        MainHere other = here("--mode", "batch");
        assertThat(other.code()).as(other.shown()).isZero();
        assertThat(sink.distinctRecords()).isEqualTo(RECORDS);

        frozen.resume();
        assertThat(frozen.waitFor(PATIENCE)).as(frozen.standardError()).isZero();
        assertThat(frozen.standardError())
                .contains("is lost: it was not renewed in time")
                .doesNotContain("ERROR");
        assertThat(sink.acceptedRecords() - RECORDS).isBetween(0L, (long) MOST_REPEATED_PER_KILL);
        assertThat(number("SELECT sum(selected) FROM object")).isEqualTo(RECORDS);
    }

    @Test
    void aDatabaseThatIsKilledAndComesBackCostsNothing() throws Exception {
        sink.holdAt(RECORDS / 4);
        String[] batch = {"--mode", "batch", "--set", "cursor.claim-seconds=300"};
        ConnectorProcess one = replica(batch);
        CompletableFuture<MainHere> another = CompletableFuture.supplyAsync(() -> here(batch));
        Await.until("work for both", () -> claims() == 2 * PARALLEL_OBJECTS && sink.acceptedRecords() >= RECORDS / 4);
        postgres.kill();
        sink.answerAll();
        Await.until("a replica notices", () -> one.standardError()
                .contains("Nothing is lost. The connector retries for 300 s"));
        postgres.restart();
        assertThat(one.waitFor(PATIENCE)).as(one.standardError()).isZero();
        MainHere two = another.get();
        assertThat(two.code()).as(two.shown()).isZero();

        assertThat(sink.distinctRecords()).isEqualTo(RECORDS);
        assertThat(sink.acceptedRecords()).isEqualTo(RECORDS);
        assertThat(one.standardError()).contains("it answers again").doesNotContain("ERROR");
    }

    /** Of units; each replica has so many as it delivers at a time. */
    private static long claims() {
        try {
            return number("SELECT count(DISTINCT holder) FROM claim");
        } catch (SQLException notYet) {
            return 0;
        }
    }

    private ConnectorProcess replica(String... arguments) {
        ConnectorProcess replica = BucketExport.start(sink.url(), "-Xmx192m", environment(), arguments);
        replicas.add(replica);
        return replica;
    }

    /** A replica that nothing interrupts. */
    private MainHere here(String... arguments) {
        return MainHere.runIn(BucketExport.environment(sink.url(), environment()), arguments);
    }

    private static Map<String, String> environment() {
        return Map.ofEntries(
                Map.entry("S3_BUCKET", "lake"),
                Map.entry("S3_ENDPOINT", minio.endpoint().toString()),
                Map.entry("S3_ACCESS_KEY", minio.accessKey()),
                Map.entry("S3_SECRET_KEY", minio.secretKey()),
                Map.entry("SCHEDULE_BATCH_SIZE", String.valueOf(BATCH)),
                Map.entry("DELIVERY_MAX_IN_FLIGHT", "2"),
                Map.entry("EXPORT_PARALLEL_OBJECTS", String.valueOf(PARALLEL_OBJECTS)),
                Map.entry("CURSOR_URL", postgres.url()),
                Map.entry("CURSOR_USERNAME", PostgresServer.USERNAME),
                Map.entry("CURSOR_PASSWORD", PostgresServer.PASSWORD),
                // A busy machine may need some for a renewal.
                Map.entry("CURSOR_CLAIM_SECONDS", "10"),
                // Longer than they are made to wait here.
                Map.entry("DESTINATION_WEBHOOK_TIMEOUT_MS", "600000"));
    }

    private static long number(String sql) throws SQLException {
        // Kept for all that is asked while a test waits; a test kills the server under it.
        Connection usual = connection;
        if (usual == null || !usual.isValid(60)) {
            usual = postgres.connect();
            connection = usual;
        }
        try (var statement = usual.createStatement();
                var row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }
}
