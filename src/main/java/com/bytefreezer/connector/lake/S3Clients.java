package com.bytefreezer.connector.lake;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;

/**
 * The clients of all buckets. Everybody with the same keys for the same place shares a client, because creating one
 * takes longer than a poll. Safe for use by several threads.
 */
final class S3Clients {
    /** Number of unused clients to keep: keys change, and each key has its own client. */
    private static final int MOST_UNUSED = 16;

    private static final Map<Key, Shared> CLIENTS = new LinkedHashMap<>();

    private record Key(Credentials credentials, Network network, Duration timeout) {}

    /** Guarded by {@link #CLIENTS}. */
    private static final class Shared {
        private final S3Client client;
        private int users;

        private Shared(S3Client client) {
            this.client = client;
        }
    }

    private S3Clients() {}

    /**
     * A client, which the caller gives back.
     *
     * @param timeout for a connection, then for the whole answer
     */
    static S3Client take(Credentials credentials, Network network, Duration timeout) {
        Key key = new Key(credentials, network, timeout);
        synchronized (CLIENTS) {
            Shared shared = CLIENTS.remove(key);
            if (shared == null) {
                shared = new Shared(client(credentials, network, timeout));
            }
            // The last entry is the most recently used one.
            CLIENTS.put(key, shared);
            shared.users++;
            return shared.client;
        }
    }

    static void giveBack(Credentials credentials, Network network, Duration timeout) {
        synchronized (CLIENTS) {
            Objects.requireNonNull(CLIENTS.get(new Key(credentials, network, timeout))).users--;
            long unused = CLIENTS.values().stream()
                    .filter(shared -> shared.users == 0)
                    .count();
            for (Iterator<Shared> all = CLIENTS.values().iterator(); unused > MOST_UNUSED && all.hasNext(); ) {
                Shared oldest = all.next();
                if (oldest.users == 0) {
                    oldest.client.close();
                    all.remove();
                    unused--;
                }
            }
        }
    }

    private static S3Client client(Credentials credentials, Network network, Duration timeout) {
        S3ClientBuilder builder = S3Client.builder()
                .httpClient(new AwsHttp(network, timeout))
                .overrideConfiguration(override -> override.addExecutionInterceptor(new S3Answers.Interceptor())
                        // For a connection, then for the whole answer.
                        .apiCallAttemptTimeout(timeout.multipliedBy(2)))
                // Servers other than AWS may not know the SDK's own checksums.
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .region(Region.of(credentials.region()))
                .credentialsProvider(AwsKeys.provider(credentials));
        credentials.legalEndpoint().ifPresent(endpoint -> builder.endpointOverride(endpoint)
                .forcePathStyle(true));
        return builder.build();
    }
}
