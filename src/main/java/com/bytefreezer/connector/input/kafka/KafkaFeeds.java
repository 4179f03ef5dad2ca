package com.bytefreezer.connector.input.kafka;

import com.bytefreezer.connector.receive.FeedComponent;
import com.bytefreezer.connector.receive.FeedSender;
import java.util.Map;
import java.util.function.Function;
import org.apache.camel.Consumer;
import org.apache.camel.Processor;

/**
 * Camel's component {@code kafka-feed}: an endpoint {@code kafka-feed:FEED} hands on the records of the feed's topics, many
 * at a time, and commits their offsets once the route has stored them.
 */
public final class KafkaFeeds extends FeedComponent<KafkaFeed> {
    private final Function<String, Map<String, Long>> positions;

    /**
     * Of no feed yet.
     *
     * @param machine tells this one from others of a group
     * @param positions how far the sources of a feed are read, by the name of the feed
     */
    public KafkaFeeds(String machine, Function<String, Map<String, Long>> positions) {
        super(feed -> KafkaFeed.of(feed, machine));
        this.positions = positions;
    }

    @Override
    protected FeedEndpoint endpoint(String uri, KafkaFeed feed) {
        return new FeedEndpoint(uri) {
            @Override
            public Consumer createConsumer(Processor processor) {
                return new TopicConsumer(this, processor, feed, () -> positions.apply(feed.name()));
            }

            @Override
            protected FeedSender sender() throws Exception {
                return KafkaSender.open(feed);
            }
        };
    }
}
