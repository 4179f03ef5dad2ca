package com.bytefreezer.connector.it;

import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.testing.MinioServer;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.S3Server;
import com.bytefreezer.connector.testing.TestTools;
import com.bytefreezer.connector.testing.WebhookServer;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A lake, a webhook that counts, and a watch or a run between them in this JVM. */
abstract class FaultBed {
    static final String OBJECT = "year=2026/month=11/day=20/hour=01/";
    static final String KEY = "acme/events/data/parquet/" + OBJECT;
    static final int BATCH = 1000;
    static final int IN_FLIGHT = 4;

    @TempDir
    Path folder;

    @AutoClose
    final WebhookServer sink = WebhookServer.startCounting(1_000_000, ParquetLake::number);

    ParquetLake lake;

    @BeforeEach
    void makeLake() {
        lake = ParquetLake.in(folder.resolve("lake"));
    }

    /** An object that is read neither ahead as a whole nor in a bundle. */
    void large(String name, int first, int count) {
        lake.object(
                OBJECT + name,
                count,
                "SELECT n, repeat(md5(n::VARCHAR), 2) || md5((-n)::VARCHAR) || md5((n + 0.5)::VARCHAR) || md5((n + 0.25)::VARCHAR)"
                        + " || md5((n + 0.75)::VARCHAR) AS hostname FROM range(%d, %d) t(n)"
                                .formatted(first, first + count));
    }

    MinioServer filled(MinioServer minio) {
        minio.createBucket("lake");
        minio.uploadFolder("lake", "", lake.root());
        return minio;
    }

    Map<String, String> onS3(S3Server server) {
        return s3(server.endpoint().toString());
    }

    static Map<String, String> s3(String endpoint) {
        Map<String, String> all = new TreeMap<>(S3Server.settings(URI.create(endpoint)));
        all.put("lake.root", "s3://lake");
        return all;
    }

    Settings settings(Map<String, String> given) {
        Map<String, String> all = new TreeMap<>(lake.settings("SELECT n, hostname FROM events"));
        all.putAll(Map.of(
                "destination.type",
                "webhook",
                "destination.webhook.url",
                sink.url().toString(),
                "destination.webhook.format",
                "ndjson",
                "schedule.batch-size",
                String.valueOf(BATCH),
                "schedule.interval-seconds",
                "1",
                "schedule.retry-delay-seconds",
                "1",
                "schedule.max-retry-delay-seconds",
                "1",
                "delivery.max-in-flight",
                String.valueOf(IN_FLIGHT),
                "server.port",
                String.valueOf(TestTools.freePort())));
        all.putAll(given);
        return TestRun.settings(folder, all);
    }

    TestRun.Running watch(Map<String, String> given) throws Exception {
        return TestRun.watch(settings(given));
    }

    static List<String> errors(TestRun.Running watch) {
        return lines(watch, "ERROR ");
    }

    static List<String> lines(TestRun.Running watch, String level) {
        return watch.log().stream().filter(line -> line.startsWith(level)).toList();
    }
}
