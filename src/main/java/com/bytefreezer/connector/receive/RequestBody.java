package com.bytefreezer.connector.receive;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The body of a request, for another thread than the event loop's. The next part is asked for when the last one is
 * read, so the client is no faster than the reader. A body that does not come to its end fails: half of a batch must
 * never pass for a whole one.
 */
final class RequestBody extends InputStream {
    private static final Object END = new Object();

    private final HttpServerRequest request;
    /** A buffer, the {@link #END} or a failure. */
    private final BlockingQueue<Object> parts = new LinkedBlockingQueue<>();

    private volatile boolean refused;
    private @Nullable Buffer part;
    private int at;
    private boolean ended;

    /** @param request paused */
    RequestBody(HttpServerRequest request) {
        this.request = request;
        request.exceptionHandler(parts::add);
        request.handler(this::add);
        request.endHandler(end -> parts.add(END));
        if ("100-continue".equalsIgnoreCase(request.getHeader("Expect"))) {
            request.response().writeContinue();
        }
    }

    HttpServerRequest request() {
        return request;
    }

    private void add(Buffer next) {
        if (!refused) {
            parts.add(next);
        }
    }

    /** Throws the rest away as it comes: many senders read an answer only once they have sent everything. For any thread. */
    void refuse() {
        refused = true;
        parts.clear();
        request.resume();
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        Buffer current = part;
        while (current == null || at == current.length()) {
            current = next();
            if (current == null) {
                return -1;
            }
        }
        int count = Math.min(length, current.length() - at);
        current.getBytes(at, at + count, bytes, offset);
        at += count;
        return count;
    }

    private @Nullable Buffer next() throws IOException {
        part = null;
        at = 0;
        if (!ended) {
            request.fetch(1);
            Object got = take();
            if (got instanceof Throwable failure) {
                throw new IOException("the body is incomplete", failure);
            }
            ended = got == END;
            part = got instanceof Buffer buffer ? buffer : null;
        }
        return part;
    }

    private Object take() throws IOException {
        try {
            Object got = parts.poll(1, TimeUnit.SECONDS);
            while (got == null) {
                // It may have been closed before there was a handler to tell it.
                if (request.response().closed()) {
                    throw new IOException("the body is incomplete");
                }
                got = parts.poll(1, TimeUnit.SECONDS);
            }
            return got;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("the connector is stopping");
        }
    }
}
