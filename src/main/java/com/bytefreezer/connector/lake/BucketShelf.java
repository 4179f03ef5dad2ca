package com.bytefreezer.connector.lake;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalLong;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * A dataset in a bucket. An object is put with one request, so it appears as a whole.
 *
 * @param prefix of the dataset, with a slash at its end
 * @param timeout for an upload, beside the time that its bytes need
 */
record BucketShelf(Credentials credentials, Network network, String bucket, String prefix, Duration timeout)
        implements Shelf {
    private static final int FORBIDDEN = 403;
    private static final int NOT_FOUND = 404;
    /** The slowest upload that is waited for. */
    private static final long BYTES_PER_SECOND = 500_000;
    /** There is a client for each time limit. */
    private static final long STEP_SECONDS = 60;

    @Override
    public void put(String key, Path file) throws IOException {
        Duration limit = limit(Files.size(file));
        S3Client client = S3Clients.take(credentials, network, limit);
        try {
            client.putObject(request -> request.bucket(bucket).key(prefix + key), RequestBody.fromFile(file));
        } catch (S3Exception e) {
            throw refused(e);
        } catch (SdkException e) {
            throw unanswered(e);
        } finally {
            S3Clients.giveBack(credentials, network, limit);
        }
    }

    @Override
    public OptionalLong size(String key) throws IOException {
        S3Client client = S3Clients.take(credentials, network, timeout);
        try {
            return OptionalLong.of(
                    client.headObject(request -> request.bucket(bucket).key(prefix + key))
                            .contentLength());
        } catch (S3Exception e) {
            // Without the right to list, a missing object is forbidden.
            if (e.statusCode() == NOT_FOUND || e.statusCode() == FORBIDDEN) {
                return OptionalLong.empty();
            }
            throw refused(e);
        } catch (SdkException e) {
            throw unanswered(e);
        } finally {
            S3Clients.giveBack(credentials, network, timeout);
        }
    }

    private IOException refused(S3Exception e) {
        String code = S3Answers.code(e);
        String advice =
                switch (S3Answers.meaning(e.statusCode(), code)) {
                    case 301, 400 -> "; check the region and the endpoint";
                    case 401, FORBIDDEN -> "; check the keys, and that they may write, s3:PutObject";
                    case NOT_FOUND -> "; check the name of the bucket";
                    default -> "";
                };
        return said("%d %s from s3://%s%s".formatted(e.statusCode(), code, bucket, advice), e);
    }

    private IOException unanswered(SdkException e) {
        return said("no answer from s3://%s: %s".formatted(bucket, S3Answers.rootMessage(e)), e);
    }

    /** For people: what the SDK says has ids of requests, and neither the bucket nor what to do. */
    private static IOException said(String words, SdkException e) {
        IOException failure = new IOException(words);
        failure.addSuppressed(e);
        return failure;
    }

    private Duration limit(long bytes) {
        return timeout.plusSeconds(bytes / BYTES_PER_SECOND / STEP_SECONDS * STEP_SECONDS);
    }
}
