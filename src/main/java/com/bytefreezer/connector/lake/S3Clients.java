package com.bytefreezer.connector.lake;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;

/**
 * The clients of all buckets: one for all who come with the same keys to the same place, since to make one takes longer than a
 * poll. Safe for use by several threads.
 */
final class S3Clients {
    /** So many are kept that nobody uses: keys change, and each has a client of its own. */
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
     * A client, to be given back.
     *
     * @param timeout for a connection, and then for the whole answer
     */
    static S3Client take(Credentials credentials, Network network, Duration timeout) {
        Key key = new Key(credentials, network, timeout);
        synchronized (CLIENTS) {
            Shared shared = CLIENTS.remove(key);
            if (shared == null) {
                shared = new Shared(client(credentials, network, timeout));
            }
            // The last one is the one that was used last.
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
                .httpClient(new S3Http(network, timeout))
                .overrideConfiguration(override -> override.addExecutionInterceptor(new S3Answers.Interceptor())
                        // For a connection, and then for the whole answer.
                        .apiCallAttemptTimeout(timeout.multipliedBy(2)))
                .region(Region.of(credentials.region()))
                .credentialsProvider(AwsKeys.provider(credentials));
        credentials.legalEndpoint().ifPresent(endpoint -> builder.endpointOverride(endpoint)
                .forcePathStyle(true));
        return builder.build();
    }
}
