package com.bytefreezer.connector.receive;

import java.util.Optional;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.support.DefaultConsumer;

/** Hands what a feed brings to its route, which stores it. */
public abstract class FeedConsumer extends DefaultConsumer {
    protected FeedConsumer(Endpoint endpoint, Processor processor) {
        super(endpoint, processor);
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
