package com.bytefreezer.connector.http;

import com.sun.management.UnixOperatingSystemMXBean;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The connections to the server, as many as leave the exports their file descriptors. One more than that takes the place
 * of the one that has waited longest without a whole request, so that a probe comes through a flood of silent ones. Safe
 * for use by several threads.
 */
final class Connections {
    private static final int MOST = 256;
    /** Of the file descriptors of the process, one in so many. */
    private static final int SHARE = 8;
    /** What is read of a connection at once, and so of the requests that wait behind the first. */
    private static final int READ_BYTES = 16 * 1024;

    private final int most;
    private final Duration patience;
    /** In the order in which they began to wait. */
    private final Set<ConnectionGuard> waiting = new LinkedHashSet<>();

    private final Set<ConnectionGuard> answered = new HashSet<>();

    /**
     * For a server that begins.
     *
     * @param patience how long a connection may take for a request, and for a part of its answer
     */
    Connections(Duration patience) {
        this(most(), patience);
    }

    Connections(int most, Duration patience) {
        this.most = most;
        this.patience = patience;
    }

    private static int most() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
                ? (int) Math.max(8, Math.min(MOST, system.getMaxFileDescriptorCount() / SHARE))
                : MOST;
    }

    /** Keeps a new connection within bounds, or ends it. */
    void guard(HttpConnection connection) {
        Channel channel = ((ConnectionBase) connection).channelHandlerContext().channel();
        channel.config().setRecvByteBufAllocator(new FixedRecvByteBufAllocator(READ_BYTES));
        ChannelPipeline pipeline = channel.pipeline();
        pipeline.addBefore("handler", "guard", new ConnectionGuard(this, patience));
    }

    /** Whether there is room for it. */
    synchronized boolean opened(ConnectionGuard guard) {
        if (waiting.size() + answered.size() >= most) {
            Iterator<ConnectionGuard> oldest = waiting.iterator();
            if (!oldest.hasNext()) {
                return false;
            }
            oldest.next().end();
            oldest.remove();
        }
        return waiting.add(guard);
    }

    synchronized void isAnswered(ConnectionGuard guard) {
        if (waiting.remove(guard)) {
            answered.add(guard);
        }
    }

    synchronized void waits(ConnectionGuard guard) {
        if (answered.remove(guard)) {
            waiting.add(guard);
        }
    }

    synchronized void closed(ConnectionGuard guard) {
        waiting.remove(guard);
        answered.remove(guard);
    }
}
