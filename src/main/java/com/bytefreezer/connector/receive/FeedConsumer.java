package com.bytefreezer.connector.receive;

import java.util.Optional;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.support.DefaultConsumer;

/** Hands what a feed brings to its route, which stores it, and knows what keeps it from bringing anything. */
public abstract class FeedConsumer extends DefaultConsumer {
    private volatile String hindrance = "";

    protected FeedConsumer(Endpoint endpoint, Processor processor) {
        super(endpoint, processor);
    }

    /** What keeps the feed from bringing events, in one line. For any thread. */
    public final Optional<String> hindrance() {
        return Optional.of(hindrance).filter(why -> !why.isEmpty());
    }

    /** @param why in one line; empty if nothing hinders it */
    protected final void hindered(String why) {
        hindrance = why;
    }

    /**
     * Returns once all of it is on disk, or why it is not. For any thread.
     *
     * @param sent {@link Frames}, {@link Messages} or {@link Records}
     */
    protected final Optional<Exception> store(Object sent) {
        Exchange exchange = createExchange(false);
        try {
            exchange.getMessage().setBody(sent);
            getProcessor().process(exchange);
            return Optional.ofNullable(exchange.getException());
        } catch (Exception e) {
            return Optional.of(e);
        } finally {
            releaseExchange(exchange, false);
        }
    }
}
