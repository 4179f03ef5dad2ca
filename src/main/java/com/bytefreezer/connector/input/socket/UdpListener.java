package com.bytefreezer.connector.input.socket;

import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.receive.Frame;
import com.bytefreezer.connector.signs.Seldom;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes frames over UDP. If there is no room for them in the {@link Inbox}, or they come too fast, the kernel drops them, and
 * this tells how many.
 */
final class UdpListener implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(UdpListener.class);
    private static final int RECEIVE_BUFFER = 8 * 1024 * 1024;
    private static final int LARGEST = 64 * 1024;
    private static final int TOGETHER = 512;
    private static final long LOOK_MILLIS = 1000;

    private final SocketFeed feed;
    private final boolean isSyslog;
    private final Inbox inbox;
    private final Selector selector;
    private final DatagramChannel channel;
    private final UdpDrops drops;
    private final Seldom strangers = new Seldom();
    private final Thread thread;
    private volatile boolean closed;

    /** @throws com.bytefreezer.connector.problem.ConnectorException if it cannot listen */
    UdpListener(SocketFeed feed, int port, boolean isSyslog, Inbox inbox) {
        this.feed = feed;
        this.isSyslog = isSyslog;
        this.inbox = inbox;
        try {
            InetAddress host = InetAddress.getByName(feed.host());
            channel = DatagramChannel.open(
                    host instanceof Inet4Address ? StandardProtocolFamily.INET : StandardProtocolFamily.INET6);
            channel.setOption(StandardSocketOptions.SO_RCVBUF, RECEIVE_BUFFER);
            channel.bind(new InetSocketAddress(host, port));
            channel.configureBlocking(false);
            selector = Selector.open();
            channel.register(selector, SelectionKey.OP_READ);
            drops = new UdpDrops(port());
            int buffer = channel.getOption(StandardSocketOptions.SO_RCVBUF);
            if (buffer < RECEIVE_BUFFER) {
                LOG.info(
                        "feed {}: the kernel gives {} bytes for datagrams that wait, of {}. If it drops some, raise net.core.rmem_max.",
                        feed.name(),
                        buffer,
                        RECEIVE_BUFFER);
            }
        } catch (IOException e) {
            throw TcpListener.cannotListen(feed, "UDP", e);
        }
        thread = new Thread(this::run, "feed-" + feed.name() + "-udp");
        thread.setDaemon(true);
        thread.start();
    }

    int port() {
        return channel.socket().getLocalPort();
    }

    private void run() {
        ByteBuffer buffer = ByteBuffer.allocateDirect(LARGEST);
        try {
            while (!closed) {
                selector.select(LOOK_MILLIS);
                selector.selectedKeys().clear();
                receive(buffer);
                tellOfDrops();
            }
            // What the kernel has already taken.
            receive(buffer);
            channel.close();
            selector.close();
        } catch (IOException | ClosedSelectorException e) {
            LOG.error("feed {}: it gets no more datagrams ({}). Start again.", feed.name(), Failures.describe(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void receive(ByteBuffer buffer) throws IOException, InterruptedException {
        for (boolean more = true; more; ) {
            while (!closed && !inbox.awaitRoom(LOOK_MILLIS)) {
                tellOfDrops();
            }
            List<Frame> frames = new ArrayList<>();
            while (more && frames.size() < TOGETHER) {
                more = receive(buffer, frames);
            }
            if (!frames.isEmpty()) {
                inbox.add(frames);
            }
        }
    }

    private boolean receive(ByteBuffer buffer, List<Frame> frames) throws IOException {
        buffer.clear();
        InetSocketAddress from = (InetSocketAddress) channel.receive(buffer);
        if (from == null) {
            return false;
        }
        byte[] bytes = new byte[buffer.flip().remaining()];
        buffer.get(bytes);
        if (feed.senders().contains(from.getAddress())) {
            datagram(bytes, from.getAddress().getHostAddress(), frames);
        } else {
            long count = strangers.add(1);
            if (count > 0) {
                LOG.warn(
                        "feed {}: {} datagrams come from addresses that are not among its senders, as {}. They were dropped.",
                        feed.name(),
                        count,
                        from.getAddress().getHostAddress());
            }
        }
        return true;
    }

    /** One message of syslog, which may have several lines; otherwise lines. */
    private void datagram(byte[] bytes, String sender, List<Frame> frames) {
        if (!isSyslog) {
            Framer lines = new Framer(false, LARGEST, sender);
            lines.take(bytes, frames::add);
            lines.end(frames::add);
        } else if (bytes.length > 0) {
            int start = afterCount(bytes);
            frames.add(new Frame(bytes, start, bytes.length, bytes.length - start, sender, Optional.empty()));
        }
    }

    /** Some senders write one also here. */
    private static int afterCount(byte[] bytes) {
        int at = 0;
        while (at < bytes.length && at < 6 && bytes[at] >= '0' && bytes[at] <= '9') {
            at++;
        }
        boolean isCount = at > 0 && at + 1 < bytes.length && bytes[at] == ' ' && bytes[at + 1] == '<';
        return isCount ? at + 1 : 0;
    }

    private void tellOfDrops() {
        long count = drops.more();
        if (count > 0) {
            LOG.warn(
                    "feed {}: the kernel has dropped {} datagrams, because they came faster than they could be stored. They are lost. Send by TCP, or raise net.core.rmem_max.",
                    feed.name(),
                    count);
        }
    }

    /** Takes what has arrived, and ends. */
    @Override
    public void close() {
        closed = true;
        selector.wakeup();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
