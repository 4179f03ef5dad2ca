package com.bytefreezer.connector.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.spool.DatasetState;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.ConnectorProcess;
import com.bytefreezer.connector.testing.ElasticsearchServer;
import com.bytefreezer.connector.testing.FeedBed;
import com.bytefreezer.connector.testing.KafkaServer;
import com.bytefreezer.connector.testing.LoopDisk;
import com.bytefreezer.connector.testing.MinioServer;
import com.bytefreezer.connector.testing.ParquetRows;
import com.bytefreezer.connector.testing.S3Server;
import com.bytefreezer.connector.testing.TestSettings;
import com.bytefreezer.connector.testing.TestTools;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * As many events out as in, {@code mvn verify -Psoak -Dsoak.events=2000000}: over HTTP, syslog and from Kafka at once, while
 * the packaged program is killed ten times, its disk is full twice and S3 is away for a minute. Then all goes to Elasticsearch.
 */
@Tag("soak")
class IngestSoakIT {
    private static final int ALL = Integer.getInteger("soak.events", 60_000);
    private static final Duration S3_AWAY = Duration.ofSeconds(Integer.getInteger("soak.outage-seconds", 60));
    private static final List<Fault> FAULTS = List.of(
            Fault.KILL,
            Fault.KILL,
            Fault.FULL_DISK,
            Fault.KILL,
            Fault.KILL,
            Fault.KILL,
            Fault.S3_AWAY,
            Fault.KILL,
            Fault.KILL_ON_FULL_DISK,
            Fault.KILL,
            Fault.KILL,
            Fault.KILL);

    private static final int BATCH = 100;
    /** Of each way in, in each slice between two faults. */
    private static final int SLICE = Math.max(BATCH, ALL / 4 / (FAULTS.size() + 1) / BATCH * BATCH);

    private static final int EACH = SLICE * (FAULTS.size() + 1);
    /** One in so many is no event. */
    private static final int BROKEN = 1000;
    /** The SQL leaves out one in so many. */
    private static final int DROPPED = 10;

    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private enum Fault {
        KILL,
        FULL_DISK,
        KILL_ON_FULL_DISK,
        S3_AWAY
    }

    @TempDir
    private Path folder;

    private final long seed = System.nanoTime();
    private final Random random = new Random(seed);
    private final int httpPort = TestTools.freePort();
    private final int syslogPort = TestTools.freePort();
    private final HttpClient client = HttpClient.newHttpClient();
    /** How far all may send. */
    private final AtomicInteger released = new AtomicInteger();

    private final AtomicInteger web = new AtomicInteger();
    private final AtomicInteger plain = new AtomicInteger();
    private final AtomicLong refusals = new AtomicLong();
    /** Of each batch without an id, how often its sender got no answer. */
    private final int[] unanswered = new int[EACH / BATCH];
    /** Whoever holds it knows that syslog sends nothing. */
    private final Object syslogLock = new Object();

    /** What was on disk of Kafka when the process started. */
    private long ordersAtStart;

    /** What the processes had to say. */
    private final StringBuilder said = new StringBuilder();

    private int syslog;
    private Optional<Socket> connection = Optional.empty();
    private LoopDisk disk;
    private MinioServer s3;
    private KafkaServer kafka;
    private FeedBed bed;
    private ConnectorProcess connector;

    @BeforeEach
    void prepare() throws IOException {
        disk = LoopDisk.in(folder, 300 + ALL / 10_000);
        s3 = S3Server.minio();
        s3.createBucket("lake");
        kafka = KafkaServer.start();
        kafka.createTopic("orders", 4, Map.of());
        bed = new FeedBed(folder);
        for (String name : List.of("web", "plain")) {
            bed.feed(name, Map.of("input", "http", "format", "ndjson"));
        }
        bed.feed("auth", Map.of("input", "syslog", "port", String.valueOf(syslogPort)));
        bed.feed("orders", Map.of("input", "kafka", "brokers", kafka.brokers(), "topic", "orders"));
        Files.writeString(
                Files.createDirectories(bed.routes().resolve("packs")).resolve("auth.camel.yaml"),
                """
                - templatedRoute:
                    routeTemplateRef: pack
                    routeId: pack-auth
                    parameters:
                      - {name: name, value: auth}
                      - {name: dataset, value: auth}
                      - {name: sql, value: "SELECT *, regexp_extract(message, '[0-9]+')::BIGINT AS n, random() AS r FROM incoming WHERE regexp_extract(message, '[0-9]+')::BIGINT %% %d <> 0"}
                """.formatted(DROPPED));
        connector = start();
    }

