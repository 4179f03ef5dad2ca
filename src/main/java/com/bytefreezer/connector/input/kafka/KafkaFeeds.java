package com.bytefreezer.connector.input.kafka;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.camel.Consumer;
import org.apache.camel.Endpoint;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.support.DefaultComponent;
import org.apache.camel.support.DefaultEndpoint;

/**
 * Camel's component {@code kafka-feed}: an endpoint {@code kafka-feed:FEED} hands on the records of the feed's topics, many
 * at a time, and commits their offsets once the route has stored them.
 */
public final class KafkaFeeds extends DefaultComponent {
    private final Map<String, KafkaFeed> feeds;
    private final Function<String, Map<String, Long>> positions;

    /** @param positions how far the sources of a feed are read, by the name of the feed */
    public KafkaFeeds(List<KafkaFeed> feeds, Function<String, Map<String, Long>> positions) {
        this.feeds = feeds.stream().collect(Collectors.toMap(KafkaFeed::name, Function.identity()));
        this.positions = positions;
    }

    @Override
    protected Endpoint createEndpoint(String uri, String feed, Map<String, Object> parameters) {
        KafkaFeed known = feeds.get(feed);
        if (known == null) {
            throw new IllegalArgumentException("no feed is named " + feed);
        }
        return new Reading(uri, known);
    }

    /** The endpoint of a feed. */
    private final class Reading extends DefaultEndpoint {
        private final KafkaFeed feed;

        private Reading(String uri, KafkaFeed feed) {
            super(uri, KafkaFeeds.this);
            this.feed = feed;
        }

        @Override
        public Consumer createConsumer(Processor processor) {
            return new TopicConsumer(this, processor, feed, () -> positions.apply(feed.name()));
        }

        @Override
        public Producer createProducer() {
            throw new UnsupportedOperationException("a feed sends nothing");
        }
    }
}
