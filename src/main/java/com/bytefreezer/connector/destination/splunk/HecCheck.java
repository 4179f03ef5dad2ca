package com.bytefreezer.connector.destination.splunk;

import com.bytefreezer.connector.delivery.Check;
import com.bytefreezer.connector.net.Tls;
import com.bytefreezer.connector.net.WholeAnswers;
import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.time.Duration;
import org.apache.camel.CamelContext;
import org.apache.hc.client5.http.classic.methods.HttpGet;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.io.entity.EntityUtils;
import org.apache.hc.core5.http.io.entity.StringEntity;

/** Asks a collector for its health, and whether it accepts the token. */
public final class HecCheck {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int LONGEST_ANSWER = 100_000;

    private String url = "";
    private String token = "";
    private String proxyHost = "";
    private int proxyPort;
    private Tls tls = new Tls();

    public void setUrl(String url) {
        this.url = url.replaceFirst("/+$", "");
    }

    public void setToken(String token) {
        this.token = token;
    }

    public void setTls(Tls tls) {
        this.tls = tls;
    }

    public void setProxyHost(String proxyHost) {
        this.proxyHost = proxyHost;
    }

    public void setProxyPort(int proxyPort) {
        this.proxyPort = proxyPort;
    }

    private record Answer(int status, String body) {
        /** The answer in brackets. */
        String words() {
            try {
                String text = Json.mapper().readTree(body).path("text").asText("");
                return text.isEmpty() ? "" : " (" + text + ")";
            } catch (JsonProcessingException e) {
                return "";
            }
        }
    }

    /** @throws IOException if it does not answer */
    public Check check(CamelContext camel) throws IOException {
        var secure = new DefaultClientTlsStrategy(tls.createSSLContext(camel));
        try (CloseableHttpClient client = WholeAnswers.client(secure, PATIENCE, 1, proxyHost, proxyPort)) {
            Answer health = ask(client, new HttpGet(url + "/services/collector/health"));
            if (health.status() != 200) {
                return Check.failed("The collector's health is %d%s. Check url, and that the collector is enabled."
                        .formatted(health.status(), health.words()));
            }
            // Without an event it only checks the token.
            HttpPost noEvent = new HttpPost(url + "/services/collector/event");
            noEvent.setHeader(HttpHeaders.AUTHORIZATION, "Splunk " + token);
            noEvent.setEntity(new StringEntity(""));
            return ofToken(ask(client, noEvent));
        }
    }

    private static Check ofToken(Answer answer) {
        return switch (answer.status()) {
            case 400 -> Check.ok("The collector is healthy and accepts the token.");
            case 401, 403 -> Check.failed("%d%s. Check token.".formatted(answer.status(), answer.words()));
            default ->
                Check.unknown("The collector is healthy, but answers %d%s to the token. Send the test record."
                        .formatted(answer.status(), answer.words()));
        };
    }

    private static Answer ask(CloseableHttpClient client, ClassicHttpRequest request) throws IOException {
        return client.execute(
                request,
                answer -> new Answer(
                        answer.getCode(),
                        answer.getEntity() == null ? "" : EntityUtils.toString(answer.getEntity(), LONGEST_ANSWER)));
    }
}
