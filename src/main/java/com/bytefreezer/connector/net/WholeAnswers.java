package com.bytefreezer.connector.net;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.hc.client5.http.classic.ExecChain;
import org.apache.hc.client5.http.classic.ExecChainHandler;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.ManagedHttpClientConnectionFactory;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.ssl.TlsSocketStrategy;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.HttpStatus;
import org.apache.hc.core5.http.config.CharCodingConfig;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.io.entity.HttpEntityWrapper;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/**
 * Limits the answers to requests of HttpClient: {@link #MOST_BYTES} after decompression, a head of limited size, and
 * one deadline for connecting, writing and reading the whole answer. HttpClient's own timeouts restart with each byte.
 * Safe for use by several threads.
 */
public final class WholeAnswers implements ExecChainHandler {
    /**
     * Limit of an answer, after decompression: room for the largest of Kinesis, 10 MiB and what surrounds it. A longer refusal
     * is cut there, because its status says enough.
     */
    public static final int MOST_BYTES = 12_000_000;

    /** Limit of each header of an answer, and of a chunk's length line. */
    public static final int LONGEST_LINE = 32 * 1024;

    public static final int MOST_HEADERS = 200;

    /** Time limit of an exchange without a timeout of its own; HttpClient waits this long for a byte. */
    private static final Duration USUAL_TIMEOUT = Duration.ofMinutes(3);

    private WholeAnswers() {}

    /** A client with these limits, which also accepts {@link EarlyAnswers}. */
    static HttpClientBuilder in(HttpClientBuilder client) {
        return client.setRequestExecutor(new EarlyAnswers())
                // Outermost, so that it sees decompressed bytes.
                .addExecInterceptorFirst(WholeAnswers.class.getName(), new WholeAnswers())
                .addExecInterceptorFirst(UnderscoredHosts.class.getName(), new UnderscoredHosts());
    }

    /**
     * Clients with these limits, without retries and redirects.
     *
     * @param timeout for a connection, and then for the answer
     * @param proxyHost empty for none
     */
    // The chain reads only the older of two settings for the connection timeout.
    @SuppressWarnings("deprecation")
    public static CloseableHttpClient client(
            TlsSocketStrategy tls, Duration timeout, int mostConnections, String proxyHost, int proxyPort) {
        Timeout wait = Timeout.of(timeout);
        HttpClientBuilder client = in(HttpClients.custom())
                .setConnectionManager(PoolingHttpClientConnectionManagerBuilder.create()
                        .setConnectionFactory(connections())
                        .setTlsSocketStrategy(tls)
                        .setMaxConnPerRoute(mostConnections)
                        .setMaxConnTotal(mostConnections)
                        .setDefaultConnectionConfig(ConnectionConfig.custom()
                                .setConnectTimeout(wait)
                                .setSocketTimeout(wait)
                                .build())
                        .build())
                .setDefaultRequestConfig(RequestConfig.custom()
                        .setConnectTimeout(wait)
                        .setResponseTimeout(wait)
                        .build())
                .disableAutomaticRetries()
                .disableRedirectHandling();
        if (!proxyHost.isBlank()) {
            client.setProxy(new HttpHost(proxyHost, proxyPort));
        }
        return client.build();
    }

    /** For the connections of such a client. */
    static ManagedHttpClientConnectionFactory connections() {
        return ManagedHttpClientConnectionFactory.builder()
                // UTF-8 for headers: the default, ASCII, sends question marks for everything else.
                .charCodingConfig(CharCodingConfig.custom()
                        .setCharset(StandardCharsets.UTF_8)
                        .build())
                .http1Config(Http1Config.custom()
                        .setMaxLineLength(LONGEST_LINE)
                        .setMaxHeaderCount(MOST_HEADERS)
                        .build())
                .build();
    }

    /** The failure of an answer that is too long. */
    public static IOException tooLong() {
        return new IOException("the answer has more than %,d bytes and is not read".formatted(MOST_BYTES));
    }

    /** The failure of an answer that does not end. */
    public static SocketTimeoutException tooLate(Duration limit) {
        return new SocketTimeoutException(
                String.format(Locale.ROOT, "it is not complete after %,d ms", limit.toMillis()));
    }

