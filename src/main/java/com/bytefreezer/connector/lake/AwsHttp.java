package com.bytefreezer.connector.lake;

import com.bytefreezer.connector.net.WholeAnswers;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.io.entity.InputStreamEntity;
import org.apache.hc.core5.io.CloseMode;
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.SdkHttpFullResponse;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.utils.AttributeMap;

/**
 * The SDK's requests over a client with bounded answers, see {@link WholeAnswers}: the SDK's own client reads endless
 * headers and trailers. Safe for use by several threads.
 */
public final class AwsHttp implements SdkHttpClient {
    private static final int MOST_CONNECTIONS = 50;

    private final CloseableHttpClient client;

    /**
     * A client.
     *
     * @param network the network path to the server
     * @param timeout for a connection, then for the whole answer
     */
    public AwsHttp(Network network, Duration timeout) {
        client = WholeAnswers.client(
                new DefaultClientTlsStrategy(network.trust()),
                timeout,
                MOST_CONNECTIONS,
                network.proxyHost(),
                network.proxyPort());
    }

    /** Of a client that ends with the SDK's, which closes only what it has built. */
    public static SdkHttpClient.Builder<?> builder(Network network, Duration timeout) {
        return new Builder(network, timeout);
    }

    private record Builder(Network network, Duration timeout) implements SdkHttpClient.Builder<Builder> {
        @Override
        public SdkHttpClient buildWithDefaults(AttributeMap defaults) {
            return new AwsHttp(network, timeout);
        }
    }

    @Override
    public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
        SdkHttpRequest head = request.httpRequest();
        HttpHost host = new HttpHost(head.protocol(), head.host(), head.port());
        HttpUriRequestBase sent = new HttpUriRequestBase(head.method().name(), URI.create("/"));
        sent.setPath(pathAndQuery(head));
        head.forEachHeader((name, values) -> {
            // The client writes these headers itself, with the same values.
            if (!name.equalsIgnoreCase(HttpHeaders.HOST) && !name.equalsIgnoreCase(HttpHeaders.CONTENT_LENGTH)) {
                values.forEach(value -> sent.addHeader(name, value));
            }
        });
        request.contentStreamProvider()
                .ifPresent(content -> sent.setEntity(new InputStreamEntity(
                        content.newStream(),
                        head.firstMatchingHeader(HttpHeaders.CONTENT_LENGTH)
                                .map(Long::valueOf)
                                .orElse(-1L),
                        ContentType.APPLICATION_OCTET_STREAM)));
        return new ExecutableHttpRequest() {
            @Override
            public HttpExecuteResponse call() throws IOException {
                return answer(client.executeOpen(host, sent, null));
            }

            @Override
            public void abort() {
                sent.cancel();
            }
        };
    }

    private static String pathAndQuery(SdkHttpRequest request) {
        String path = request.encodedPath().isEmpty() ? "/" : request.encodedPath();
        return request.encodedQueryParameters().map(query -> path + "?" + query).orElse(path);
    }

    private static HttpExecuteResponse answer(ClassicHttpResponse answer) throws IOException {
        SdkHttpFullResponse.Builder head =
                SdkHttpFullResponse.builder().statusCode(answer.getCode()).statusText(answer.getReasonPhrase());
        for (Header header : answer.getHeaders()) {
            head.appendHeader(header.getName(), header.getValue());
        }
        HttpExecuteResponse.Builder whole = HttpExecuteResponse.builder().response(head.build());
        HttpEntity body = answer.getEntity();
        if (body == null) {
            answer.close();
        } else {
            InputStream content = body.getContent();
            whole.responseBody(AbortableInputStream.create(content, () -> closeQuietly(answer)));
        }
        return whole.build();
    }

    private static void closeQuietly(ClassicHttpResponse answer) {
        try {
            answer.close();
        } catch (IOException e) {
            // Nobody reads the rest.
        }
    }

    /** Ends requests under way, too. */
    @Override
    public void close() {
        client.close(CloseMode.IMMEDIATE);
    }
}