    @AfterEach
    void end() {
        connector.close();
        kafka.close();
        s3.close();
        disk.close();
    }

    @Test
    void asManyEventsComeOutAsWentIn() throws Exception {
        long begun = System.nanoTime();
        ExecutorService senders = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> sending = List.of(
                    senders.submit(() -> push("web", web)),
                    senders.submit(() -> push("plain", plain)),
                    senders.submit(this::log),
                    senders.submit(this::produce));
            for (int i = 0; i < FAULTS.size(); i++) {
                await("it reads from Kafka", this::readsFromKafka);
                released.addAndGet(SLICE);
                int half = i * SLICE + SLICE / 2;
                await("half a slice", () -> isAt(half, sending));
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(500)));
                System.err.printf("%d s: %s%n", seconds(begun), FAULTS.get(i));
                cause(FAULTS.get(i));
            }
            released.addAndGet(SLICE);
            for (Future<?> each : sending) {
                each.get();
            }
        } finally {
            senders.shutdownNow();
        }
        Await.until("all is packed", PATIENCE, this::isAllPacked);
        System.err.printf("%d s: all is packed%n", seconds(begun));
        connector.terminate();
        assertThat(connector.waitFor(Duration.ofMinutes(2)))
                .as(connector.standardError())
                .isZero();
        said.append(connector.standardError());
        assertThat(said.toString().lines())
                .noneMatch(line -> line.contains("the disk has lost") || line.startsWith("\tat "));

        int broken = (int) IntStream.range(0, EACH).filter(n -> isBroken(n)).count();
        int repeated = repeatsInLake();
        expect("web", EACH - broken, 0, broken);
        expect("plain", EACH - broken + repeated, 0, broken);
        expect("auth", EACH - EACH / DROPPED, EACH / DROPPED, 0);
        expect("orders", EACH - broken, 0, broken);
        assertThat(keptLetters()).isBetween(3L * broken, 3L * broken + repeated);

        System.err.printf("%d s: the lake has what it should: %s%n", seconds(begun), states());
        try (ElasticsearchServer server = ElasticsearchServer.node().start()) {
            export(server);
            for (DatasetState each : states()) {
                assertThat(server.count(each.dataset())).as(each.toString()).isEqualTo(each.packed());
            }
        }
        said.toString()
                .lines()
                .filter(line -> line.matches(".* (WARN|ERROR) .*"))
                .forEach(System.err::println);
        System.err.printf(
                "ingest soak, seed %d, %d s: %s; sent %d of each of 4, %d HTTP requests refused, %d without an answer, %d events repeated without an id%n",
                seed,
                seconds(begun),
                states(),
                EACH,
                refusals.get(),
                Arrays.stream(unanswered).sum(),
                repeated);
    }

    /** The group waits for 45 seconds for the member that was killed. */
    private boolean readsFromKafka() {
        long received = received("orders");
        return received > ordersAtStart || received == released.get();
    }

    private static long seconds(long since) {
        return TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - since);
    }

    private boolean isAt(int count, List<Future<?>> sending) {
        for (Future<?> each : sending) {
            if (each.isDone()) {
                try {
                    each.get();
                } catch (InterruptedException | ExecutionException e) {
                    throw new IllegalStateException(e);
                }
            }
        }
        return web.get() >= count && plain.get() >= count;
    }

    private void cause(Fault fault) throws IOException {
        switch (fault) {
            case KILL -> {
                synchronized (syslogLock) {
                    awaitSyslog();
                    restart();
                }
            }
            case FULL_DISK -> {
                Path ballast = fill();
                awaitRefusals();
                Files.delete(ballast);
            }
            case KILL_ON_FULL_DISK -> {
                synchronized (syslogLock) {
                    awaitSyslog();
                    Path ballast = fill();
                    awaitRefusals();
                    restart();
                    awaitRefusals();
                    Files.delete(ballast);
                }
            }
            case S3_AWAY -> {
                s3.kill();
                released.addAndGet(SLICE / 2);
                LockSupport.parkNanos(S3_AWAY.toNanos());
                released.addAndGet(-SLICE / 2);
                s3.restart();
            }
        }
    }

    /** A sender of syslog gets no answer: a kill loses what is not on disk yet. */
    private void awaitSyslog() {
        Await.until("syslog is on disk", PATIENCE, () -> received("auth") >= syslog);
        connection.ifPresent(IngestSoakIT::close);
        connection = Optional.empty();
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void restart() {
        connector.killHard();
        said.append(connector.standardError());
        connector.close();
        ordersAtStart = received("orders");
        connector = start();
    }

    /** Leaves no byte of the disk. */
    private Path fill() throws IOException {
        Path ballast = disk.folder().resolve("ballast");
        try (OutputStream out = Files.newOutputStream(ballast)) {
            for (int size = 1 << 20; size > 0; size /= 2) {
                try {
                    while (true) {
                        out.write(new byte[size]);
                    }
                } catch (IOException full) {
                    // With smaller pieces there may be more.
                }
            }
        }
        return ballast;
    }

    private void awaitRefusals() {
        long before = refusals.get();
        Await.until("requests are refused", PATIENCE, () -> refusals.get() > before + 3 || isIdle());
    }

    /** All that may be sent is. */
    private boolean isIdle() {
        if (web.get() >= released.get()) {
            released.addAndGet(BATCH);
        }
        return false;
    }

    private void push(String dataset, AtomicInteger acknowledged) {
        for (int batch = 0; batch < EACH / BATCH; batch++) {
            int first = batch * BATCH;
            await("its turn", () -> released.get() > first);
            String body = IntStream.range(first, first + BATCH)
                    .mapToObj(IngestSoakIT::event)
                    .collect(Collectors.joining("\n"));
            HttpRequest.Builder request = HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:%d/acme/%s".formatted(httpPort, dataset)))
                    .POST(HttpRequest.BodyPublishers.ofString(body));
            if (dataset.equals("web")) {
                request.header("Idempotency-Key", String.valueOf(batch));
            }
            HttpRequest whole = request.build();
            await(
                    "an answer",
                    () -> isAcknowledged(
                            whole, dataset.equals("plain") ? Optional.of(first / BATCH) : Optional.empty()));
            acknowledged.set(first + BATCH);
        }
    }

    private static void await(String what, java.util.function.BooleanSupplier condition) {
        Await.until(what, PATIENCE, condition);
    }

    private boolean isAcknowledged(HttpRequest request, Optional<Integer> withoutId) {
        try {
            HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() == 200) {
                return true;
            }
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(503);
            refusals.incrementAndGet();
        } catch (IOException e) {
            // Killed, or not yet there: the events may be on disk.
            withoutId.ifPresent(batch -> unanswered[batch]++);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return false;
    }

    private static boolean isBroken(int n) {
        return n % BROKEN == BROKEN / 2;
    }

    private static String event(int n) {
        return isBroken(n)
                ? "{\"n\":%d,".formatted(n)
                : "{\"n\":%d,\"user\":\"user-%d\",\"message\":\"Failed password for user-%d from 203.0.113.%d port %d ssh2\"}"
                        .formatted(n, n % 997, n % 997, n % 251, 1024 + n % 60_000);
    }

    private void log() {
        while (syslog < EACH) {
            await("its turn", () -> released.get() > syslog);
            synchronized (syslogLock) {
                StringBuilder lines = new StringBuilder();
                for (int n = syslog; n < syslog + BATCH; n++) {
                    lines.append("<38>1 2026-11-28T12:00:00Z host-%d sshd %d - - number %d of many\n"
                            .formatted(n % 17, n, n));
                }
                await("a connection", this::isConnected);
                try {
                    connection
                            .orElseThrow()
                            .getOutputStream()
                            .write(lines.toString().getBytes(UTF_8));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
                syslog += BATCH;
            }
        }
    }

    private boolean isConnected() {
        if (connection.isEmpty()) {
            try {
                connection = Optional.of(new Socket("127.0.0.1", syslogPort));
            } catch (IOException notYet) {
                return false;
            }
        }
        return true;
    }

    private void produce() {
        try (var producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", kafka.brokers(), "enable.idempotence", true),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            for (int n = 0; n < EACH; n += BATCH) {
                int first = n;
                await("its turn", () -> released.get() > first);
                List<Future<?>> sent = new ArrayList<>();
                for (int i = n; i < n + BATCH; i++) {
                    sent.add(producer.send(new ProducerRecord<>("orders", event(i).getBytes(UTF_8))));
                }
                for (Future<?> each : sent) {
                    each.get();
                }
            }
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private List<DatasetState> states() {
        try {
            return DatasetState.in(disk.folder().resolve("spool"));
        } catch (IOException | UncheckedIOException e) {
            // It changes.
            return List.of();
        }
    }

    private long received(String dataset) {
        return state(dataset).map(DatasetState::received).orElse(0L);
    }

    private Optional<DatasetState> state(String dataset) {
        return states().stream().filter(one -> one.dataset().equals(dataset)).findFirst();
    }

    private boolean isAllPacked() {
        List<DatasetState> states = states();
        return states.size() == 4 && states.stream().allMatch(one -> one.spooled() == 0 && one.received() >= EACH);
    }

    /** What the connector says, and what is in the lake. */
    private void expect(String dataset, long packed, long dropped, long deadLetters) {
        DatasetState state = state(dataset).orElseThrow();
        String[] lake = ParquetRows.of(
                        folder.resolve("objects").resolve("acme").resolve(dataset),
                        "SELECT count(*), count(DISTINCT n), count(*) FILTER (n IS NULL OR n < 0 OR n >= %d) FROM one"
                                .formatted(EACH))
                .get(0)
                .split("\\|");
        assertThat(Long.parseLong(lake[0])).as("rows of " + state).isEqualTo(packed);
        assertThat(Long.parseLong(lake[1])).as("different events of " + state).isEqualTo(EACH - dropped - deadLetters);
        assertThat(lake[2]).isEqualTo("0");
        assertThat(state.packed()).as(state.toString()).isEqualTo(packed);
        assertThat(state.dropped()).as(state.toString()).isEqualTo(dropped);
        assertThat(state.deadLetters()).as(state.toString()).isGreaterThanOrEqualTo(deadLetters);
    }

    /** Events of repeats without an id, of batches that were sent without an answer. */
    private int repeatsInLake() {
        for (String key : s3.list("lake", "acme/")) {
            Path file = folder.resolve("objects").resolve(key);
            try {
                Files.createDirectories(file.getParent());
                Files.write(file, s3.get("lake", key));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        int repeated = 0;
        for (String row : ParquetRows.of(
                folder.resolve("objects/acme/plain"),
                "SELECT n // %d, min(times), max(times), count(*) FROM (SELECT n, count(*) AS times FROM one GROUP BY n) GROUP BY 1"
                        .formatted(BATCH))) {
            List<Integer> values =
                    Arrays.stream(row.split("\\|")).map(Integer::valueOf).toList();
            assertThat(values.get(1)).isEqualTo(values.get(2)).isLessThanOrEqualTo(1 + unanswered[values.get(0)]);
            repeated += (values.get(1) - 1) * values.get(3);
        }
        return repeated;
    }

    private long keptLetters() {
        try (Stream<Path> files = Files.list(disk.folder().resolve("feed-dead-letters"))) {
            long lines = 0;
            for (Path each : files.toList()) {
                lines += Files.readAllLines(each).size();
            }
            return lines;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void export(ElasticsearchServer server) {
        server.put("/_index_template/all", """
                {"index_patterns": ["*"], "template": {"settings": {"number_of_replicas": 0},
                 "mappings": {"dynamic": false, "properties": {"n": {"type": "long"}}}}}
                """);
        Map<String, String> settings = new TreeMap<>(lake());
        settings.putAll(Map.of(
                "query.tenant-id", "acme",
                "query.dataset-id", "*",
                "query.sql", "SELECT n, message FROM events",
                "destination.type", "elasticsearch",
                "destination.elasticsearch.url", server.url().toString(),
                "destination.elasticsearch.index", "{dataset}",
                "destination.elasticsearch.username", ElasticsearchServer.USER,
                "destination.elasticsearch.password", ElasticsearchServer.PASSWORD,
                "schedule.batch-size", "5000"));
        try (ConnectorProcess export = run("batch", settings)) {
            assertThat(export.waitFor(Duration.ofMinutes(30)))
                    .as(export.standardError())
                    .isZero();
        }
    }

    private Map<String, String> lake() {
        Map<String, String> settings = new TreeMap<>(S3Server.settings(s3.endpoint()));
        settings.put("s3.bucket", "lake");
        settings.put("data.folder", disk.folder().toString());
        return settings;
    }

    private ConnectorProcess start() {
        Map<String, String> settings = new TreeMap<>(lake());
        settings.putAll(Map.of(
                "feeds.http-port", String.valueOf(httpPort),
                "server.port", "0",
                "pack.timeout-seconds", "2"));
        return run("ingest", settings);
    }

    private ConnectorProcess run(String mode, Map<String, String> settings) {
        return ConnectorProcess.start(
                folder,
                Map.of(),
                List.of("-Xmx256m"),
                TestSettings.arguments(
                        settings, "--mode", mode, "--routes", bed.routes().toString()));
    }
}
