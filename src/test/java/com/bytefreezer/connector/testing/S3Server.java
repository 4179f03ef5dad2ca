package com.bytefreezer.connector.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Object;

/** An S3 server on the loopback address with one account, and what tests do to its objects. Safe for many threads. */
public abstract class S3Server implements AutoCloseable {
    static final String ACCESS_KEY = "test-access-key";
    static final String SECRET_KEY = "test-secret-key";

    private final URI endpoint;
    private final S3Client client;

    S3Server(int port) {
        endpoint = URI.create("http://127.0.0.1:" + port);
        client = S3Client.builder()
                .endpointOverride(endpoint)
                .region(Region.US_EAST_1)
                .forcePathStyle(true)
                .httpClient(UrlConnectionHttpClient.create())
                .credentialsProvider(
                        StaticCredentialsProvider.create(AwsBasicCredentials.create(ACCESS_KEY, SECRET_KEY)))
                .build();
    }

    /** Starts S3Proxy in this JVM; it checks signatures and keeps objects as files. */
    public static S3ProxyServer s3proxy() {
        return S3ProxyServer.start();
    }

    /** Starts MinIO as a process. */
    public static MinioServer minio() {
        return MinioServer.start();
    }

    /** Starts MinIO as a process whose objects stay in the folder, for the next one. */
    public static MinioServer minioIn(Path directory) {
        return MinioServer.startIn(directory);
    }

    /** The settings of a connector that reads from such a server at this address; its bucket is not among them. */
    public static Map<String, String> settings(URI endpoint) {
        return Map.of(
                "s3.endpoint",
                endpoint.toString(),
                "s3.access-key",
                ACCESS_KEY,
                "s3.secret-key",
                SECRET_KEY,
                "duckdb.extension-directory",
                TestTools.duckdbExtensions().toString());
    }

    public URI endpoint() {
        return endpoint;
    }

    public String accessKey() {
        return ACCESS_KEY;
    }

    public String secretKey() {
        return SECRET_KEY;
    }

    /** Whether it takes requests. */
    boolean answers() {
        try {
            // MinIO that has just started asks clients to come back in a minute, when it will have long been ready.
            client.listBuckets(request ->
                    request.overrideConfiguration(override -> override.apiCallTimeout(Duration.ofSeconds(1))));
            return true;
        } catch (SdkException notYet) {
            return false;
        }
    }

    public void createBucket(String bucket) {
        client.createBucket(request -> request.bucket(bucket));
    }

    public void put(String bucket, String key, Path file) {
        client.putObject(request -> request.bucket(bucket).key(key), file);
    }

    public void put(String bucket, String key, byte[] content) {
        client.putObject(request -> request.bucket(bucket).key(key), RequestBody.fromBytes(content));
    }

    /** Puts every file below the folder under {@code prefix/}, or without one, and its path in the folder. */
    public void uploadFolder(String bucket, String prefix, Path folder) {
        try (var files = Files.walk(folder)) {
            for (var file : files.filter(Files::isRegularFile).sorted().toList()) {
                put(bucket, (prefix.isEmpty() ? "" : prefix + "/") + folder.relativize(file), file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public byte[] get(String bucket, String key) {
        return client.getObjectAsBytes(request -> request.bucket(bucket).key(key))
                .asByteArray();
    }

    public void delete(String bucket, String key) {
        client.deleteObject(request -> request.bucket(bucket).key(key));
    }

    /** The keys that start with the prefix, in order. */
    public List<String> list(String bucket, String prefix) {
        return client.listObjectsV2Paginator(request -> request.bucket(bucket).prefix(prefix)).contents().stream()
                .map(S3Object::key)
                .toList();
    }

    @Override
    public void close() {
        client.close();
    }
}
