package com.bytefreezer.connector.receive;

import com.bytefreezer.connector.problem.ApiException;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.signs.Seldom;
import com.bytefreezer.connector.text.Json;
import com.bytefreezer.connector.text.PlainText;
import com.fasterxml.jackson.core.JsonProcessingException;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.component.platform.http.vertx.HttpMessage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the input {@code http} asks of Java: a request as a {@link Push}, and the answer to it. Safe for use by several threads. */
public final class HttpPush {
    private static final Logger LOG = LoggerFactory.getLogger(HttpPush.class);
    private static final String BODY = "requestBody";
    private static final String FIREHOSE = "firehoseRequest";
    private static final String ERROR = "error";
    private static final String RETRY_SECONDS = "5";

    /** By their statuses. */
    private final Map<Integer, Seldom> refused = new ConcurrentHashMap<>();
    /** What could not be stored. */
    private final Seldom failed = new Seldom();

    /** Turns the request into a {@link Push}, whose body is read as it comes. */
    public void read(Exchange exchange) {
        HttpServerRequest request = exchange.getMessage(HttpMessage.class).getRequest();
        Map<String, String> headers = new HashMap<>();
        request.headers().forEach((name, value) -> headers.putIfAbsent(name.toLowerCase(Locale.ROOT), value));
        RequestBody body = new RequestBody(request);
        exchange.setProperty(BODY, body);
        Push push = new Push(Objects.requireNonNullElse(request.path(), ""), headers, body);
        Firehose.request(push).ifPresent(id -> exchange.setProperty(FIREHOSE, id));
        exchange.getMessage().setBody(push);
    }

    /** Answers that all is on disk. */
    public void accept(Exchange exchange) throws JsonProcessingException {
        Stored stored = exchange.getMessage().getBody(Stored.class);
        answer(
                exchange,
                200,
                new TreeMap<>(Map.of(
                        "status", "ok",
                        "bytes", stored.bytes(),
                        "lines", stored.lines(),
                        "dead_letters", stored.deadLetters(),
                        "repeated", stored.repeated())));
    }

    /** Answers that nothing is stored: 4xx for the sender's mistakes, 503 if it must send the same again later. */
    public void refuse(Exchange exchange) throws JsonProcessingException {
        Exception caught = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
        if (caught instanceof ApiException mistake) {
            tell(exchange, mistake);
            answer(exchange, mistake.status(), error(String.valueOf(mistake.getMessage())));
        } else if (caught instanceof IOException) {
            answer(exchange, 400, error("The body is incomplete."));
        } else {
            tell(caught);
            answer(exchange, 503, error("The events cannot be stored now. Send them again later."));
            exchange.getMessage().setHeader("Retry-After", RETRY_SECONDS);
        }
        // The rest of the body is of no use.
        exchange.getMessage().setHeader("Connection", "close");
        exchange.getProperty(BODY, RequestBody.class).refuse();
    }

    /** A sender that is set up wrongly may show its answers to nobody, and send nothing again. */
    private void tell(Exchange exchange, ApiException mistake) {
        long count =
                refused.computeIfAbsent(mistake.status(), any -> new Seldom()).add(1);
        if (count > 0) {
            HttpServerRequest request =
                    exchange.getProperty(BODY, RequestBody.class).request();
            LOG.warn(
                    "input http: {} {} refused with {}, last from {} to {}: {} Correct the sender; it has this answer.",
                    count,
                    count == 1 ? "request" : "requests",
                    mistake.status(),
                    request.remoteAddress() == null
                            ? "somebody"
                            : request.remoteAddress().hostAddress(),
                    PlainText.answer(request.path()),
                    PlainText.line(mistake.getMessage()));
        }
    }

    private void tell(Exception caught) {
        if (failed.add(1) == 0) {
            return;
        }
        if (caught instanceof ConnectorException known) {
            LOG.warn("{}", known.getMessage());
        } else {
            LOG.error("input http: {} A request was refused (503).", Failures.describe(caught), caught);
        }
    }

    private static Map<String, Object> error(String text) {
        return Map.of(ERROR, text);
    }

    /** Firehose takes no other answer, and sends again what has none. */
    private static Map<String, Object> ofFirehose(Exchange exchange, Map<String, Object> body) {
        String request = exchange.getProperty(FIREHOSE, String.class);
        if (request == null) {
            return body;
        }
        Map<String, Object> answer = new TreeMap<>(
                Map.of("requestId", request, "timestamp", Instant.now().toEpochMilli()));
        if (body.containsKey(ERROR)) {
            answer.put("errorMessage", body.get(ERROR));
        }
        return answer;
    }

    private static void answer(Exchange exchange, int status, Map<String, Object> body) throws JsonProcessingException {
        Message answer = exchange.getMessage();
        // Otherwise the request's headers would be in the answer.
        answer.removeHeaders("*");
        answer.setHeader(Exchange.HTTP_RESPONSE_CODE, status);
        answer.setHeader(Exchange.CONTENT_TYPE, "application/json");
        answer.setBody(Json.mapper().writeValueAsBytes(ofFirehose(exchange, body)));
    }
}
