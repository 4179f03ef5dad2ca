package com.bytefreezer.connector.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A TCP proxy before a local server: its answers arrive later, and the network between can be cut, hang or garble what it
 * carries. Safe for many threads.
 */
public final class LatencyProxy implements AutoCloseable {
    private static final int CHUNK_BYTES = 64 * 1024;
    /** Bounds what one connection holds back to 64 MB. */
    private static final int CHUNKS_UNDER_WAY = 1024;

    private final URI target;
    private final Duration delay;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
    private final AtomicLong answeredBytes = new AtomicLong();
    private final Random random = new Random(7);
    private ServerSocket listener;
    private volatile CountDownLatch hanging = new CountDownLatch(0);
    private volatile boolean garbling;

    private LatencyProxy(URI target, Duration delay) {
        this.target = target;
        this.delay = delay;
        // Nobody takes it between cut and heal.
        listener = listen(TestTools.freePort());
    }

    /** Starts a proxy before the target's host and port that holds each chunk of an answer back for the delay. */
    public static LatencyProxy start(URI target, Duration delay) {
        return new LatencyProxy(target, delay);
    }

    /** Where to connect instead of to the target; it stays the same when the network is cut and healed. */
    public synchronized URI endpoint() {
        return URI.create("%s://127.0.0.1:%d".formatted(target.getScheme(), listener.getLocalPort()));
    }

    /** How much the target has answered so far. */
    public long answeredBytes() {
        return answeredBytes.get();
    }

    /** Breaks all connections and refuses new ones. */
    public synchronized void cut() {
        closeNow(listener);
        connections.forEach(Connection::close);
    }

    /** From now on nothing comes through, in both directions; connections stay open, and what was sent arrives in the end. */
    public void hang() {
        hanging = new CountDownLatch(1);
    }

    /** From now on every answer is made of random bytes. */
    public void garble() {
        garbling = true;
    }

    /** Works again. */
    public synchronized void heal() {
        hanging.countDown();
        garbling = false;
        if (listener.isClosed()) {
            listener = listen(listener.getLocalPort());
        }
    }

    @Override
    public void close() {
        cut();
        hanging.countDown();
        threads.shutdownNow();
    }

    private ServerSocket listen(int port) {
        try {
            var socket = new ServerSocket();
            socket.bind(new InetSocketAddress("127.0.0.1", port));
            threads.execute(() -> acceptAll(socket));
            return socket;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void acceptAll(ServerSocket socket) {
        while (!socket.isClosed()) {
            try {
                connect(socket, socket.accept());
            } catch (IOException closedOrTargetAway) {
                // The loop ends when the listener is closed; a target that is away breaks this one connection.
            }
        }
    }

    private synchronized void connect(ServerSocket acceptedBy, Socket client) throws IOException {
        if (acceptedBy.isClosed()) {
            client.close();
            return;
        }
        try {
            var connection = new Connection(client, new Socket(target.getHost(), target.getPort()));
            connections.add(connection);
            threads.execute(connection::forwardRequests);
            threads.execute(connection::forwardAnswers);
        } catch (IOException e) {
            client.close();
            throw e;
        }
    }

    private static void closeNow(AutoCloseable closeable) {
        try {
            closeable.close();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private final class Connection {
        private final Socket client;
        private final Socket server;
        private final Semaphore room = new Semaphore(CHUNKS_UNDER_WAY);
        /** One thread, so that chunks that are due together keep their order. */
        private final ScheduledExecutorService late = Executors.newSingleThreadScheduledExecutor();

        Connection(Socket client, Socket server) throws IOException {
            this.client = client;
            this.server = server;
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
        }

        void forwardRequests() {
            try {
                var requests = client.getInputStream();
                for (var chunk = next(requests); chunk.length > 0; chunk = next(requests)) {
                    hanging.await();
                    server.getOutputStream().write(chunk);
                }
                server.shutdownOutput();
            } catch (IOException | InterruptedException broken) {
                close();
            }
        }

        void forwardAnswers() {
            try {
                var answers = server.getInputStream();
                for (var chunk = next(answers); chunk.length > 0; chunk = next(answers)) {
                    var bytes = chunk;
                    answeredBytes.addAndGet(chunk.length);
                    room.acquire();
                    late.schedule(() -> send(bytes), delay.toNanos(), TimeUnit.NANOSECONDS);
                }
                late.schedule(this::close, delay.toNanos(), TimeUnit.NANOSECONDS);
            } catch (IOException | InterruptedException | RejectedExecutionException broken) {
                close();
            }
        }

        private static byte[] next(InputStream stream) throws IOException {
            var buffer = new byte[CHUNK_BYTES];
            var length = stream.read(buffer);
            return Arrays.copyOf(buffer, Math.max(length, 0));
        }

        private void send(byte[] chunk) {
            try {
                hanging.await();
                if (garbling) {
                    random.nextBytes(chunk);
                }
                client.getOutputStream().write(chunk);
                room.release();
            } catch (IOException | InterruptedException broken) {
                close();
            }
        }

        void close() {
            connections.remove(this);
            closeNow(client);
            closeNow(server);
            late.shutdownNow();
        }
    }
}