    @Override
    public ClassicHttpResponse execute(ClassicHttpRequest request, ExecChain.Scope scope, ExecChain chain)
            throws IOException, HttpException {
        Exchange exchange = new Exchange(scope);
        try {
            ClassicHttpResponse answer = chain.proceed(request, scope);
            HttpEntity body = answer.getEntity();
            if (body == null) {
                exchange.ended();
            } else {
                boolean refused = answer.getCode() >= HttpStatus.SC_REDIRECTION;
                answer.setEntity(new LimitedEntity(body, exchange, refused));
            }
            return answer;
        } catch (IOException | HttpException | RuntimeException e) {
            exchange.ended();
            exchange.requireInTime(e);
            throw e;
        }
    }

    /** A request with its answer. Breaks off at the deadline, whatever its thread waits for. */
    private static final class Exchange {
        private final Duration limit;
        private final ExecChain.Scope scope;
        private final CompletableFuture<Void> end = new CompletableFuture<>();
        private volatile boolean cutOff;

        Exchange(ExecChain.Scope scope) {
            this.scope = scope;
            RequestConfig timeouts = scope.clientContext.getRequestConfigOrDefault();
            limit = connecting(timeouts).plus(of(timeouts.getResponseTimeout()));
            CompletableFuture<Void> unused = end.orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS)
                    .whenComplete((ended, late) -> {
                        if (late != null) {
                            cutOff = true;
                            cut();
                        }
                    });
        }

        // Not from the connections' own configuration, which the chain does not read.
        @SuppressWarnings("deprecation")
        private static Duration connecting(RequestConfig timeouts) {
            return of(timeouts.getConnectTimeout());
        }

        private static Duration of(@Nullable Timeout timeout) {
            return timeout == null || timeout.isDisabled() ? USUAL_TIMEOUT : timeout.toDuration();
        }

        /** Closes the connection; reading and writing fail. */
        void cut() {
            scope.execRuntime.discardEndpoint();
        }

        void ended() {
            end.complete(null);
        }

        /** @param failure what happened, if the deadline was not the cause */
        void requireInTime(@Nullable Exception failure) throws IOException {
            if (cutOff) {
                SocketTimeoutException late = tooLate(limit);
                late.initCause(failure);
                throw late;
            }
        }
    }

    private static final class LimitedEntity extends HttpEntityWrapper {
        private final Exchange exchange;
        private final boolean isCutWhenTooLong;
        private @Nullable InputStream content;

        LimitedEntity(HttpEntity body, Exchange exchange, boolean isCutWhenTooLong) {
            super(body);
            this.exchange = exchange;
            this.isCutWhenTooLong = isCutWhenTooLong;
        }

        @Override
        public synchronized InputStream getContent() throws IOException {
            if (content == null) {
                content = new LimitedContent(super.getContent(), exchange, isCutWhenTooLong);
            }
            return content;
        }

        @Override
        public void writeTo(OutputStream out) throws IOException {
            getContent().transferTo(out);
        }

        @Override
        public void close() throws IOException {
            getContent().close();
        }
    }

    private static final class LimitedContent extends FilterInputStream {
        private final Exchange exchange;
        private final boolean isCutWhenTooLong;
        private int left = MOST_BYTES;
        private boolean ended;

        LimitedContent(InputStream content, Exchange exchange, boolean isCutWhenTooLong) {
            super(content);
            this.exchange = exchange;
            this.isCutWhenTooLong = isCutWhenTooLong;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (ended) {
                return -1;
            }
            int count;
            try {
                count = super.read(bytes, offset, length);
            } catch (IOException | RuntimeException e) {
                end();
                exchange.requireInTime(e);
                throw e;
            }
            // A client that reads a closed connection as the end must not accept half an answer as the whole.
            exchange.requireInTime(null);
            if (count < 0) {
                end();
                return count;
            }
            left -= count;
            if (left < 0) {
                end();
                exchange.cut();
                if (!isCutWhenTooLong) {
                    throw tooLong();
                }
                return count + left > 0 ? count + left : -1;
            }
            return count;
        }

        @Override
        public long skip(long count) throws IOException {
            return count <= 0 ? 0 : Math.max(0, read(new byte[(int) Math.min(count, 8192)]));
        }

        @Override
        public boolean markSupported() {
            return false;
        }

        private void end() {
            ended = true;
            exchange.ended();
        }

        /** Does not wait for unread bytes. */
        @Override
        public void close() throws IOException {
            boolean whole = ended && left >= 0;
            if (!ended) {
                end();
                exchange.cut();
            }
            try {
                super.close();
            } catch (IOException e) {
                if (whole) {
                    throw e;
                }
            }
        }
    }
}
