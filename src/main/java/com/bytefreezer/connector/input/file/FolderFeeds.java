package com.bytefreezer.connector.input.file;

import com.bytefreezer.connector.receive.FeedComponent;
import java.util.Map;
import java.util.function.Function;
import org.apache.camel.Consumer;
import org.apache.camel.Processor;

/**
 * Camel's component {@code folder-feed}: an endpoint {@code folder-feed:FEED} hands on the files of the feed's folder, in
 * portions, and puts a file away once the route has stored all of it.
 */
public final class FolderFeeds extends FeedComponent<FolderFeed> {
    private final Function<String, Map<String, Long>> positions;

    /**
     * Of no feed yet.
     *
     * @param longest bytes of an event
     * @param positions how far the sources of a feed are read, by the name of the feed
     */
    public FolderFeeds(int longest, Function<String, Map<String, Long>> positions) {
        super(feed -> FolderFeed.of(feed, longest));
        this.positions = positions;
    }

    @Override
    protected FeedEndpoint endpoint(String uri, FolderFeed feed) {
        return new FeedEndpoint(uri) {
            @Override
            public Consumer createConsumer(Processor processor) {
                return new FolderConsumer(this, processor, feed, () -> positions.apply(feed.name()));
            }
        };
    }
}
