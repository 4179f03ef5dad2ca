package com.bytefreezer.connector.testing;

import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.kit.Request;
import com.bytefreezer.connector.kit.ScriptedServer;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import javax.net.ssl.SSLContext;

/**
 * A webhook that takes batches of records as NDJSON, as a JSON array or as {@code {"records":[…],"count":n}}. A record is
 * accepted when its request is answered with 2xx, even where the answer is cut. A body it cannot read is answered with 400.
 */
public final class WebhookServer extends ScriptedServer {
    private final Optional<Function<byte[], Long>> number;
    private final AtomicIntegerArray times;
    private final AtomicInteger distinctRecords = new AtomicInteger();
    private final AtomicLong acceptedRecords = new AtomicLong();
    private final List<byte[]> records = new ArrayList<>();
    private final Hold hold = new Hold();
    private volatile Instant lastArrival = Instant.EPOCH;

    private WebhookServer(HttpServer server, Optional<Function<byte[], Long>> number, int capacity) {
        super(server);
        this.number = number;
        times = new AtomicIntegerArray(capacity);
    }

    public static WebhookServer start() {
        return start(0);
    }

    /** Listens on the given port, as a server does that comes back. */
    public static WebhookServer start(int port) {
        return started(new WebhookServer(plain(port), Optional.empty(), 0));
    }

    /** Speaks HTTPS. */
    public static WebhookServer start(SSLContext tls) {
        return started(new WebhookServer(secure(tls), Optional.empty(), 0));
    }

    /**
     * Keeps no bodies, only how often each record was accepted, so that millions fit into memory.
     *
     * @param number finds in a record its number, from 0 to less than {@code capacity}
     */
    public static WebhookServer startCounting(int capacity, Function<byte[], Long> number) {
        return started(new WebhookServer(plain(0), Optional.of(number), capacity));
    }

    @Override
    protected Reply take(Request request, Reply reply) {
        var kept = number.isPresent() ? request.withoutBody() : request;
        if (reply.status() / 100 != 2) {
            return super.take(kept, reply);
        }
        try {
            var batch = RecordBodies.read(request);
            number.ifPresentOrElse(finder -> count(batch, finder), () -> keep(batch));
            acceptedRecords.addAndGet(batch.size());
            lastArrival = Instant.now();
            super.take(kept, reply);
        } catch (IOException | RuntimeException e) {
            return super.take(request, Reply.of(400, e.toString()));
        }
        hold.pass(acceptedRecords::get);
        return reply;
    }

    /** Once it has accepted so many records it accepts further ones, but no client learns of it until {@link #answerAll}. */
    public void holdAt(long records) {
        hold.at(records);
    }

    /** Answers those that wait, and all to come. */
    public void answerAll() {
        hold.at(Long.MAX_VALUE);
    }

    private void count(List<byte[]> batch, Function<byte[], Long> finder) {
        for (var record : batch) {
            if (times.incrementAndGet(Math.toIntExact(finder.apply(record))) == 1) {
                distinctRecords.incrementAndGet();
            }
        }
    }

    private void keep(List<byte[]> batch) {
        synchronized (records) {
            records.addAll(batch);
        }
    }

    /** All accepted records as they were sent; empty for a server that counts. */
    public List<String> records() {
        synchronized (records) {
            return records.stream()
                    .map(record -> new String(record, StandardCharsets.UTF_8))
                    .toList();
        }
    }

    /** When the latest records came that were accepted. */
    public Instant lastArrival() {
        return lastArrival;
    }

    /** How many records were accepted, with repeats. */
    public long acceptedRecords() {
        return acceptedRecords.get();
    }

    /** How many records were accepted, without repeats; only for a server that counts. */
    public int distinctRecords() {
        return distinctRecords.get();
    }

    /** How often the record with this number was accepted; only for a server that counts. */
    public int timesAccepted(int recordNumber) {
        return times.get(recordNumber);
    }
}
