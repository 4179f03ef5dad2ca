package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.ConnectorProcess;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.PostgresServer;
import com.bytefreezer.connector.testing.S3ProxyServer;
import com.bytefreezer.connector.testing.S3Server;
import com.bytefreezer.connector.testing.TestTools;
import com.bytefreezer.connector.testing.WebhookServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two replicas for a long time, {@code mvn verify -Psoak -Dsoak.minutes=30}, whose clocks, and that of the lake, jump by days,
 * while objects are copied in place, restored and come with old and future times, the bucket is renamed, and replicas are
 * killed. Every record arrives, and none twice but what a kill had in flight.
 */
@Tag("soak")
class TimeAndIdentityIT {
    private static final int MINUTES = Integer.getInteger("soak.minutes", 30);
    private static final int RECORDS = 200;
    private static final int MOST_RECORDS = 2_000_000;
    private static final int BATCH = 50;
    private static final int PARALLEL_OBJECTS = 2;
    private static final int IN_FLIGHT = 2;
    private static final int REPLICAS = 2;
    private static final int MOST_NEW = 4;
    private static final int DAYS = 20;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    private Path folder;

    private final long seed = System.nanoTime();
    private final Random random = new Random(seed);
    private final List<ConnectorProcess> replicas = new ArrayList<>();
    private final List<String> keys = new ArrayList<>();
    private final S3ProxyServer s3 = S3Server.s3proxy();
    private final PostgresServer postgres = PostgresServer.start();
    private final WebhookServer sink = WebhookServer.startCounting(MOST_RECORDS, ParquetLake::number);
    private String bucket = "lake-0";
    private long written;
    private int kills;

    @AfterEach
    void stop() {
        replicas.forEach(ConnectorProcess::close);
        sink.close();
        postgres.close();
        s3.close();
    }

    @Test
    void everyRecordArrivesAndOnlyWhatAKillHadInFlightTwice() throws IOException {
        s3.createBucket(bucket);
        for (int i = 0; i < REPLICAS; i++) {
            replicas.add(replica(i));
        }
        Instant end = Instant.now().plus(Duration.ofMinutes(MINUTES));
        int rounds = 0;
        for (; Instant.now().isBefore(end); rounds++) {
            for (int i = random.nextInt(MOST_NEW); i >= 0; i--) {
                writeObject();
            }
            happens(random.nextInt(8));
            String round = "round %d, seed %d".formatted(rounds, seed);
            Await.until(written + " records, " + round, PATIENCE, () -> sink.distinctRecords() == written);
            // A bundle of small objects is repeated whole.
            assertThat(sink.acceptedRecords() - written)
                    .as(round)
                    .isBetween(0L, (long) kills * PARALLEL_OBJECTS * MOST_NEW * RECORDS);
        }
        System.err.printf(
                "%d rounds, %d records, %d kills: %d repeated%n",
                rounds, written, kills, sink.acceptedRecords() - written);
    }

    private void happens(int what) throws IOException {
        String any = keys.get(random.nextInt(keys.size()));
        int one = random.nextInt(REPLICAS);
        switch (what) {
            case 0, 1 -> Files.writeString(clock(one), "%+d".formatted((random.nextInt(2 * DAYS) - DAYS) * 86_400));
            case 2, 3 -> s3.modified(bucket, any, aTime());
            case 4 -> {
                byte[] content = s3.get(bucket, any);
                s3.delete(bucket, any);
                s3.put(bucket, any, content);
            }
            case 5 -> {
                String other = "lake-" + written;
                replicas.forEach(ConnectorProcess::terminate);
                replicas.forEach(
                        replica -> assertThat(replica.waitFor(PATIENCE)).isZero());
                s3.renameBucket(bucket, other);
                bucket = other;
                for (int i = 0; i < REPLICAS; i++) {
                    replicas.set(i, replica(i));
                }
            }
            default -> {
                replicas.get(one).killHard();
                kills++;
                replicas.set(one, replica(one));
            }
        }
    }

    private void writeObject() throws IOException {
        String name = "year=2026/month=11/day=%02d/hour=%02d/%d.parquet"
                .formatted(1 + random.nextInt(28), random.nextInt(24), written);
        ParquetLake lake = ParquetLake.in(folder.resolve("lake"));
        Path file = lake.numbers(name, written, RECORDS);
        String key = lake.root().relativize(file).toString();
        s3.put(bucket, key, file);
        if (random.nextBoolean()) {
            s3.modified(bucket, key, aTime());
        }
        Files.delete(file);
        keys.add(key);
        written += RECORDS;
    }

    private Instant aTime() {
        return Instant.now().plusSeconds((random.nextInt(2 * DAYS) - DAYS) * 86_400L);
    }

    private Path clock(int replica) {
        return folder.resolve("clock-" + replica);
    }

    private ConnectorProcess replica(int number) throws IOException {
        if (!Files.exists(clock(number))) {
            Files.writeString(clock(number), "+0");
        }
        Map<String, String> environment = Map.ofEntries(
                Map.entry("S3_BUCKET", bucket),
                Map.entry("S3_ENDPOINT", s3.endpoint().toString()),
                Map.entry("S3_ACCESS_KEY", s3.accessKey()),
                Map.entry("S3_SECRET_KEY", s3.secretKey()),
                Map.entry("SCHEDULE_BATCH_SIZE", String.valueOf(BATCH)),
                Map.entry("SCHEDULE_INTERVAL_SECONDS", "1"),
                Map.entry("SCHEDULE_FULL_LISTING_SECONDS", "5"),
                Map.entry("DELIVERY_MAX_IN_FLIGHT", String.valueOf(IN_FLIGHT)),
                Map.entry("EXPORT_PARALLEL_OBJECTS", String.valueOf(PARALLEL_OBJECTS)),
                Map.entry("CURSOR_URL", postgres.url()),
                Map.entry("CURSOR_USERNAME", PostgresServer.USERNAME),
                Map.entry("CURSOR_PASSWORD", PostgresServer.PASSWORD),
                Map.entry("CURSOR_CLAIM_SECONDS", "3"),
                Map.entry("LD_PRELOAD", TestTools.faketime().toString()),
                Map.entry("FAKETIME_TIMESTAMP_FILE", clock(number).toString()),
                Map.entry("FAKETIME_CACHE_DURATION", "1"),
                Map.entry("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
                Map.entry("FAKETIME_FORCE_MONOTONIC_FIX", "0"));
        return BucketExport.start(sink.url(), "-Xmx192m", environment, "--mode", "watch");
    }
}
