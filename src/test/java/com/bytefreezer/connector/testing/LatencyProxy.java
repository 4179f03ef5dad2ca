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
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** A TCP proxy before a local server: its answers arrive later, and the network between can be cut. Safe for many threads. */
public final class LatencyProxy implements AutoCloseable {
    private static final int CHUNK_BYTES = 64 * 1024;
    /** Bounds what one connection holds back to 64 MB. */
    private static final int CHUNKS_UNDER_WAY = 1024;

    private final URI target;
    private final Duration delay;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
    private final AtomicLong answeredBytes = new AtomicLong();
    private ServerSocket listener;

    private LatencyProxy(URI target, Duration delay) {
        this.target = target;
        this.delay = delay;
        listener = listen(0);
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

    /** Accepts connections again after a cut. */
    public synchronized void heal() {
        listener = listen(listener.getLocalPort());
    }

    @Override
    public void close() {
        cut();
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
                client.getInputStream().transferTo(server.getOutputStream());
                server.shutdownOutput();
            } catch (IOException broken) {
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

        private static byte[] next(InputStream answers) throws IOException {
            var buffer = new byte[CHUNK_BYTES];
            var length = answers.read(buffer);
            return Arrays.copyOf(buffer, Math.max(length, 0));
        }

        private void send(byte[] chunk) {
            try {
                client.getOutputStream().write(chunk);
                room.release();
            } catch (IOException broken) {
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
