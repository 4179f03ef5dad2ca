package com.bytefreezer.connector.input.kinesis;

import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.receive.FeedComponent;
import com.bytefreezer.connector.receive.FeedSender;
import java.util.Map;
import java.util.function.Function;
import org.apache.camel.Consumer;
import org.apache.camel.Processor;

/**
 * Camel's component {@code kinesis-feed}: an endpoint {@code kinesis-feed:FEED} hands on the records of the feed's stream, many
 * at a time. How far each shard is read is stored with the events.
 */
public final class KinesisFeeds extends FeedComponent<KinesisFeed> {
    private final Function<String, Map<String, Long>> positions;

    /**
     * Of no feed yet.
     *
     * @param machine tells this one from those that it shares streams with
     * @param positions how far the sources of a feed are read, by the name of the feed
     */
    public KinesisFeeds(Settings settings, String machine, Function<String, Map<String, Long>> positions) {
        super(feed -> KinesisFeed.of(feed, settings, machine));
        this.positions = positions;
    }

    @Override
    protected FeedEndpoint endpoint(String uri, KinesisFeed feed) {
        return new FeedEndpoint(uri) {
            @Override
            public Consumer createConsumer(Processor processor) {
                return new StreamConsumer(this, processor, feed, () -> positions.apply(feed.name()));
            }

            @Override
            protected FeedSender sender() throws InterruptedException {
                return KinesisSender.open(feed);
            }
        };
    }
}
