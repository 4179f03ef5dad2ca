package com.bytefreezer.connector.destination.splunk;

import com.bytefreezer.connector.delivery.Batch;
import com.bytefreezer.connector.delivery.Deliveries;
import com.bytefreezer.connector.net.WholeAnswers;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.zip.GZIPOutputStream;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.component.splunkhec.SplunkHECConfiguration;
import org.apache.camel.component.splunkhec.SplunkHECConstants;
import org.apache.camel.support.DefaultProducer;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.ParseException;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.http.io.entity.EntityUtils;

/**
 * Posts the open records of a batch in one request, and returns when the collector has accepted them, except refused
 * ones, which become rejections. Any other body is one event, as in Camel's own producer. Safe for use by several
 * threads.
 */
final class HecProducer extends DefaultProducer {
    private static final ObjectMapper JSON = Json.mapper();
    private static final int MOST_CONNECTIONS = 64;
    private static final int LONGEST_ANSWER = 100_000;
    private static final long FIRST_POLL_MS = 50;
    private static final long LONGEST_POLL_MS = 2000;

    private final HecEndpoint endpoint;
    private final SplunkEvents events;
    private final URI eventUrl;
    private final URI ackUrl;
    private final String channel;
    private final CloseableHttpClient client;

    HecProducer(HecEndpoint endpoint) {
        super(endpoint);
        this.endpoint = endpoint;
        events = new SplunkEvents(endpoint);
        eventUrl = endpoint.eventUrl();
        ackUrl = endpoint.ackUrl();
        channel = endpoint.isAcknowledgement() && endpoint.getChannel().isBlank()
                ? UUID.randomUUID().toString()
                : endpoint.getChannel();
        // Cookies are kept: a load balancer finds the collector of the channel by them.
        client = WholeAnswers.client(
                endpoint.tls(),
                Duration.ofMillis(endpoint.getTimeout()),
                MOST_CONNECTIONS,
                endpoint.getProxyHost(),
                endpoint.getProxyPort());
    }

    @Override
    public void process(Exchange exchange) throws Exception {
        Message message = exchange.getIn();
        String authorization = authorization(message);
        if (message.getBody() instanceof Batch batch) {
            deliver(batch, authorization);
        } else if (!isTaken(post(eventUrl, JSON.writeValueAsBytes(event(message)), authorization), authorization)) {
            throw new IOException(notAcknowledged());
        }
    }

    private String authorization(Message message) {
        String token = endpoint.getConfiguration().getToken();
        String given = message.getHeader(HttpHeaders.AUTHORIZATION, String.class);
        if (token == null && given == null) {
            throw new ConnectorException(
                    "splunk-hec: no token is given. Set the option token or the header Authorization.");
        }
        return token == null ? given : "Splunk " + token;
    }

    @Override
    protected void doStop() throws Exception {
        super.doStop();
        client.close();
    }

    private void deliver(Batch batch, String authorization) throws Exception {
        for (Optional<Batch> open = batch.open(); open.isPresent(); open = batch.open()) {
            byte[] sent = events.of(open.get());
            Batch readable = open.get().open().orElse(null);
            if (readable == null) {
                return;
            }
            HecAnswer answer = post(eventUrl, sent, authorization);
            OptionalInt refused = answer.refusedEvent(readable.recordCount());
            if (refused.isPresent()) {
                // Some collectors have accepted the events before it, others none: better twice than never.
                readable.reject(refused.getAsInt(), answer.text());
            } else if (isTaken(answer, authorization)) {
                return;
            } else {
                Deliveries.requireAllSettled(batch, notAcknowledged());
            }
        }
    }

    /**
     * Waits until the collector has indexed the events.
     *
     * @return false if that is not known in time
     */
    private boolean isTaken(HecAnswer answer, String authorization) throws Exception {
        if (!answer.isSuccess()) {
            throw answer.failure();
        }
        if (!endpoint.isAcknowledgement()) {
            return true;
        }
        long ackId = answer.ackId()
                .orElseThrow(() -> new ConnectorException(
                        "%s returns no ackId. Switch acknowledgement off, or allow it for the token in Splunk."
                                .formatted(Failures.host(eventUrl.toString()))));
        byte[] question = "{\"acks\":[%d]}".formatted(ackId).getBytes(StandardCharsets.UTF_8);
        long deadline =
                System.nanoTime() + Duration.ofMillis(endpoint.getAckTimeout()).toNanos();
        for (long pause = FIRST_POLL_MS; System.nanoTime() < deadline; pause = Math.min(2 * pause, LONGEST_POLL_MS)) {
            if (isAcknowledged(ackId, question, authorization)) {
                return true;
            }
            Thread.sleep(pause);
        }
        return false;
    }

    private boolean isAcknowledged(long ackId, byte[] question, String authorization) throws Exception {
        HecAnswer answer;
        try {
            answer = post(ackUrl, question, authorization);
        } catch (IOException e) {
            // The collector may be back in time.
            return false;
        }
        if (answer.isFinal()) {
            // Never treated as a refusal: the events themselves were accepted.
            throw answer.misconfiguration();
        }
        return answer.acknowledges(ackId);
    }

    private String notAcknowledged() {
        return "not acknowledged within %d ms".formatted(endpoint.getAckTimeout());
    }

    private HecAnswer post(URI url, byte[] body, String authorization) throws IOException {
        HttpPost request = new HttpPost(url);
        request.setHeader(HttpHeaders.AUTHORIZATION, authorization);
        if (!channel.isBlank()) {
            request.setHeader("X-Splunk-Request-Channel", channel);
        }
        request.setEntity(
                endpoint.isGzip()
                        ? new ByteArrayEntity(zipped(body), ContentType.APPLICATION_JSON, "gzip")
                        : new ByteArrayEntity(body, ContentType.APPLICATION_JSON));
        return client.execute(request, response -> answer(url, response));
    }

    private static HecAnswer answer(URI url, ClassicHttpResponse response) throws IOException, ParseException {
        Map<String, String> headers = new HashMap<>();
        for (Header header : response.getHeaders()) {
            headers.put(header.getName(), header.getValue());
        }
        String body = response.getEntity() == null
                ? ""
                : EntityUtils.toString(response.getEntity(), StandardCharsets.UTF_8, LONGEST_ANSWER);
        return HecAnswer.of(url, response.getCode(), headers, body);
    }

    private static byte[] zipped(byte[] body) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(body.length / 4);
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(body);
        }
        return bytes.toByteArray();
    }

    private Map<String, Object> event(Message message) {
        SplunkHECConfiguration configuration = endpoint.getConfiguration();
        Map<String, Object> event = new LinkedHashMap<>();
        event.put("time", message.getHeader(SplunkHECConstants.INDEX_TIME, configuration.getTime(), Long.class));
        event.put("host", configuration.getHost());
        event.put("source", configuration.getSource());
        event.put("sourcetype", configuration.getSourceType());
        event.put("index", configuration.getIndex());
        event.values().removeIf(value -> value == null || value.equals(""));
        Map<String, Object> headers = new HashMap<>(message.getHeaders());
        headers.remove(HttpHeaders.AUTHORIZATION);
        if (configuration.isBodyOnly()) {
            event.put("event", message.getBody());
        } else if (configuration.isHeadersOnly()) {
            event.put("event", headers);
        } else {
            Map<String, Object> both = new LinkedHashMap<>();
            both.put("body", message.getBody());
            both.put("headers", headers);
            event.put("event", both);
        }
        return event;
    }
}
