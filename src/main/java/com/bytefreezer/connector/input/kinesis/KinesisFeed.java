package com.bytefreezer.connector.input.kinesis;

import com.bytefreezer.connector.config.FeedDefinition;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.cursor.PartClaims;
import com.bytefreezer.connector.lake.FeedClient;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Supplier;
import software.amazon.awssdk.services.kinesis.KinesisClient;

/**
 * A feed of a stream of Kinesis.
 *
 * @param stream its name or its ARN
 * @param fromStart where a feed begins that has read nothing; false: at the end
 * @param since where it begins instead
 * @param bodies what becomes of its records
 * @param client opens one to its server
 * @param claims opens those of the machines that share its shards; empty: this one reads all
 */
public record KinesisFeed(
        String name,
        String stream,
        boolean fromStart,
        Optional<Instant> since,
        RecordBodies bodies,
        Supplier<KinesisClient> client,
        Supplier<Optional<PartClaims>> claims) {
    /**
     * As the file of the feed says.
     *
     * @param machine tells this one from others
     */
    public static KinesisFeed of(FeedDefinition feed, Settings settings, String machine) {
        String since = feed.parameter("since");
        return new KinesisFeed(
                feed.name(),
                feed.parameter("stream-name"),
                !feed.parameter("from").equals("end"),
                since.isEmpty() ? Optional.empty() : Optional.of(Instant.parse(since)),
                RecordBodies.of(feed, settings.integer("feeds.max-unpacked-bytes")),
                () -> FeedClient.of(KinesisClient.builder(), feed, region(feed), settings),
                () -> PartClaims.open(settings, machine));
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
