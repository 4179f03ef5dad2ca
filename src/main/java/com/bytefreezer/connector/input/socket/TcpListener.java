package com.bytefreezer.connector.input.socket;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.receive.Budget;
import com.bytefreezer.connector.receive.Frame;
import com.bytefreezer.connector.signs.Seldom;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes frames over TCP, as long as there is room for them in the {@link Inbox}: then it reads no more. */
final class TcpListener implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TcpListener.class);
    private static final int BACKLOG = 1024;

    private final SocketFeed feed;
    private final boolean isSyslog;
    private final Inbox inbox;
    private final Budget budget;
    private final Crowd crowd;
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
    private final Seldom strangers = new Seldom();
    private final NetServer server;
    private volatile boolean isClosing;

    /** @throws ConnectorException if it cannot listen */
    TcpListener(Vertx vertx, SocketFeed feed, boolean isSyslog, Inbox inbox, Budget budget, Crowd crowd) {
        this.feed = feed;
        this.isSyslog = isSyslog;
        this.inbox = inbox;
        this.budget = budget;
        this.crowd = crowd;
        NetServerOptions options = new NetServerOptions().setTcpKeepAlive(true).setAcceptBacklog(BACKLOG);
        feed.tls().ifPresent(tls -> tls.apply(options));
        server = vertx.createNetServer(options).connectHandler(this::connected).exceptionHandler(this::refused);
        try {
            server.listen(feed.port(), feed.host())
                    .toCompletionStage()
                    .toCompletableFuture()
                    .join();
        } catch (CompletionException e) {
            throw cannotListen(feed, "TCP", e.getCause() == null ? e : e.getCause());
        }
    }

    static ConnectorException cannotListen(SocketFeed feed, String protocol, Throwable e) {
        return new ConnectorException(
                "feed %s: cannot listen on %s, %s port %d (%s)."
                        .formatted(feed.name(), feed.host(), protocol, feed.port(), Failures.describe(e)),
                Problem.NOT_STARTED,
                "Stop what uses the port, or choose another one.",
                e);
    }

    int port() {
        return server.actualPort();
    }

    /** A sender without the right TLS. */
    private void refused(Throwable e) {
        tellOfStrangers("have not agreed on TLS (" + Failures.describe(e) + ")");
    }

    private void tellOfStrangers(String what) {
        long count = strangers.add(1);
        if (count > 0) {
            LOG.warn("feed {}: {} connections {}. They were closed.", feed.name(), count, what);
        }
    }

    private void connected(NetSocket socket) {
        InetAddress address = new InetSocketAddress(
                        socket.remoteAddress().hostAddress(),
                        socket.remoteAddress().port())
                .getAddress();
        if (!feed.senders().contains(address)) {
            socket.close();
            tellOfStrangers("come from addresses that are not among its senders, as " + address.getHostAddress());
            return;
        }
        new Connection(socket, address.getHostAddress()).open();
    }

    /** Ends all connections; what they have sent of a frame is a frame. */
    @Override
    public void close() {
        isClosing = true;
        server.close().toCompletionStage().toCompletableFuture().join();
        for (Connection each : List.copyOf(connections)) {
            each.socket.resume();
            each.socket.close();
            each.ended.join();
        }
    }

    /** On one event loop. */
    private final class Connection {
        private final NetSocket socket;
        private final Framer framer;
        private final Budget.Share memory = budget.share();
        private final CompletableFuture<Void> ended = new CompletableFuture<>();

        private Connection(NetSocket socket, String sender) {
            this.socket = socket;
            framer = new Framer(isSyslog, feed.longestLine(), sender);
        }

        void open() {
            connections.add(this);
            crowd.enter(socket).ifPresent(NetSocket::close);
            socket.handler(this::read)
                    // Unlike the close handler, it comes after all that was read.
                    .endHandler(end -> end())
                    .exceptionHandler(e -> LOG.debug("feed {}", feed.name(), e));
        }

        private void read(Buffer bytes) {
            crowd.speaks(socket);
            List<Frame> frames = new ArrayList<>();
            framer.take(bytes.getBytes(), frames::add);
            if (!inbox.add(frames) && !isClosing) {
                socket.pause();
                inbox.whenRoom(socket::resume);
            }
            try {
                memory.hold(framer.held());
            } catch (ConnectorException e) {
                // Many such connections would take all the memory.
                tellOfStrangers("have sent the beginning of a long line, and there is no memory for all of them");
                socket.close();
            }
        }

        private void end() {
            List<Frame> frames = new ArrayList<>();
            framer.end(frames::add);
            inbox.add(frames);
            memory.close();
            crowd.leave(socket);
            connections.remove(this);
            ended.complete(null);
        }
    }
}
