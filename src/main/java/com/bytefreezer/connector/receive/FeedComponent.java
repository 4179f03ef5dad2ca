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
    private final Function<F, String> name;
    private volatile Map<String, F> feeds;

    protected FeedComponent(List<F> feeds, Function<F, String> name) {
        this.name = name;
        this.feeds = byName(feeds);
    }

    private Map<String, F> byName(List<F> all) {
        return all.stream().collect(Collectors.toMap(name, Function.identity()));
    }

    /** From now on, new endpoints are of these. For any thread. */
    public final void become(List<F> others) {
        feeds = byName(others);
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
