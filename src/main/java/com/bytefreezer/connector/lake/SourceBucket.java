package com.bytefreezer.connector.lake;

import com.bytefreezer.connector.config.Settings;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * Objects that another program leaves in a bucket, to be taken from there. Keeps nothing open between calls. Safe for
 * use by several threads.
 *
 * @param prefix of all objects, with a slash at its end, or empty
 */
public record SourceBucket(Credentials credentials, Network network, String prefix, Duration timeout) {
    private static final int NOT_FOUND = 404;
    private static final int OTHER_VERSION = 412;

    /**
     * An object as a listing showed it.
     *
     * @param path below the prefix
     * @param version changes with the content
     * @param modified by the server's clock
     */
    public record Source(String path, String version, long size, Instant modified) {}

    /** By {@code s3source.prefix}. */
    public static SourceBucket of(Settings settings, Credentials credentials) {
        String prefix = settings.optional("s3source.prefix").orElse("").replaceAll("^/+|/+$", "");
        return new SourceBucket(
                credentials,
                Network.of(settings, credentials),
                prefix.isEmpty() ? "" : prefix + "/",
                Duration.ofSeconds(settings.integer("s3.timeout-seconds")));
    }

    /** The same objects, of one folder only. */
    public SourceBucket below(String folder) {
        return new SourceBucket(credentials, network, prefix + folder, timeout);
    }

    /** Names the place, as the same for all processes that use it. */
    public String place() {
        return "s3://%s/%s at %s".formatted(credentials.bucket(), prefix, where());
    }

    private String where() {
        return credentials.endpoint() == null
                ? "AWS " + credentials.region()
                : credentials.endpoint().toString();
    }

    /**
     * Lists all objects, page by page, in the order of their paths.
     *
     * @param each gets a page; the listing ends if it returns false
     * @throws com.bytefreezer.connector.problem.ConnectorException if the bucket cannot be listed to its end
     */
    public void list(Predicate<List<Source>> each) {
        AwsKeys.resolve(credentials);
        S3Client client = S3Clients.take(credentials, network, timeout);
        try {
            BucketPages pages = new BucketPages(client, new S3Answers(credentials.bucket(), where()), prefix, null);
            boolean goOn = true;
            while (goOn && pages.hasNext()) {
                goOn = each.test(pages.next().contents().stream()
                        .filter(object -> object.key().startsWith(prefix))
                        .map(object -> new Source(
                                object.key().substring(prefix.length()),
                                Objects.requireNonNullElse(
                                        object.eTag(), object.lastModified().toString()),
                                object.size(),
                                object.lastModified()))
                        .toList());
            }
        } finally {
            S3Clients.giveBack(credentials, network, timeout);
        }
    }

    /**
     * Copies an object to a file.
     *
     * @param most bytes of it
     * @return false if the bucket does not have it any more in this version
     * @throws IOException if it cannot be read
     */
    public boolean copy(Source source, Path file, long most) throws IOException {
        try (InputStream in = open(source, Math.min(most, source.size()));
                OutputStream out = Files.newOutputStream(file)) {
            in.transferTo(out);
            return true;
        } catch (IOException e) {
            if (e.getCause() instanceof S3Exception answer
                    && (answer.statusCode() == NOT_FOUND || answer.statusCode() == OTHER_VERSION)) {
                return false;
            }
            throw e.getCause() instanceof SdkException cause ? failure(source, cause) : e;
        }
    }

    private InputStream open(Source source, long size) {
        return new ObjectStream(
                credentials, network, timeout, prefix + source.path(), isTag(source) ? source.version() : null, size);
    }

    /** A server may give none. */
    private static boolean isTag(Source source) {
        return source.version().endsWith("\"");
    }

    /**
     * Deletes an object, unless it has changed.
     *
     * @throws IOException if the server does not do it
     */
    public void delete(Source source) throws IOException {
        S3Client client = S3Clients.take(credentials, network, timeout);
        String key = prefix + source.path();
        try {
            // Few servers know a delete with a condition.
            HeadObjectResponse head = client.headObject(
                    request -> request.bucket(credentials.bucket()).key(key));
            boolean same = isTag(source)
                    ? source.version().equals(head.eTag())
                    : source.size() == head.contentLength() && source.modified().equals(head.lastModified());
            if (same) {
                client.deleteObject(
                        request -> request.bucket(credentials.bucket()).key(key));
            }
        } catch (S3Exception e) {
            if (e.statusCode() != NOT_FOUND) {
                throw failure(source, e);
            }
        } catch (SdkException e) {
            throw failure(source, e);
        } finally {
            S3Clients.giveBack(credentials, network, timeout);
        }
    }

    private IOException failure(Source source, SdkException e) {
        String why = e instanceof S3Exception answer
                ? "%d %s".formatted(answer.statusCode(), S3Answers.code(answer))
                : String.valueOf(e.getMessage());
        return new IOException("s3://%s/%s%s: %s".formatted(credentials.bucket(), prefix, source.path(), why), e);
    }
}
