package com.bytefreezer.connector.input.file;

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
 * Camel's component {@code folder-feed}: an endpoint {@code folder-feed:FEED} hands on the files of the feed's folder, in
 * portions, and puts a file away once the route has stored all of it.
 */
public final class FolderFeeds extends DefaultComponent {
    private final Map<String, FolderFeed> feeds;
    private final Function<String, Map<String, Long>> positions;

    /** @param positions how far the sources of a feed are read, by the name of the feed */
    public FolderFeeds(List<FolderFeed> feeds, Function<String, Map<String, Long>> positions) {
        this.feeds = feeds.stream().collect(Collectors.toMap(FolderFeed::name, Function.identity()));
        this.positions = positions;
    }

    @Override
    protected Endpoint createEndpoint(String uri, String feed, Map<String, Object> parameters) {
        FolderFeed known = feeds.get(feed);
        if (known == null) {
            throw new IllegalArgumentException("no feed is named " + feed);
        }
        return new Reading(uri, known);
    }

    /** The endpoint of a feed. */
    private final class Reading extends DefaultEndpoint {
        private final FolderFeed feed;

        private Reading(String uri, FolderFeed feed) {
            super(uri, FolderFeeds.this);
            this.feed = feed;
        }

        @Override
        public Consumer createConsumer(Processor processor) {
            return new FolderConsumer(this, processor, feed, () -> positions.apply(feed.name()));
        }

        @Override
        public Producer createProducer() {
            throw new UnsupportedOperationException("a feed sends nothing");
        }
    }
}
