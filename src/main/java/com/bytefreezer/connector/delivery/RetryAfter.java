package com.bytefreezer.connector.delivery;

import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.http.base.HttpOperationFailedException;

/**
 * Waits before the next try as long as the server asks for in {@code Retry-After} (RFC 9110 §10.2.3), but not longer
 * than the longest delay that is set. Without it, Camel's own redelivery policy decides.
 */
public final class RetryAfter implements Processor {
    private final Duration longest;

    public RetryAfter(Duration longest) {
        this.longest = longest;
    }

    @Override
    public void process(Exchange exchange) {
        Throwable failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
        Optional<Duration> asked =
                failure instanceof HttpOperationFailedException http && http.getResponseHeaders() != null
                        ? read(http.getResponseHeaders(), Instant.now())
                        : Optional.empty();
        if (asked.isPresent()) {
            Duration delay = asked.get().compareTo(longest) > 0 ? longest : asked.get();
            exchange.getMessage().setHeader(Exchange.REDELIVERY_DELAY, Math.max(1, delay.toMillis()));
        } else {
            exchange.getMessage().removeHeader(Exchange.REDELIVERY_DELAY);
        }
    }

    static Optional<Duration> read(Map<String, String> headers, Instant now) {
        // Camel gives the names as the server wrote them.
        return headers.entrySet().stream()
                .filter(header -> header.getKey().equalsIgnoreCase("Retry-After"))
                .map(header -> header.getValue().strip())
                .findFirst()
                .flatMap(value -> read(value, now));
    }

    private static Optional<Duration> read(String value, Instant now) {
        try {
            if (value.matches("\\d{1,9}")) {
                return Optional.of(Duration.ofSeconds(Long.parseLong(value)));
            }
            Instant time = ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME)
                    .toInstant();
            return Optional.of(time.isAfter(now) ? Duration.between(now, time) : Duration.ZERO);
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }
}
