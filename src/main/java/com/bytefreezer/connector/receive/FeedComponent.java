package com.bytefreezer.connector.receive;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.camel.Endpoint;
import org.apache.camel.Producer;
import org.apache.camel.support.DefaultComponent;
import org.apache.camel.support.DefaultEndpoint;

/**
 * Camel's component for one kind of feeds: its endpoint {@code kind:FEED} hands on what that feed brings.
 *
 * @param <F> the settings of a feed
 */
public abstract class FeedComponent<F> extends DefaultComponent {
    private final Map<String, F> feeds;

    protected FeedComponent(List<F> feeds, Function<F, String> name) {
        this.feeds = feeds.stream().collect(Collectors.toMap(name, Function.identity()));
    }

    @Override
    protected final Endpoint createEndpoint(String uri, String feed, Map<String, Object> parameters) {
        F known = feeds.get(feed);
        if (known == null) {
            throw new IllegalArgumentException("no feed is named " + feed);
        }
        return endpoint(uri, known);
    }

    protected abstract FeedEndpoint endpoint(String uri, F feed);

    /** Only consumes. */
    protected abstract class FeedEndpoint extends DefaultEndpoint {
        protected FeedEndpoint(String uri) {
            super(uri, FeedComponent.this);
        }

        @Override
        public final Producer createProducer() {
            throw new UnsupportedOperationException("a feed sends nothing");
        }
    }
}
