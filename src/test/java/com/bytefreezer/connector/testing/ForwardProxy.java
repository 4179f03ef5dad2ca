package com.bytefreezer.connector.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** An HTTP proxy that makes tunnels (CONNECT) to ports of this machine, whatever the host is called. */
public final class ForwardProxy implements AutoCloseable {
    private final ServerSocket listener;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<String> targets = new CopyOnWriteArrayList<>();

    public ForwardProxy() throws IOException {
        listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        threads.execute(() -> {
            try {
                while (true) {
                    Socket client = listener.accept();
                    threads.execute(() -> serve(client));
                }
            } catch (IOException closed) {
                // It is over.
            }
        });
    }

    public int port() {
        return listener.getLocalPort();
    }

    /** What it was asked for, each like {@code host:port}. */
    public List<String> targets() {
        return List.copyOf(targets);
    }

    private void serve(Socket client) {
        try (client) {
            var head = new ByteArrayOutputStream();
            while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
                int next = client.getInputStream().read();
                if (next < 0) {
                    return;
                }
                head.write(next);
            }
            String target = head.toString(StandardCharsets.ISO_8859_1).split(" ")[1];
            targets.add(target);
            int port = Integer.parseInt(target.substring(target.lastIndexOf(':') + 1));
            try (var server = new Socket(InetAddress.getLoopbackAddress(), port)) {
                client.getOutputStream().write("HTTP/1.1 200 OK\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
                var back = threads.submit(() -> pass(server, client));
                pass(client, server);
                back.get();
            }
        } catch (Exception brokenOff) {
            // The other side tells.
        }
    }

    private static void pass(Socket from, Socket to) {
        try {
            from.getInputStream().transferTo(to.getOutputStream());
            to.shutdownOutput();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        threads.shutdownNow();
    }
}
