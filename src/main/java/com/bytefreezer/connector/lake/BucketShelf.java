package com.bytefreezer.connector.lake;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
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
            throw new IOException("%d %s from s3://%s".formatted(e.statusCode(), S3Answers.code(e), bucket), e);
        } catch (SdkException e) {
            throw new IOException("s3://%s: %s".formatted(bucket, e.getMessage()), e);
        } finally {
            S3Clients.giveBack(credentials, network, limit);
        }
    }

    private Duration limit(long bytes) {
        return timeout.plusSeconds(bytes / BYTES_PER_SECOND / STEP_SECONDS * STEP_SECONDS);
    }
}
