package com.bytefreezer.connector.kit;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import javax.net.ssl.SSLContext;

/**
 * An HTTP server on the loopback address that answers by script and records its requests. The next reply is the first
 * one left from {@link #replyNext}, else the latest matching {@link #replyWhen}, else that of {@link #reply}; initially
 * 200. Safe for use by several threads.
 */
public class ScriptedServer implements AutoCloseable {
    static {
        // Without it, each answer on a kept-alive connection waits for the client's delayed acknowledgement.
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final List<Request> requests = Collections.synchronizedList(new ArrayList<>());
    private final Queue<Reply> nextReplies = new ArrayDeque<>();
    private final List<ConditionalReply> conditionalReplies = new ArrayList<>();
    private volatile long longestBody = Long.MAX_VALUE;
    private volatile int unreadStatus;
    private Reply usualReply = Reply.of(200);

    private record ConditionalReply(Predicate<Request> condition, Reply reply) {}

    protected ScriptedServer(HttpServer server) {
        this.server = server;
        server.createContext("/", this::handle);
        server.setExecutor(threads);
    }

    public static ScriptedServer start() {
        return started(new ScriptedServer(plain(0)));
    }

    /** Speaks HTTPS. */
    public static ScriptedServer start(SSLContext tls) {
        return started(new ScriptedServer(secure(tls)));
    }

    /** Starts after construction: a client that keeps trying may be faster than the constructor. */
    protected static <T extends ScriptedServer> T started(T scripted) {
        ((ScriptedServer) scripted).server.start();
        return scripted;
    }

    protected static HttpServer plain(int port) {
        try {
            return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    protected static HttpServer secure(SSLContext tls) {
        try {
            var server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.setHttpsConfigurator(new HttpsConfigurator(tls));
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The address, without a path. */
    public URI url() {
        var scheme = server instanceof HttpsServer ? "https" : "http";
        return URI.create("%s://127.0.0.1:%d".formatted(scheme, port()));
    }

    public int port() {
        return server.getAddress().getPort();
    }

    public void reply(int status) {
        reply(Reply.of(status));
    }

    public synchronized void reply(Reply reply) {
        usualReply = reply;
    }

    /** Answers the next {@code count} requests like this, after those already planned. */
    public synchronized void replyNext(int count, Reply reply) {
        nextReplies.addAll(Collections.nCopies(count, reply));
    }

    public synchronized void replyWhen(Predicate<Request> condition, Reply reply) {
        conditionalReplies.add(0, new ConditionalReply(condition, reply));
    }

    /**
     * Answers longer requests with this status before it has read them, and hangs up, possibly while they are being
     * written.
     */
    public void answerUnread(long longerThan, int status) {
        unreadStatus = status;
        longestBody = longerThan;
    }

    private synchronized Reply choose(Request request) {
        var next = nextReplies.poll();
        if (next != null) {
            return next;
        }
        return conditionalReplies.stream()
                .filter(candidate -> candidate.condition().test(request))
                .findFirst()
                .map(ConditionalReply::reply)
                .orElse(usualReply);
    }

    /** All requests so far, in the order in which they were read. */
    public List<Request> requests() {
        synchronized (requests) {
            return List.copyOf(requests);
        }
    }

    /** Records the request, before its reply is sent. A subclass may record it differently and change the reply. */
    protected Reply take(Request request, Reply reply) {
        requests.add(request);
        return reply;
    }

    private void handle(HttpExchange exchange) throws IOException {
        // Closing an exchange whose answer is incomplete closes its connection.
        try (exchange) {
            var length = exchange.getRequestHeaders().getFirst("Content-Length");
            if (length != null && Long.parseLong(length) > longestBody) {
                exchange.sendResponseHeaders(unreadStatus, -1);
                return;
            }
            var request = new Request(
                    exchange.getRequestMethod(),
                    exchange.getRequestURI().toString(),
                    exchange.getRequestHeaders(),
                    exchange.getRequestBody().readAllBytes());
            var reply = take(request, choose(request));
            if (closed.await(reply.delay().toNanos(), TimeUnit.NANOSECONDS)) {
                return;
            }
            send(exchange, reply);
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    private static void send(HttpExchange exchange, Reply reply) throws IOException {
        var body = reply.body().getBytes(StandardCharsets.UTF_8);
        reply.headers().forEach(exchange.getResponseHeaders()::set);
        if (reply.cut()) {
            exchange.sendResponseHeaders(reply.status(), body.length + 1L);
            exchange.getResponseBody().write(body);
            exchange.getResponseBody().flush();
            return;
        }
        exchange.sendResponseHeaders(reply.status(), body.length == 0 ? -1 : body.length);
        if (body.length > 0) {
            exchange.getResponseBody().write(body);
        }
    }

    @Override
    public void close() {
        closed.countDown();
        server.stop(0);
        threads.shutdownNow();
    }
}
