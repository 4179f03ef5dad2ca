package com.bytefreezer.connector.lake;

import com.bytefreezer.connector.config.Settings;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;

/**
 * The objects directly below a prefix of a bucket, each read by itself. Keeps nothing open between calls. Safe for use by several
 * threads.
 */
public record BucketFiles(Credentials credentials, Network network, String prefix, Duration timeout) {
    /**
     * An object.
     *
     * @param name without the prefix
     * @param state changes with its content
     */
    public record File(String name, String state) {}

    /** The objects below {@code url}, which is {@code s3://bucket/prefix}; the credentials are those of the bucket. */
    public static BucketFiles of(Settings settings, Credentials credentials, String url) {
        String[] parts = url.substring("s3://".length()).split("/", 2);
        String prefix = parts.length < 2 ? "" : parts[1].replaceAll("/+$", "");
        return new BucketFiles(
                credentials,
                Network.of(settings, credentials),
                prefix.isEmpty() ? "" : prefix + "/",
                Duration.ofSeconds(settings.integer("s3.timeout-seconds")));
    }

    /** @throws com.bytefreezer.connector.problem.ConnectorException when the bucket cannot be listed */
    public List<File> files() {
        AwsKeys.resolve(credentials);
        List<File> files = new ArrayList<>();
        with(client -> {
            new BucketPages(client, answers(), prefix, "/").forEachRemaining(page -> page.contents()
                    .forEach(object -> files.add(new File(
                            object.key().substring(prefix.length()),
                            "%d %s %s".formatted(object.size(), object.lastModified(), object.eTag())))));
            return "";
        });
        return files;
    }

    /** The content of an object; the caller closes it. */
    public InputStream open(String name) throws IOException {
        String key = prefix + name;
        try {
            HeadObjectResponse head = with(client -> client.headObject(
                    request -> request.bucket(credentials.bucket()).key(key)));
            return new ObjectStream(credentials, network, timeout, key, head.eTag(), head.contentLength());
        } catch (SdkException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private <T> T with(Function<S3Client, T> work) {
        S3Client client = S3Clients.take(credentials, network, timeout);
        try {
            return work.apply(client);
        } finally {
            S3Clients.giveBack(credentials, network, timeout);
        }
    }

    private S3Answers answers() {
        return new S3Answers(
                credentials.bucket(),
                credentials.endpoint() == null
                        ? "AWS " + credentials.region()
                        : credentials.endpoint().toString());
    }
}
