package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.ConnectorProcess;
import com.bytefreezer.connector.testing.LatencyProxy;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.S3Server;
import com.bytefreezer.connector.testing.WebhookServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Watch mode for a long time, {@code mvn verify -Psoak -Dsoak.minutes=30}: a new object each second, a fault every ten. In the
 * first half the process is killed too; in the second half one process lives on, and what it holds must not grow.
 */
@Tag("soak")
class SoakIT {
    private static final int MINUTES = Integer.getInteger("soak.minutes", 30);
    private static final int RECORDS = 500;
    private static final int BATCH = 100;
    private static final int IN_FLIGHT = 4;
    private static final int PARALLEL_OBJECTS = 2;

    @TempDir
    private Path folder;

    /** What the process holds at one moment; memory is what is resident, in kB. */
    private record Holding(long memory, long threads, long handles, long connections) {
        static Holding of(long pid) {
            try (Stream<Path> handles = Files.list(Path.of("/proc/" + pid + "/fd"))) {
                List<String> targets = handles.map(Holding::target).toList();
                List<String> status = Files.readAllLines(Path.of("/proc/" + pid + "/status"));
                return new Holding(
                        number(status, "VmRSS:"),
                        number(status, "Threads:"),
                        targets.size(),
                        targets.stream()
                                .filter(target -> target.startsWith("socket:"))
                                .count());
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }

        private static String target(Path handle) {
            try {
                return Files.readSymbolicLink(handle).toString();
            } catch (IOException closedMeanwhile) {
                return "";
            }
        }

        private static long number(List<String> status, String name) {
            return status.stream()
                    .filter(line -> line.startsWith(name))
                    .map(line -> line.replaceAll("\\D", ""))
                    .mapToLong(Long::parseLong)
                    .findFirst()
                    .orElseThrow();
        }
    }

    @Test
    void everyRecordArrivesAndNothingGrows() {
        int seconds = MINUTES * 60;
        long seed = System.nanoTime();
        Random random = new Random(seed);
        ParquetLake lake = ParquetLake.in(folder.resolve("lake"));
        List<Holding> holdings = new ArrayList<>();
        int kills = 0;
        int breaks = 0;
        try (S3Server s3 = S3Server.minio();
                WebhookServer sink = WebhookServer.startCounting(seconds * RECORDS, ParquetLake::number);
                LatencyProxy toLake = LatencyProxy.start(s3.endpoint(), Duration.ZERO);
                LatencyProxy toSink = LatencyProxy.start(sink.url(), Duration.ofMillis(5))) {
            s3.createBucket("lake");
            ConnectorProcess connector = start(toLake, toSink);
            try {
                long begun = System.nanoTime();
                for (int second = 0; second < seconds; second++) {
                    String name =
                            "year=2026/month=11/day=20/hour=%02d/%06d.parquet".formatted(second / 60 % 24, second);
                    Path object = lake.numbers(name, (long) second * RECORDS, RECORDS);
                    s3.put("lake", "acme/events/data/parquet/" + name, object);
                    assertThat(connector.isAlive())
                            .as(connector.standardError())
                            .isTrue();
                    if (second % 10 == 5) {
                        int fault = random.nextInt(second < seconds / 2 ? 4 : 3);
                        switch (fault) {
                            case 0 -> sink.replyNext(1 + random.nextInt(12), Reply.of(503));
                            case 1 -> cut(toSink);
                            case 2 -> cut(toLake);
                            default -> {
                                connector.close();
                                connector = start(toLake, toSink);
                                kills++;
                            }
                        }
                        breaks += fault < 2 ? 1 : 0;
                    }
                    // A process that has warmed up.
                    if (second >= seconds * 5 / 8) {
                        holdings.add(Holding.of(connector.pid()));
                    }
                    long due = begun + TimeUnit.SECONDS.toNanos(second + 1);
                    LockSupport.parkNanos(due - System.nanoTime());
                }
                Await.until("everything", Duration.ofMinutes(2), () -> sink.distinctRecords() == seconds * RECORDS);
                connector.terminate();
                assertThat(connector.waitFor(Duration.ofMinutes(2))).isZero();
            } finally {
                connector.close();
            }
            long repeats = sink.acceptedRecords() - sink.distinctRecords();
            System.err.printf(
                    "soak, seed %d: %d objects, %d kills, %d records repeated; %s%n",
                    seed, seconds, kills, repeats, thirds(holdings));
            assertThat(repeats).isBetween(0L, (long) (kills + breaks) * PARALLEL_OBJECTS * IN_FLIGHT * RECORDS);
        }
        assertFlat(holdings, Holding::memory, 0.10, 20_000);
        assertFlat(holdings, Holding::threads, 0, 3);
        assertFlat(holdings, Holding::handles, 0, 5);
        assertFlat(holdings, Holding::connections, 0, 3);
    }

    private static void cut(LatencyProxy network) {
        network.cut();
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(300));
        network.heal();
    }

    /** The mean of the last third is at most that of the first one, with so much more. */
    private static void assertFlat(List<Holding> holdings, ToLongFunction<Holding> of, double part, long more) {
        int third = holdings.size() / 3;
        double first = mean(holdings.subList(0, third), of);
        double last = mean(holdings.subList(holdings.size() - third, holdings.size()), of);
        assertThat(last).as(thirds(holdings)).isLessThanOrEqualTo(first * (1 + part) + more);
    }

    private static String thirds(List<Holding> holdings) {
        int third = holdings.size() / 3;
        List<Holding> last = holdings.subList(holdings.size() - third, holdings.size());
        List<Holding> first = holdings.subList(0, third);
        return "means of the first and the last third: memory %.0f and %.0f kB, threads %.1f and %.1f, handles %.1f and %.1f, connections %.1f and %.1f"
                .formatted(
                        mean(first, Holding::memory),
                        mean(last, Holding::memory),
                        mean(first, Holding::threads),
                        mean(last, Holding::threads),
                        mean(first, Holding::handles),
                        mean(last, Holding::handles),
                        mean(first, Holding::connections),
                        mean(last, Holding::connections));
    }

    private static double mean(List<Holding> holdings, ToLongFunction<Holding> of) {
        return holdings.stream().mapToLong(of).average().orElseThrow();
    }

    private ConnectorProcess start(LatencyProxy lake, LatencyProxy sink) {
        Map<String, String> environment = Map.ofEntries(
                Map.entry("S3_BUCKET", "lake"),
                Map.entry("S3_ENDPOINT", lake.endpoint().toString()),
                Map.entry("S3_ACCESS_KEY", "test-access-key"),
                Map.entry("S3_SECRET_KEY", "test-secret-key"),
                Map.entry("DELIVERY_MAX_RETRIES", "3"),
                Map.entry("DELIVERY_RETRY_DELAY_MS", "50"),
                Map.entry("DELIVERY_MAX_IN_FLIGHT", String.valueOf(IN_FLIGHT)),
                Map.entry("EXPORT_PARALLEL_OBJECTS", String.valueOf(PARALLEL_OBJECTS)),
                Map.entry("SCHEDULE_BATCH_SIZE", String.valueOf(BATCH)),
                Map.entry("SCHEDULE_RETRY_DELAY_SECONDS", "1"),
                Map.entry("SCHEDULE_MAX_RETRY_DELAY_SECONDS", "2"),
                Map.entry("CURSOR_FILE", folder.resolve("cursor.db").toString()));
        return BucketExport.start(sink.endpoint(), "-Xmx128m", environment, "--mode", "watch");
    }
}
