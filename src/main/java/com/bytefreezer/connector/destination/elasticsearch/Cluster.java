package com.bytefreezer.connector.destination.elasticsearch;

import com.bytefreezer.connector.delivery.RequestHeaders;
import com.bytefreezer.connector.net.HostNames;
import com.bytefreezer.connector.net.Tls;
import com.bytefreezer.connector.net.WholeAnswers;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.apache.camel.Endpoint;
import org.apache.camel.component.es.ElasticsearchComponent;
import org.apache.camel.spi.annotations.Component;
import org.apache.http.Header;
import org.apache.http.HttpHost;
import org.apache.http.HttpRequest;
import org.apache.http.HttpResponse;
import org.apache.http.client.methods.HttpRequestWrapper;
import org.apache.http.config.ConnectionConfig;
import org.apache.http.config.MessageConstraints;
import org.apache.http.impl.nio.client.HttpAsyncClientBuilder;
import org.apache.http.message.BasicHeader;
import org.apache.http.protocol.HttpContext;
import org.elasticsearch.client.RestClient;
import org.elasticsearch.client.RestClientBuilder;

/** Camel's component for Elasticsearch, with a client of our own: API keys, PEM files, a proxy, several nodes. */
// Camel finds the options of the component's URIs by this name.
@Component("elasticsearch")
public final class Cluster extends ElasticsearchComponent {
    /** The most batches that are ever in flight. */
    private static final int MOST_CONNECTIONS = 1000;

    /** The client sends a batch in pieces of this size. */
    private static final int BUFFER_BYTES = 64 * 1024;

    private static final String READ_OF_ANSWER = "filter_path=took,errors,items.*._index,items.*.status,items.*.error";

    private List<URI> nodes = List.of();
    private String apiKey = "";
    private boolean compression;
    private String proxyHost = "";
    private int proxyPort;
    private Tls tls = new Tls();

    /**
     * Sets the nodes, separated by commas.
     *
     * @throws ConnectorException if one is not a URL, or contains a user
     */
    public void setUrl(String url) {
        nodes = Stream.of(url.split(",")).map(node -> node(node.strip())).toList();
    }

    /** Sets the API key as Elasticsearch encodes it; instead of a user. */
    public void setApiKey(String apiKey) {
        this.apiKey = apiKey;
    }

    /** Sets whether requests are compressed with gzip. */
    public void setCompression(boolean compression) {
        this.compression = compression;
    }

    public void setProxyHost(String proxyHost) {
        this.proxyHost = proxyHost;
    }

    public void setProxyPort(int proxyPort) {
        this.proxyPort = proxyPort;
    }

    public void setTls(Tls tls) {
        this.tls = tls;
    }

    /** For messages: the first node, without a path. */
    String url() {
        URI first = nodes.get(0);
        return first.getScheme() + "://" + first.getRawAuthority();
    }

