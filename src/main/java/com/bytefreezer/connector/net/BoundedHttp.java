package com.bytefreezer.connector.net;

import java.util.Map;
import org.apache.camel.Endpoint;
import org.apache.camel.component.http.HttpComponent;
import org.apache.camel.spi.annotations.Component;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManager;
import org.apache.hc.client5.http.io.HttpClientConnectionManager;
import org.apache.hc.client5.http.socket.ConnectionSocketFactory;
import org.apache.hc.core5.http.config.Registry;
import org.apache.hc.core5.http.io.SocketConfig;
import org.apache.hc.core5.pool.PoolConcurrencyPolicy;
import org.apache.hc.core5.util.TimeValue;

/** Camel's components {@code http} and {@code https}, whose answers are bounded in every route, see {@link WholeAnswers}. */
// Camel finds the options of the component's URIs by this name.
@Component("http,https")
// Camel's own signature.
@SuppressWarnings("deprecation")
public final class BoundedHttp extends HttpComponent {

    public BoundedHttp() {
        // Only routes/delivery.camel.yaml retries.
        setAutomaticRetriesDisabled(true);
    }

    @Override
    protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters) throws Exception {
        String separator = "://";
        String legal = HostNames.legal("http" + separator + remaining.replaceFirst("^(https?:)?/*", ""));
        return super.createEndpoint(
                HostNames.legal(uri), legal.substring(legal.indexOf(separator) + separator.length()), parameters);
    }

    @Override
    protected HttpClientBuilder createHttpClientBuilder(
            String uri, Map<String, Object> parameters, Map<String, Object> httpClientOptions) {
        return WholeAnswers.in(super.createHttpClientBuilder(uri, parameters, httpClientOptions));
    }

    @Override
    protected HttpClientConnectionManager createConnectionManager(
            Registry<ConnectionSocketFactory> registry,
            int maxTotalConnections,
            int connectionsPerRoute,
            SocketConfig defaultSocketConfig) {
        PoolingHttpClientConnectionManager connections = new PoolingHttpClientConnectionManager(
                registry,
                PoolConcurrencyPolicy.STRICT,
                TimeValue.ofMilliseconds(getConnectionTimeToLive()),
                WholeAnswers.connections());
        connections.setMaxTotal(maxTotalConnections == 0 ? getMaxTotalConnections() : maxTotalConnections);
        connections.setDefaultMaxPerRoute(connectionsPerRoute == 0 ? getConnectionsPerRoute() : connectionsPerRoute);
        connections.setDefaultSocketConfig(defaultSocketConfig);
        return connections;
    }
}
