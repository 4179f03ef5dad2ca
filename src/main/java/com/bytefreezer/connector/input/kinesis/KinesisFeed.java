package com.bytefreezer.connector.input.kinesis;

import com.bytefreezer.connector.config.FeedDefinition;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.lake.AwsHttp;
import com.bytefreezer.connector.lake.AwsKeys;
import com.bytefreezer.connector.lake.Credentials;
import com.bytefreezer.connector.lake.Network;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Supplier;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.KinesisClientBuilder;

/**
 * A feed of a stream of Kinesis.
 *
 * @param stream its name or its ARN
 * @param fromStart where a feed begins that has read nothing; false: at the end
 * @param since where it begins instead
 * @param bodies what becomes of its records
 * @param client opens one to its server
 */
public record KinesisFeed(
        String name,
        String stream,
        boolean fromStart,
        Optional<Instant> since,
        RecordBodies bodies,
        Supplier<KinesisClient> client) {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    /** As the file of the feed says. */
    public static KinesisFeed of(FeedDefinition feed, Settings settings) {
        String since = feed.parameter("since");
        return new KinesisFeed(
                feed.name(),
                feed.parameter("stream-name"),
                !feed.parameter("from").equals("end"),
                since.isEmpty() ? Optional.empty() : Optional.of(Instant.parse(since)),
                RecordBodies.of(feed, settings.integer("feeds.max-unpacked-bytes")),
                () -> client(feed, settings));
    }

    private static KinesisClient client(FeedDefinition feed, Settings settings) {
        String accessKey = feed.parameter("access-key");
        Credentials credentials = Credentials.of(
                "",
                feed.parameter("endpoint"),
                true,
                region(feed),
                accessKey.isEmpty() ? null : new Credentials.Keys(accessKey, feed.parameter("secret-key"), null),
                null);
        Network network = Network.of(settings, credentials);
        String caFile = feed.parameter("ca-file");
        KinesisClientBuilder builder = KinesisClient.builder()
                .httpClientBuilder(AwsHttp.builder(
                        caFile.isEmpty() ? network : new Network(Path.of(caFile), network.proxy()), TIMEOUT))
                .overrideConfiguration(override -> override.apiCallAttemptTimeout(TIMEOUT.multipliedBy(2)))
                .region(Region.of(credentials.region()))
                .credentialsProvider(AwsKeys.provider(credentials));
        credentials.legalEndpoint().ifPresent(builder::endpointOverride);
        return builder.build();
    }

    /** The one that is set, or that of the stream's ARN. */
    private static String region(FeedDefinition feed) {
        String[] arn = feed.parameter("stream-name").split(":");
        return feed.parameter("region").isEmpty() && arn.length > 3 ? arn[3] : feed.parameter("region");
    }

    boolean isArn() {
        return stream.startsWith("arn:");
    }
}
