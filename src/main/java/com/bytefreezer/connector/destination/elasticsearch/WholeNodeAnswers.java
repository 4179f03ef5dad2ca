package com.bytefreezer.connector.destination.elasticsearch;

import com.bytefreezer.connector.net.WholeAnswers;
import com.bytefreezer.connector.problem.Failures;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.zip.GZIPInputStream;
import org.apache.http.Header;
import org.apache.http.HttpEntity;
import org.apache.http.HttpException;
import org.apache.http.HttpHeaders;
import org.apache.http.HttpResponse;
import org.apache.http.concurrent.FutureCallback;
import org.apache.http.entity.ByteArrayEntity;
import org.apache.http.impl.nio.client.CloseableHttpAsyncClient;
import org.apache.http.impl.nio.client.HttpAsyncClientBuilder;
import org.apache.http.nio.ContentDecoder;
import org.apache.http.nio.IOControl;
import org.apache.http.nio.protocol.HttpAsyncRequestProducer;
import org.apache.http.nio.protocol.HttpAsyncResponseConsumer;
import org.apache.http.protocol.HttpContext;
import org.jspecify.annotations.Nullable;

/**
 * Does the same as {@link WholeAnswers} for the asynchronous client inside Elasticsearch's client. Safe for use by
 * several threads.
 */
final class WholeNodeAnswers extends CloseableHttpAsyncClient {
    private final CloseableHttpAsyncClient client;
    private final Duration limit;

    private WholeNodeAnswers(CloseableHttpAsyncClient client, Duration limit) {
        this.client = client;
        this.limit = limit;
    }

    /**
     * A builder of clients with these limits.
     *
     * @param clients the rest of their configuration
     * @param limit for connecting, writing, and reading the answer to its end
     */
    static HttpAsyncClientBuilder in(HttpAsyncClientBuilder clients, Duration limit) {
        return new HttpAsyncClientBuilder() {
            @Override
            public CloseableHttpAsyncClient build() {
                return new WholeNodeAnswers(clients.build(), limit);
            }
        };
    }

    @Override
    public <T> Future<T> execute(
            HttpAsyncRequestProducer request,
            HttpAsyncResponseConsumer<T> answer,
            HttpContext context,
            @Nullable FutureCallback<T> callback) {
        Exchange<T> exchange = new Exchange<>(callback, limit);
        Future<T> running = client.execute(request, new LimitedConsumer<>(answer), context, exchange);
        exchange.begin(running);
        return running;
    }

    @Override
    public boolean isRunning() {
        return client.isRunning();
    }

    @Override
    public void start() {
        client.start();
    }

    @Override
    public void close() throws IOException {
        client.close();
    }

    /** Observes a request and ends it at the deadline. Whoever only waits for the future has no callback. */
    private static final class Exchange<T> implements FutureCallback<T> {
        private final @Nullable FutureCallback<T> callback;
        private final Duration limit;
        private final CompletableFuture<Void> end = new CompletableFuture<>();

        Exchange(@Nullable FutureCallback<T> callback, Duration limit) {
            this.callback = callback;
            this.limit = limit;
        }

        void begin(Future<T> running) {
            CompletableFuture<Void> unused = end.orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS)
                    .whenComplete((ended, late) -> {
                        if (late != null) {
                            running.cancel(true);
                        }
                    });
        }

        @Override
        public void completed(T result) {
            end.complete(null);
            try {
                if (result instanceof HttpResponse answer) {
                    decompress(answer);
                }
            } catch (IOException e) {
                tell(other -> other.failed(e));
                return;
            } catch (RuntimeException | Error e) {
                // It would end the client's thread, and no callback would come.
                tell(other -> other.failed(new IOException(Failures.describe(e), e)));
                return;
            }
            tell(other -> other.completed(result));
        }

        private void tell(Consumer<FutureCallback<T>> what) {
            if (callback != null) {
                what.accept(callback);
            }
        }

        /** Elasticsearch's client would buffer without a limit. */
        private static void decompress(HttpResponse answer) throws IOException {
            HttpEntity body = answer.getEntity();
            Header encoding = body == null ? null : body.getContentEncoding();
            if (encoding == null || !encoding.getValue().equalsIgnoreCase("gzip")) {
                return;
            }
            try (InputStream content = new GZIPInputStream(body.getContent())) {
                byte[] bytes = content.readNBytes(WholeAnswers.MOST_BYTES + 1);
                if (bytes.length > WholeAnswers.MOST_BYTES) {
                    throw WholeAnswers.tooLong();
                }
                ByteArrayEntity plain = new ByteArrayEntity(bytes);
                plain.setContentType(body.getContentType());
                answer.setEntity(plain);
                answer.removeHeaders(HttpHeaders.CONTENT_ENCODING);
            }
        }

        @Override
        public void failed(Exception reason) {
            end.complete(null);
            tell(other -> other.failed(reason));
        }

        @Override
        public void cancelled() {
            if (end.isCompletedExceptionally()) {
                tell(other -> other.failed(WholeAnswers.tooLate(limit)));
            } else {
                end.complete(null);
                tell(FutureCallback::cancelled);
            }
        }
    }

    /** Counts what it hands on. */
    private record LimitedConsumer<T>(HttpAsyncResponseConsumer<T> consumer, AtomicLong received)
            implements HttpAsyncResponseConsumer<T> {

        LimitedConsumer(HttpAsyncResponseConsumer<T> consumer) {
            this(consumer, new AtomicLong());
        }

        @Override
        public void responseReceived(HttpResponse answer) throws IOException, HttpException {
            // The buffer would allocate this much at once.
            if (answer.getEntity() != null && answer.getEntity().getContentLength() > WholeAnswers.MOST_BYTES) {
                throw WholeAnswers.tooLong();
            }
            consumer.responseReceived(answer);
        }

        @Override
        public void consumeContent(ContentDecoder decoder, IOControl control) throws IOException {
            consumer.consumeContent(new LimitedDecoder(decoder, received), control);
        }

        @Override
        public void responseCompleted(HttpContext context) {
            consumer.responseCompleted(context);
        }

        @Override
        public void failed(Exception reason) {
            consumer.failed(reason);
        }

        @Override
        public @Nullable Exception getException() {
            return consumer.getException();
        }

        @Override
        public T getResult() {
            return consumer.getResult();
        }

        @Override
        public boolean isDone() {
            return consumer.isDone();
        }

        @Override
        public boolean cancel() {
            return consumer.cancel();
        }

        @Override
        public void close() throws IOException {
            consumer.close();
        }
    }

    private record LimitedDecoder(ContentDecoder decoder, AtomicLong received) implements ContentDecoder {
        @Override
        public int read(ByteBuffer buffer) throws IOException {
            int count = decoder.read(buffer);
            if (received.addAndGet(Math.max(0, count)) > WholeAnswers.MOST_BYTES) {
                throw WholeAnswers.tooLong();
            }
            return count;
        }

        @Override
        public boolean isCompleted() {
            return decoder.isCompleted();
        }
    }
}
