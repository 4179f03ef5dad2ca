package com.bytefreezer.connector.input.socket;

import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.receive.FeedConsumer;
import com.bytefreezer.connector.receive.Frame;
import com.bytefreezer.connector.receive.Frames;
import com.bytefreezer.connector.signs.Seldom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.camel.Processor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hands the frames of a feed to its route, again and again until they are stored. A stop waits for those that were read. */
final class SocketConsumer extends FeedConsumer {
    private static final Logger LOG = LoggerFactory.getLogger(SocketConsumer.class);
    /** While one waits for the disk, the other one reads events. */
    private static final int THREADS = 2;

    private static final long MOST_BYTES = 16_000_000;
    private static final long TOGETHER_BYTES = 2_000_000;
    private static final long PAUSE_MILLIS = 1000;

    private final Sockets.Listening endpoint;
    private final Seldom failures = new Seldom();
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final Inbox inbox = new Inbox(MOST_BYTES, TOGETHER_BYTES);
    private final List<Thread> threads = new ArrayList<>();
    private final List<AutoCloseable> listeners = new ArrayList<>();

    SocketConsumer(Sockets.Listening endpoint, Processor processor) {
        super(endpoint, processor);
        this.endpoint = endpoint;
    }

    @Override
    protected void doStart() throws Exception {
        super.doStart();
        for (int i = 1; i <= THREADS; i++) {
            Thread thread =
                    new Thread(this::run, "feed-%s-%d".formatted(endpoint.feed().name(), i));
            thread.start();
            threads.add(thread);
        }
        int port = endpoint.feed().port();
        if (endpoint.hasTcp()) {
            TcpListener tcp = endpoint.tcp(inbox);
            listeners.add(tcp);
            port = tcp.port();
        }
        if (endpoint.hasUdp()) {
            UdpListener udp = endpoint.udp(port, inbox);
            listeners.add(udp);
            port = udp.port();
        }
        endpoint.listens(port);
    }

    private void run() {
        try {
            for (List<Frame> some = inbox.take(); !some.isEmpty(); some = inbox.take()) {
                store(some);
                inbox.stored(some);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A stop does not wait until the disk works again. */
    private void store(List<Frame> some) throws InterruptedException {
        for (boolean isLast = false; !isLast; ) {
            isLast = stopping.getCount() == 0;
            Optional<Exception> failure = store(new Frames(endpoint.feed().name(), some, isLast));
            if (failure.isEmpty()) {
                return;
            }
            if (failures.add(1) > 0) {
                LOG.warn(
                        "feed {}: {} It reads no more than it can hold, and tries again every second.",
                        endpoint.feed().name(),
                        Failures.describe(failure.get()));
            }
            if (!isLast) {
                stopping.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS);
            }
        }
        LOG.error(
                "feed {}: {} events that had arrived could not be stored before the stop. They are lost.",
                endpoint.feed().name(),
                some.size());
    }

    @Override
    protected void doStop() throws Exception {
        stopping.countDown();
        for (AutoCloseable each : listeners) {
            each.close();
        }
        listeners.clear();
        inbox.close();
        for (Thread each : threads) {
            each.join();
        }
        threads.clear();
        super.doStop();
    }
}
