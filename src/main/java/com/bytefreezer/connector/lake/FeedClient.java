package com.bytefreezer.connector.lake;

import com.bytefreezer.connector.config.FeedDefinition;
import com.bytefreezer.connector.config.Settings;
import java.nio.file.Path;
import java.time.Duration;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.awscore.client.builder.AwsSyncClientBuilder;
import software.amazon.awssdk.regions.Region;

/** The clients of feeds that read from AWS, or from another server that speaks like it. */
public final class FeedClient {
    /** Of an answer; a server may wait for messages before it. */
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private FeedClient() {}

    /**
     * Builds one by the feed's parameters {@code endpoint}, {@code access-key}, {@code secret-key} and {@code ca-file}.
     *
     * @param region empty for the default
     */
    public static <B extends AwsSyncClientBuilder<B, C> & AwsClientBuilder<B, C>, C> C of(
            B builder, FeedDefinition feed, String region, Settings settings) {
        String accessKey = feed.parameter("access-key");
        Credentials credentials = Credentials.of(
                "",
                feed.parameter("endpoint"),
                true,
                region,
                accessKey.isEmpty() ? null : new Credentials.Keys(accessKey, feed.parameter("secret-key"), null),
                null);
        Network network = Network.of(settings, credentials);
        String caFile = feed.parameter("ca-file");
        builder.httpClientBuilder(AwsHttp.builder(
                        caFile.isEmpty() ? network : new Network(Path.of(caFile), network.proxy()), TIMEOUT))
                .overrideConfiguration(override -> override.apiCallAttemptTimeout(TIMEOUT.multipliedBy(2)))
                .region(Region.of(credentials.region()))
                .credentialsProvider(AwsKeys.provider(credentials));
        credentials.legalEndpoint().ifPresent(builder::endpointOverride);
        return builder.build();
    }
}
