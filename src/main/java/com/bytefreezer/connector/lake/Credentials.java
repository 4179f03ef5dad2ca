package com.bytefreezer.connector.lake;

import com.bytefreezer.connector.net.HostNames;
import java.net.URI;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How to reach the bucket of a dataset.
 *
 * @param endpoint an S3-compatible server, or null for AWS
 * @param keys null for the default AWS credential chain
 * @param path the dataset's folder according to the control plane; only a hint (docs/contracts.md, The control plane)
 */
public record Credentials(
        String bucket,
        @Nullable URI endpoint,
        String region,
        @Nullable Keys keys,
        @Nullable String path) {
    private static final String DEFAULT_REGION = "us-east-1";

    /** The endpoint with a host name that {@link URI} accepts, see {@link HostNames#legal}. */
    public Optional<URI> legalEndpoint() {
        return Optional.ofNullable(endpoint).map(url -> URI.create(HostNames.legal(url.toString())));
    }

    /** Static or temporary keys. {@code toString} shows none of them. */
    public record Keys(
            String accessKey, String secretKey, @Nullable String sessionToken) {
        @Override
        public String toString() {
            return "***";
        }
    }

    /**
     * From the parts, in the form of the settings and the control plane.
     *
     * @param endpoint with or without scheme and trailing slash; empty for AWS
     * @param useSsl decides the scheme if {@code endpoint} has none
     * @param region empty means us-east-1
     */
    public static Credentials of(
            String bucket, String endpoint, boolean useSsl, String region, @Nullable Keys keys, @Nullable String path) {
        return new Credentials(
                bucket,
                endpoint(endpoint, useSsl).orElse(null),
                region.isBlank() ? DEFAULT_REGION : region,
                keys,
                path);
    }

    private static Optional<URI> endpoint(String text, boolean useSsl) {
        String trimmed = text.strip().replaceAll("/+$", "");
        if (trimmed.isEmpty()) {
            return Optional.empty();
        }
        String scheme = useSsl ? "https://" : "http://";
        return Optional.of(URI.create(trimmed.contains("://") ? trimmed : scheme + trimmed));
    }
}
