package com.bytefreezer.connector.source;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.config.ExportFile;
import com.bytefreezer.connector.config.RouteFiles;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.control.LakeCredentials;
import com.bytefreezer.connector.cursor.PackedSources;
import com.bytefreezer.connector.delivery.Routes;
import com.bytefreezer.connector.lake.FolderShelf;
import com.bytefreezer.connector.lake.Shelf;
import com.bytefreezer.connector.lake.SourceBucket;
import com.bytefreezer.connector.pack.Packer;
import com.bytefreezer.connector.pack.Packs;
import com.bytefreezer.connector.pack.Recipes;
import com.bytefreezer.connector.testing.MinioServer;
import com.bytefreezer.connector.testing.ParquetRows;
import com.bytefreezer.connector.testing.PostgresServer;
import com.bytefreezer.connector.testing.S3Server;
import com.bytefreezer.connector.testing.TestSettings;
import com.bytefreezer.connector.testing.TestTools;
import com.bytefreezer.connector.text.Secrets;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A source bucket in MinIO, and a lake in a folder. */
abstract class SourceObjects {
    private static final AtomicInteger BUCKETS = new AtomicInteger();
    static MinioServer minio;

    @TempDir
    Path folder;

    String bucket;
    RouteFiles routes = TestSettings.routes(TestTools.projectDirectory().resolve("routes"));
    Function<DatasetName, Shelf> shelves;
    Packs.Due due;

    @BeforeAll
    static void start() {
        minio = S3Server.minio();
    }

    @AfterAll
    static void stop() {
        minio.close();
    }

    /** Settings of replicas that share a store. */
    static String[] shared(PostgresServer postgres) {
        return new String[] {
            "cursor.url",
            postgres.url(),
            "cursor.username",
            PostgresServer.USERNAME,
            "cursor.password",
            PostgresServer.PASSWORD,
            "cursor.claim-seconds",
            "2"
        };
    }

    @BeforeEach
    void prepare() {
        bucket = "piper-" + BUCKETS.incrementAndGet();
        minio.createBucket(bucket);
        shelves = this::shelf;
        due = new Packs.Due(128_000_000, Duration.ofSeconds(300));
    }

    FolderShelf shelf(DatasetName dataset) {
        return new FolderShelf(folder.resolve("lake").resolve(dataset.toString()));
    }

    // -- the program

    boolean packAll(String... options) {
        return packAll("spool", shelves, options);
    }

    boolean packAll(String name, Function<DatasetName, Shelf> to, String... options) {
        Settings settings = settings(options(options));
        Path spool = folder.resolve(name);
        Packer packer = new Packer("zstd", 256_000_000, 2, spool.resolve("packs"), folder.resolve("dead"));
        try (ObjectPacks packs = new ObjectPacks(
                SourceBucket.of(settings, new LakeCredentials(settings, new Secrets()).ofSource()),
                PackedSources.open(settings, spool),
                packer,
                new Recipes(settings),
                to,
                due,
                settings.isTrue("s3source.keep-source"),
                spool.resolve("scratch"),
                spool.resolve(".sources"),
                settings.large("spool.max-bytes"),
                settings.integer("feeds.max-line-bytes"))) {
            return packs.packAll();
        }
    }

    static Map<String, String> options(String... options) {
        Map<String, String> given = new TreeMap<>();
        for (int i = 0; i < options.length; i += 2) {
            given.put(options[i], options[i + 1]);
        }
        return given;
    }

    Settings settings(Map<String, String> options) {
        Map<String, String> all = new TreeMap<>(Map.of(
                "s3source.bucket", bucket,
                "s3source.endpoint", minio.endpoint().toString(),
                "s3source.access-key", minio.accessKey(),
                "s3source.secret-key", minio.secretKey()));
        all.putAll(options);
        return TestSettings.over(folder.resolve("lake"), all, routes);
    }

    /** From now on, packs of the dataset have this SQL; without any, events stay as they are. */
    void sql(String dataset, String sql) throws IOException {
        Path own = folder.resolve("routes");
        if (!Files.exists(own)) {
            routes = RouteFiles.in(Routes.copyTo(own));
        }
        Path file = Files.createDirectories(own.resolve("packs")).resolve("one.camel.yaml");
        Files.deleteIfExists(file);
        if (!sql.isEmpty()) {
            Map<String, String> parameters = new TreeMap<>(Map.of("name", "one", "dataset", dataset, "sql", sql));
            Files.writeString(file, ExportFile.of("pack", parameters));
        }
    }

    // -- source and lake

    void put(String key, String content) {
        put(key, content.getBytes(UTF_8));
    }

    void put(String key, byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        Stream.of(parts).forEach(all::writeBytes);
        minio.put(bucket, key, all.toByteArray());
    }

    static byte[] gzip(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream packed = new GZIPOutputStream(bytes)) {
            packed.write(text.getBytes(UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    static String numbers(int from, int to) {
        return IntStream.range(from, to).mapToObj("{\"n\":%d}\n"::formatted).collect(Collectors.joining());
    }

    List<String> left() {
        return minio.list(bucket, "");
    }

    List<String> lake() throws IOException {
        return files("lake");
    }

    List<String> deadLetters() throws IOException {
        List<String> lines = new ArrayList<>();
        for (String each : files("dead")) {
            lines.addAll(Files.readAllLines(folder.resolve("dead").resolve(each)));
        }
        return lines;
    }

    List<String> files(String name) throws IOException {
        Path root = folder.resolve(name);
        if (!Files.exists(root)) {
            return List.of();
        }
        try (Stream<Path> all = Files.walk(root)) {
            return all.filter(Files::isRegularFile)
                    .map(file -> root.relativize(file).toString())
                    .sorted()
                    .toList();
        }
    }

    List<String> rows(String sql) {
        return ParquetRows.of(folder.resolve("lake"), sql);
    }
}
