package com.bytefreezer.connector.http;

import com.bytefreezer.connector.text.Json;
import com.bytefreezer.connector.text.Secrets;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.apache.camel.BeanInject;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns a failure in a route of the API into an answer of one line. Safe for use by several threads. */
public final class ApiErrors {
    private static final Logger LOG = LoggerFactory.getLogger(ApiErrors.class);
    private static final ObjectMapper JSON = Json.mapper();

    @BeanInject
    private Secrets secrets = new Secrets();

    /**
     * Answers {@code {"error": …}}: 4xx for the client's mistakes, 502 for failures of other systems, 500 for our own.
     */
    public void answer(Exchange exchange) throws Exception {
        Throwable caught = Objects.requireNonNull(exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class));
        ApiFailure failure = ApiFailure.of(caught);
        if (failure.status() == 500) {
            LOG.error("API, {}: {} The request was not answered.", exchange.getFromRouteId(), failure.reason(), caught);
        }
        Message answer = exchange.getMessage();
        answer.removeHeaders("*");
        answer.setHeader(Exchange.HTTP_RESPONSE_CODE, failure.status());
        answer.setHeader(Exchange.CONTENT_TYPE, "application/json");
        Map<String, Object> error = new LinkedHashMap<>(Map.of("error", secrets.mask(failure.reason())));
        failure.sql().ifPresent(sql -> {
            error.put("line", sql.position().line());
            error.put("column", sql.position().column());
        });
        answer.setBody(JSON.writeValueAsBytes(error));
    }
}
