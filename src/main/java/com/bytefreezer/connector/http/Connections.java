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
 * The connections to the server, limited so that exports keep enough file descriptors. A connection beyond the limit
 * replaces the one that has waited longest without a whole request, so a probe gets through a flood of silent
 * connections. Safe for use by several threads.
 */
final class Connections {
    private static final int MOST = 256;
    /** The share of the process's file descriptors: one in this many. */
    private static final int SHARE = 8;
    /** Bytes read from a connection at once, including the requests that wait behind the first. */
    private static final int READ_BYTES = 16 * 1024;

    private final int most;
    private final Duration patience;
    /** In the order in which they started to wait. */
    private final Set<ConnectionGuard> waiting = new LinkedHashSet<>();

    private final Set<ConnectionGuard> answered = new HashSet<>();

    /**
     * For a server that starts.
     *
     * @param patience time limit for a request, and for a part of its answer
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

    /** Guards a new connection, or ends it. */
    void guard(HttpConnection connection) {
        Channel channel = ((ConnectionBase) connection).channelHandlerContext().channel();
        channel.config().setRecvByteBufAllocator(new FixedRecvByteBufAllocator(READ_BYTES));
        ChannelPipeline pipeline = channel.pipeline();
        pipeline.addBefore("handler", "guard", new ConnectionGuard(this, patience));
    }

    /** Whether there is room for another connection. */
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
