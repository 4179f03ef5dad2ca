package com.bytefreezer.connector.receive;

import com.bytefreezer.connector.config.FeedDefinition;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.text.PlainText;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.Producer;
import org.apache.camel.support.DefaultComponent;
import org.apache.camel.support.DefaultEndpoint;
import org.apache.camel.support.DefaultProducer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Camel's component for one kind of feeds: its endpoint {@code kind:FEED} hands on what that feed brings.
 *
 * @param <F> the settings of a feed
 */
public abstract class FeedComponent<F> extends DefaultComponent {
    private final Function<FeedDefinition, F> reading;
    private volatile Map<String, FeedDefinition> feeds = Map.of();

    /** @param reading of a feed that one of its endpoints names */
    protected FeedComponent(Function<FeedDefinition, F> reading) {
        this.reading = reading;
    }

    /** From now on, new endpoints are of these; they may also be of other kinds. For any thread. */
    public final void become(List<FeedDefinition> others) {
        feeds = others.stream()
                .collect(Collectors.toMap(FeedDefinition::name, Function.identity(), (one, other) -> one));
    }

    @Override
    protected final Endpoint createEndpoint(String uri, String feed, Map<String, Object> parameters) {
        FeedDefinition known = feeds.get(feed);
        if (known == null) {
            throw new IllegalArgumentException("no feed is named " + feed);
        }
        return endpoint(uri, reading.apply(known));
    }

    protected abstract FeedEndpoint endpoint(String uri, F feed);

    /** Consumes; some can also produce, for certifications. */
    protected abstract class FeedEndpoint extends DefaultEndpoint {
        protected FeedEndpoint(String uri) {
            super(uri, FeedComponent.this);
        }

        /** Opens one to where the feed reads. */
        protected FeedSender sender() throws Exception {
            throw new UnsupportedOperationException("feeds of this kind cannot send");
        }

        @Override
        public final Producer createProducer() {
            return new Sending(this);
        }
    }

    /** Sends bodies; the header {@code key} is their key. */
    private static final class Sending extends DefaultProducer {
        private static final Logger LOG = LoggerFactory.getLogger(FeedComponent.class);

        private final FeedComponent<?>.FeedEndpoint to;
        private @Nullable FeedSender sender;

        Sending(FeedComponent<?>.FeedEndpoint to) {
            super(to);
            this.to = to;
        }

        @Override
        protected void doStart() throws Exception {
            super.doStart();
            sender = to.sender();
        }

        @Override
        public void process(Exchange exchange) throws Exception {
            FeedSender open = sender;
            if (open != null) {
                open.send(
                        exchange.getMessage().getMandatoryBody(byte[].class),
                        exchange.getMessage().getHeader("key", "", String.class));
            }
        }

        @Override
        protected void doStop() throws Exception {
            try {
                if (sender != null) {
                    sender.close();
                }
            } catch (RuntimeException e) {
                LOG.warn(
                        "{}: what was made there for the certification could not be removed ({}). Remove it by hand.",
                        to.getEndpointUri(),
                        PlainText.withoutStop(Failures.describe(e)));
            }
            super.doStop();
        }
    }
}