    /** The producer of the endpoint closes the client. */
    @Override
    protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters) throws Exception {
        setClient(client());
        return super.createEndpoint(uri, remaining, parameters);
    }

    /** A separate client; the caller closes it. */
    RestClient client() {
        HttpHost[] hosts = nodes.stream()
                .map(node -> new HttpHost(HostNames.of(node), HostNames.port(node), node.getScheme()))
                .toArray(HttpHost[]::new);
        SSLContext trust = tls.createSSLContext(tls.getCamelContext());
        RestClientBuilder client = RestClient.builder(hosts)
                .setCompressionEnabled(compression)
                // It would send the login to the target of a 303.
                .setRequestConfigCallback(request -> request.setConnectTimeout(getConnectionTimeout())
                        .setSocketTimeout(getSocketTimeout())
                        .setRedirectsEnabled(false))
                .setHttpClientConfigCallback(http -> WholeNodeAnswers.in(
                        configure(http, trust), Duration.ofMillis((long) getConnectionTimeout() + getSocketTimeout())));
        String path = nodes.get(0).getPath().replaceAll("/+$", "");
        if (!path.isEmpty()) {
            client.setPathPrefix(path);
        }
        if (!apiKey.isBlank()) {
            client.setDefaultHeaders(authorization("ApiKey " + apiKey));
        } else if (!getUser().isBlank()) {
            client.setDefaultHeaders(authorization(RequestHeaders.basic(getUser(), getPassword())));
        }
        return client.build();
    }

    private HttpAsyncClientBuilder configure(HttpAsyncClientBuilder http, SSLContext trust) {
        if (!proxyHost.isBlank()) {
            http.setProxy(new HttpHost(proxyHost, proxyPort));
        }
        return http.setSSLContext(trust)
                .setEventHandler(new EarlyNodeAnswers())
                .setMaxConnPerRoute(MOST_CONNECTIONS)
                .setMaxConnTotal(MOST_CONNECTIONS)
                .setDefaultConnectionConfig(ConnectionConfig.custom()
                        .setBufferSize(BUFFER_BYTES)
                        .setMessageConstraints(MessageConstraints.custom()
                                .setMaxLineLength(WholeAnswers.LONGEST_LINE)
                                .setMaxHeaderCount(WholeAnswers.MOST_HEADERS)
                                .build())
                        // Of headers.
                        .setCharset(StandardCharsets.UTF_8)
                        .build())
                .addInterceptorLast(Cluster::askForPlainJson)
                .addInterceptorLast(Cluster::askForLess)
                .addInterceptorLast(Cluster::nameProduct);
    }

    /**
     * The client asks for the API of its own version. Older versions of Elasticsearch and OpenSearch refuse that,
     * although the bulk API is the same in all of them.
     */
    private static void askForPlainJson(HttpRequest request, HttpContext context) {
        request.setHeader("Accept", "application/json");
        if (request.containsHeader("Content-Type")) {
            request.setHeader("Content-Type", "application/json");
        }
    }

    /**
     * Asks for only those parts of the answer that {@link Bulk} reads; the rest is most of it and takes long to write
     * and parse.
     */
    private static void askForLess(HttpRequest request, HttpContext context) {
        if (request instanceof HttpRequestWrapper bulk
                && bulk.getURI().getPath().endsWith("/_bulk")) {
            String separator = bulk.getURI().getQuery() == null ? "?" : "&";
            bulk.setURI(URI.create(bulk.getURI() + separator + READ_OF_ANSWER));
        }
    }

    /**
     * The client accepts only answers with Elasticsearch's product header; older versions and OpenSearch do not send
     * it.
     */
    private static void nameProduct(HttpResponse response, HttpContext context) {
        response.setHeader("X-Elastic-Product", "Elasticsearch");
    }

    private static Header[] authorization(String value) {
        return new Header[] {new BasicHeader("Authorization", value)};
    }

    private static URI node(String url) {
        try {
            URI node = URI.create(url);
            if (HostNames.of(node) != null && List.of("http", "https").contains(node.getScheme())) {
                if (node.getRawAuthority().contains("@")) {
                    throw new ConnectorException(
                            "destination.elasticsearch.url must not contain a user.",
                            Problem.NOT_STARTED,
                            "Set destination.elasticsearch.username and destination.elasticsearch.password.",
                            null);
                }
                if (node.getRawQuery() != null || node.getRawFragment() != null) {
                    throw new ConnectorException(
                            "destination.elasticsearch.url must end with its port or path, without ? and #.",
                            Problem.NOT_STARTED,
                            "",
                            null);
                }
                return node;
            }
        } catch (IllegalArgumentException e) {
            // Reported below without the rest of the text, which might contain a password.
        }
        throw new ConnectorException(
                "destination.elasticsearch.url must be one URL like https://es.example:9200 or several, separated by commas.",
                Problem.NOT_STARTED,
                "",
                null);
    }
}
