package com.bytefreezer.connector.input.kinesis;

import com.bytefreezer.connector.receive.FeedComponent;
import java.util.List;
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

    /** @param positions how far the sources of a feed are read, by the name of the feed */
    public KinesisFeeds(List<KinesisFeed> feeds, Function<String, Map<String, Long>> positions) {
        super(feeds, KinesisFeed::name);
        this.positions = positions;
    }

    @Override
    protected FeedEndpoint endpoint(String uri, KinesisFeed feed) {
        return new FeedEndpoint(uri) {
            @Override
            public Consumer createConsumer(Processor processor) {
                return new StreamConsumer(this, processor, feed, () -> positions.apply(feed.name()));
            }
        };
    }
}
