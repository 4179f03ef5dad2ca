package com.bytefreezer.connector.destination.splunk;

import com.bytefreezer.connector.net.HostNames;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import java.io.IOException;
import java.net.URI;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.apache.camel.Producer;
import org.apache.camel.component.splunkhec.SplunkHECComponent;
import org.apache.camel.component.splunkhec.SplunkHECConfiguration;
import org.apache.camel.component.splunkhec.SplunkHECEndpoint;
import org.apache.camel.support.jsse.SSLContextParameters;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.client5.http.ssl.NoopHostnameVerifier;
import org.apache.hc.client5.http.ssl.TlsSocketStrategy;
import org.apache.hc.core5.ssl.SSLContextBuilder;
import org.apache.hc.core5.ssl.SSLContexts;
import org.jspecify.annotations.Nullable;

/** The options that Camel's endpoint lacks; an empty value is "not set". */
public final class HecEndpoint extends SplunkHECEndpoint {
    /** The end of the paths that take events; the collector's own path is before it. */
    private static final Pattern INPUT = Pattern.compile("/(event|raw)(/1\\.0)?$");

    private String url = "";
    private String timeColumn = "";
    private String hostColumn = "";
    private List<String> fields = List.of();
    private boolean gzip;
    private String channel = "";
    private boolean acknowledgement;
    private long ackTimeout = 300_000;
    private long timeout = 30_000;
    private String proxyHost = "";
    private int proxyPort = 3128;
    private TlsSocketStrategy tls = DefaultClientTlsStrategy.createDefault();

    HecEndpoint(String uri, SplunkHECComponent component, SplunkHECConfiguration configuration) {
        super(uri, component, configuration);
    }

    /** Replaces Camel's checks, which refuse names like {@code splunk.corp} and tokens that are not UUIDs. */
    @Override
    protected void doInit() {
        URI url;
        try {
            url = collector();
        } catch (IllegalArgumentException e) {
            throw invalid(e);
        }
        if (HostNames.of(url) == null
                || !List.of("http", "https").contains(url.getScheme())
                || url.getRawAuthority().contains("@")
                || url.getRawQuery() != null
                || url.getRawFragment() != null) {
            throw invalid(null);
        }
        // Here, not when the producer starts, where Camel would log a stack trace.
        tls = createTls();
    }

    private ConnectorException invalid(@Nullable Exception cause) {
        return new ConnectorException(
                "splunk-hec: %s is not the address of a collector.".formatted(address()),
                Problem.NOT_STARTED,
                "Give one like https://splunk.example:8088.",
                cause);
    }

    /** The URL for events. */
    URI eventUrl() {
        URI url = collector();
        boolean withoutPath = url.getRawPath().isEmpty() || url.getRawPath().equals("/");
        return withoutPath ? url.resolve(getConfiguration().getSplunkEndpoint()) : url;
    }

    private URI collector() {
        String address = address();
        if (!address.contains("://")) {
            address = (getConfiguration().isHttps() ? "https://" : "http://") + address;
        }
        return URI.create(address);
    }

    private String address() {
        return url.isBlank() ? getSplunkURL() : url;
    }

    /** The URL that shows which requests are indexed. */
    URI ackUrl() {
        URI url = eventUrl();
        return url.resolve(INPUT.matcher(url.getRawPath()).replaceFirst("") + "/ack");
    }

    @Override
    public Producer createProducer() {
        return new HecProducer(this);
    }

    /** The TLS parameters: of the endpoint, otherwise of the component, otherwise Java's. */
    TlsSocketStrategy tls() {
        return tls;
    }

    private TlsSocketStrategy createTls() {
        SSLContextParameters parameters = getSslContextParameters() == null
                ? getComponent().getSslContextParameters()
                : getSslContextParameters();
        try {
            if (getConfiguration().isSkipTlsVerify()) {
                SSLContext trusting = SSLContextBuilder.create()
                        .loadTrustMaterial((chain, authenticationType) -> true)
                        .build();
                return new DefaultClientTlsStrategy(trusting, NoopHostnameVerifier.INSTANCE);
            }
            return new DefaultClientTlsStrategy(
                    parameters == null
                            ? SSLContexts.createSystemDefault()
                            : parameters.createSSLContext(getCamelContext()));
        } catch (GeneralSecurityException | IOException e) {
            throw new ConnectorException(
                    "splunk-hec: TLS cannot be set up (%s).".formatted(e.getMessage()), Problem.NOT_STARTED, "", e);
        }
    }

    /** The collector, in place of the address in the endpoint's URI. */
    public void setUrl(String url) {
        this.url = url;
    }

    public String getUrl() {
        return url;
    }

    /** The column with the time of an event: a timestamp in ISO 8601, or an epoch number in s, ms, µs or ns. */
    public void setTimeColumn(String timeColumn) {
        this.timeColumn = timeColumn;
    }

    public String getTimeColumn() {
        return timeColumn;
    }

    /** The column with the host of an event; it overrides the option {@code host}. */
    public void setHostColumn(String hostColumn) {
        this.hostColumn = hostColumn;
    }

    public String getHostColumn() {
        return hostColumn;
    }

    /** The columns, separated by commas, that become indexed fields. */
    public void setFields(String fields) {
        this.fields = Stream.of(fields.split(","))
                .map(String::strip)
                .filter(name -> !name.isEmpty())
                .toList();
    }

    public List<String> getFields() {
        return fields;
    }

    public void setGzip(boolean gzip) {
        this.gzip = gzip;
    }

    public boolean isGzip() {
        return gzip;
    }

    /** The channel of the requests, a UUID. */
    public void setChannel(String channel) {
        this.channel = channel;
    }

    public String getChannel() {
        return channel;
    }

    /**
     * Whether a batch is accepted only after the collector has indexed it. Without a channel, the connector makes one.
     */
    public void setAcknowledgement(boolean acknowledgement) {
        this.acknowledgement = acknowledgement;
    }

    public boolean isAcknowledgement() {
        return acknowledgement;
    }

    /** How long to wait for it before the batch is sent again, in milliseconds. */
    public void setAckTimeout(long ackTimeout) {
        this.ackTimeout = ackTimeout;
    }

    public long getAckTimeout() {
        return ackTimeout;
    }

    /** How long to wait for a connection, and then for the reply, in milliseconds. */
    public void setTimeout(long timeout) {
        this.timeout = timeout;
    }

    public long getTimeout() {
        return timeout;
    }

    public void setProxyHost(String proxyHost) {
        this.proxyHost = proxyHost;
    }

    public String getProxyHost() {
        return proxyHost;
    }

    public void setProxyPort(int proxyPort) {
        this.proxyPort = proxyPort;
    }

    public int getProxyPort() {
        return proxyPort;
    }
}
