package com.bytefreezer.connector.control;

import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.testing.SharedDuckDb;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import org.gaul.s3proxy.AccessGrant;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobStore;

/** The sample in an S3 server whose access key "old" can no longer read, only list, once "new" has replaced it. */
record RotatingLake(S3Proxy server, AtomicBoolean rotated) implements AutoCloseable {
    private static final String SECRET_KEY = "very-secret-key";

    static RotatingLake start(Path folder) throws Exception {
        var dataset = Path.of("acme", "syslog", "data", "parquet");
        var sample = Path.of("samples", "lake");
        try (var files = Files.walk(sample.resolve(dataset))) {
            for (var file : files.filter(Files::isRegularFile).toList()) {
                var copy = folder.resolve("lake").resolve(sample.relativize(file));
                Files.createDirectories(copy.getParent());
                Files.copy(file, copy);
            }
        }
        var store = new FilesystemNio2BlobStore(folder.toString());
        var server = S3Proxy.builder()
                .blobStore(store)
                .endpoint(URI.create("http://127.0.0.1:0"))
                .awsAuthentication(AuthenticationType.AWS_V4, "new", SECRET_KEY)
                .build();
        var rotated = new AtomicBoolean();
        server.setBlobStoreLocator(
                (accessKey, bucket, key) -> rotated.get() && accessKey.equals("old") && key != null && !key.isEmpty()
                        ? null
                        : new AccessGrant(SECRET_KEY, store));
        server.start();
        return new RotatingLake(server, rotated);
    }

    /** Adds an object, the last one, whose records are not read together with its footer. */
    void addLargeObject(Path folder) throws Exception {
        var hour = Files.createDirectories(
                folder.resolve("lake/acme/syslog/data/parquet/year=2026/month=11/day=21/hour=00"));
        try (var duckDb = SharedDuckDb.connect();
                var statement = duckDb.createStatement()) {
            statement.execute(
                    "COPY (SELECT md5(n::VARCHAR) AS message FROM range(100000) AS r(n)) TO '%s' (FORMAT parquet)"
                            .formatted(hour.resolve("large.parquet")));
        }
    }

    void rotate() {
        rotated.set(true);
    }

    Reply credentials(String accessKey) {
        return Reply.of(200, """
                {"bucket":"lake","endpoint":"127.0.0.1:%d","use_ssl":false,"region":"us-east-1",
                 "access_key":"%s","secret_key":"%s"}""".formatted(server.getPort(), accessKey, SECRET_KEY));
    }

    @Override
    public void close() {
        try {
            server.stop();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
