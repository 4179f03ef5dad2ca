package com.bytefreezer.connector.input.queue;

import com.bytefreezer.connector.config.FeedDefinition;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.receive.FeedComponent;
import com.bytefreezer.connector.receive.FeedSender;
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
    private final SenderOpener senders;
    private final int threads;

    private interface SenderOpener {
        FeedSender open(FeedDefinition feed) throws Exception;
    }

    private Fetch(Function<FeedDefinition, Source.Opener> kind, SenderOpener senders, int threads) {
        super(Function.identity());
        this.kind = kind;
        this.senders = senders;
        this.threads = threads;
    }

    /** For queues of SQS. */
    public static Fetch sqs(Settings settings) {
        return new Fetch(
                feed -> SqsSource.opener(feed, settings), feed -> SqsSource.sender(feed, settings), SQS_THREADS);
    }

    /** For streams of NATS. */
    public static Fetch nats() {
        // A request brings many messages, and acknowledgments in the order of requests are simple.
        return new Fetch(NatsOptions::opener, NatsOptions::sender, 1);
    }

    @Override
    protected FeedEndpoint endpoint(String uri, FeedDefinition feed) {
        return new FeedEndpoint(uri) {
            @Override
            public Consumer createConsumer(Processor processor) {
                return new FetchConsumer(this, processor, feed.name(), kind.apply(feed), threads);
            }

            @Override
            protected FeedSender sender() throws Exception {
                return senders.open(feed);
            }
        };
    }
}
