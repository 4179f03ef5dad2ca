package com.bytefreezer.connector.input.socket;

import com.bytefreezer.connector.config.FeedDefinition;
import com.bytefreezer.connector.receive.Budget;
import com.bytefreezer.connector.receive.FeedComponent;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.apache.camel.Consumer;
import org.apache.camel.Processor;
import org.jspecify.annotations.Nullable;

/**
 * Camel's component {@code sockets}: an endpoint {@code sockets:FEED} hands on what the senders of a feed send over TCP and
 * UDP, several frames at a time, and takes more once the route has stored them.
 */
public final class Sockets extends FeedComponent<SocketFeed> {
    private static final int EVENT_LOOPS = 2;

    private final Budget budget;
    private final Crowd crowd = new Crowd(Crowd.most());
    private final Map<String, Integer> ports = new ConcurrentHashMap<>();
    /** Only with a feed over TCP: it has threads. */
    private @Nullable Vertx vertx;

    /** @param budget of memory for lines that have not come to their end */
    public Sockets(Function<FeedDefinition, SocketFeed> reading, Budget budget) {
        super(reading);
        this.budget = budget;
    }

    /** Where feeds listen that have started, by their names. */
    public Map<String, Integer> ports() {
        return Map.copyOf(ports);
    }

    @Override
    protected FeedEndpoint endpoint(String uri, SocketFeed feed) {
        return new Listening(uri, feed);
    }

    @Override
    protected void doShutdown() throws Exception {
        super.doShutdown();
        closeVertx();
    }

    private synchronized Vertx vertx() {
        if (vertx == null) {
            vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(EVENT_LOOPS));
        }
        return vertx;
    }

    private synchronized void closeVertx() {
        if (vertx != null) {
            vertx.close().toCompletionStage().toCompletableFuture().join();
        }
    }

    /** The endpoint of a feed; Camel sets its options. */
    public final class Listening extends FeedEndpoint {
        private final SocketFeed feed;
        private boolean tcp;
        private boolean udp;
        private boolean syslog;

        private Listening(String uri, SocketFeed feed) {
            super(uri);
            this.feed = feed;
        }

        public void setTcp(boolean tcp) {
            this.tcp = tcp;
        }

        /** Over TLS there is no UDP. */
        public void setUdp(boolean udp) {
            this.udp = udp;
        }

        /** Whether frames are messages of syslog; otherwise lines. */
        public void setSyslog(boolean syslog) {
            this.syslog = syslog;
        }

        boolean hasTcp() {
            return tcp;
        }

        boolean hasUdp() {
            return udp && feed.tls().isEmpty();
        }

        SocketFeed feed() {
            return feed;
        }

        TcpListener tcp(Inbox inbox) {
            return new TcpListener(vertx(), feed, syslog, inbox, budget, crowd);
        }

        UdpListener udp(int port, Inbox inbox) {
            return new UdpListener(feed, port, syslog, inbox);
        }

        void listens(int port) {
            ports.put(feed.name(), port);
        }

        @Override
        public Consumer createConsumer(Processor processor) {
            return new SocketConsumer(this, processor);
        }
    }
}
