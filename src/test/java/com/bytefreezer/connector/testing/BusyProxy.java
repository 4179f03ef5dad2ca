package com.bytefreezer.connector.testing;

import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.kit.Request;
import com.bytefreezer.connector.kit.ScriptedServer;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Stands before a real HTTP server and answers every n-th request with 429 itself; the others it hands on. It keeps no
 * requests, so that millions of records fit through. Safe for many threads.
 */
public final class BusyProxy extends ScriptedServer {
    private static final List<String> HANDED_ON = List.of("Authorization", "Content-Type", "Accept");

    private final URI target;
    private final int busyEvery;
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final AtomicLong asked = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();
    private final AtomicLong answered = new AtomicLong();
    private final Hold hold = new Hold();

    private BusyProxy(HttpServer server, URI target, int busyEvery) {
        super(server);
        this.target = target;
        this.busyEvery = busyEvery;
    }

    public static BusyProxy start(URI target, int busyEvery) {
        return started(new BusyProxy(plain(0), target, busyEvery));
    }

    /** How many requests it refused. */
    public long refused() {
        return refused.get();
    }

    /** How many requests the real server has answered. */
    public long answered() {
        return answered.get();
    }

    /** Once the real server has answered so many requests, no client learns of it until {@link #answerAll}. */
    public void holdAt(long requests) {
        hold.at(requests);
    }

    /** Answers those that wait, and all to come. */
    public void answerAll() {
        hold.at(Long.MAX_VALUE);
    }

    @Override
    protected Reply take(Request request, Reply reply) {
        if (asked.incrementAndGet() % busyEvery == 0) {
            refused.incrementAndGet();
            return Reply.of(429, "busy");
        }
        var handedOn = HttpRequest.newBuilder(target.resolve(request.path()))
                .method(request.method(), BodyPublishers.ofByteArray(request.body()));
        HANDED_ON.forEach(name -> request.header(name).ifPresent(value -> handedOn.header(name, value)));
        try {
            var answer = client.send(handedOn.build(), BodyHandlers.ofString());
            answered.incrementAndGet();
            hold.pass(answered::get);
            var passedOn = Reply.of(answer.statusCode(), answer.body());
            return answer.headers()
                    .firstValue("Content-Type")
                    .map(type -> passedOn.header("Content-Type", type))
                    .orElse(passedOn);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
