package com.bytefreezer.connector.input.queue;

import com.bytefreezer.connector.config.FeedDefinition;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.receive.FeedComponent;
import java.util.List;
import java.util.function.Function;
import org.apache.camel.Consumer;
import org.apache.camel.Processor;

/**
 * Camel's component for one kind of server, in place of Camel's own: an endpoint {@code nats:FEED} hands on what a feed
 * fetches, many messages at a time, and acknowledges them once the route has stored them. Camel's component of NATS acknowledges
 * also what its route has failed to store, or never; that of SQS hands on a message at a time, so each would be an fsync and a
 * request.
 */
public final class Fetch extends FeedComponent<FeedDefinition> {
    /** A request brings ten messages; what several threads store at a time is one fsync. */
    private static final int SQS_THREADS = 4;

    private final Function<FeedDefinition, Source.Opener> kind;
    private final int threads;

    private Fetch(List<FeedDefinition> feeds, Function<FeedDefinition, Source.Opener> kind, int threads) {
        super(feeds, FeedDefinition::name);
        this.kind = kind;
        this.threads = threads;
    }

    /** For queues of SQS. */
    public static Fetch sqs(List<FeedDefinition> feeds, Settings settings) {
        return new Fetch(feeds, feed -> SqsSource.opener(feed, settings), SQS_THREADS);
    }

    /** For streams of NATS. */
    public static Fetch nats(List<FeedDefinition> feeds) {
        // A request brings many messages, and acknowledgments in the order of requests are simple.
        return new Fetch(feeds, NatsOptions::opener, 1);
    }

    @Override
    protected FeedEndpoint endpoint(String uri, FeedDefinition feed) {
        return new FeedEndpoint(uri) {
            @Override
            public Consumer createConsumer(Processor processor) {
                return new FetchConsumer(this, processor, feed.name(), kind.apply(feed), threads);
            }
        };
    }
}
