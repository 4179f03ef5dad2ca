package com.bytefreezer.connector.kit;

import com.bytefreezer.connector.kit.Faults.Trouble;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A TCP proxy on the loopback address. Its trouble affects the first connections that have carried some data to the
 * server; the others pass. Safe for use by several threads.
 */
final class FaultyProxy implements AutoCloseable {
    /** More than clients say before they send records. */
    private static final int AFTER_BYTES = 4096;

    private static final int CHUNK_BYTES = 1024;
    private static final Duration BETWEEN_CHUNKS = Duration.ofMillis(20);
    /** Time for the rest of a request, and for the server to receive it. */
    private static final Duration BEFORE_THE_ANSWER = Duration.ofMillis(300);

    private final InetSocketAddress server;
    private final Trouble trouble;
    private final ServerSocket listener;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final AtomicInteger faults = new AtomicInteger();

    private FaultyProxy(ServerSocket listener, InetSocketAddress server, Trouble trouble) {
        this.listener = listener;
        this.server = server;
        this.trouble = trouble;
    }

    static FaultyProxy start(int port, InetSocketAddress server, Trouble trouble) {
        try {
            ServerSocket listener = new ServerSocket();
            listener.setReuseAddress(true);
            listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            FaultyProxy proxy = new FaultyProxy(listener, server, trouble);
            proxy.threads.execute(proxy::accept);
            return proxy;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How often the trouble occurred. */
    int faults() {
        return faults.get();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                sockets.add(client);
                threads.execute(() -> serve(client));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Socket client) {
        try (client;
                Socket upstream = new Socket(server.getHostString(), server.getPort())) {
            sockets.add(upstream);
            Connection connection = new Connection(client, upstream);
            Future<?> requests = threads.submit(connection::forward);
            connection.answer();
            requests.cancel(true);
        } catch (IOException broken) {
            // Closes both ends; a proxy can do no more.
        } finally {
            sockets.removeIf(Socket::isClosed);
        }
    }

    private final class Connection {
        private final Socket client;
        private final Socket upstream;
        private volatile boolean mute;

        private Connection(Socket client, Socket upstream) {
            this.client = client;
            this.upstream = upstream;
        }

        /** Everything from the client. */
        private void forward() {
            try {
                InputStream in = client.getInputStream();
                OutputStream out = upstream.getOutputStream();
                byte[] chunk = new byte[CHUNK_BYTES];
                long passed = 0;
                for (int length = in.read(chunk); length >= 0; length = in.read(chunk)) {
                    boolean begins = passed < AFTER_BYTES && passed + length >= AFTER_BYTES;
                    passed += length;
                    if (trouble == Trouble.SLOW) {
                        faults.incrementAndGet();
                        Thread.sleep(BETWEEN_CHUNKS.toMillis());
                    } else if (begins && trouble != Trouble.NONE && faults.get() < Faults.TIMES) {
                        faults.incrementAndGet();
                        if (trouble == Trouble.CUT) {
                            cut();
                            return;
                        }
                        befall();
                    }
                    out.write(chunk, 0, length);
                }
                upstream.shutdownOutput();
            } catch (IOException | InterruptedException broken) {
                cut();
            }
        }

        private void befall() throws InterruptedException {
            if (trouble == Trouble.STALL) {
                Thread.sleep(Faults.SLOW.toMillis());
            } else if (trouble == Trouble.ANSWER_LOST) {
                mute = true;
                threads.execute(this::cutLater);
            }
        }

        private void cutLater() {
            try {
                Thread.sleep(BEFORE_THE_ANSWER.toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            cut();
        }

        /** Everything from the server. */
        private void answer() throws IOException {
            InputStream in = upstream.getInputStream();
            OutputStream out = client.getOutputStream();
            byte[] chunk = new byte[CHUNK_BYTES];
            for (int length = in.read(chunk); length >= 0; length = in.read(chunk)) {
                if (!mute) {
                    out.write(chunk, 0, length);
                }
            }
        }

        /** Breaks the connection: the client sees a reset, the server sees the end. */
        private void cut() {
            try {
                client.setSoLinger(true, 0);
                client.close();
                upstream.close();
            } catch (IOException closedAlready) {
                // Then it is closed already.
            }
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
        try {
            listener.close();
            for (Socket socket : sockets) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
