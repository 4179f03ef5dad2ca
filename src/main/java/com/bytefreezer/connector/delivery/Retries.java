package com.bytefreezer.connector.delivery;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.BiConsumer;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The part of redelivery that Camel's policy in {@code routes/delivery.camel.yaml} cannot express: which answers are
 * final, and how long the server asks to wait. Safe for use by several threads.
 */
public final class Retries implements Processor {
    private static final Logger LOG = LoggerFactory.getLogger(Retries.class);

    private final int most;
    private final Duration longestDelay;
    private final Circuit circuit;
    private volatile BiConsumer<Lane, String> listener = (lane, code) -> {};
    private final ConcurrentMap<Lane, ConcurrentMap<String, Long>> counts = new ConcurrentHashMap<>();

    /**
     * The policy's limits.
     *
     * @param most tries after the first; negative for ever
     * @param circuit learns of each failed try
     */
    public Retries(int most, Duration longestDelay, Circuit circuit) {
        this.most = most;
        this.longestDelay = longestDelay;
        this.circuit = circuit;
    }

    /** Whether the same request would fail again, by the answer, or because a person must act first. */
    public boolean isFinal(@ExchangeProperty(Exchange.EXCEPTION_CAUGHT) Exception failure) {
        return failure instanceof ConnectorException
                || (failure instanceof HttpOperationFailedException http
                        && http.getStatusCode() < 500
                        && !Failures.isWorthARetry(http.getStatusCode()));
    }

    /**
     * After a failed try: asks Camel to wait for the server's {@code Retry-After} (RFC 9110 §10.2.3), but not longer
     * than the longest delay. The watcher of the signs logs the retries once for all batches.
     */
    @Override
    public void process(Exchange exchange) {
        Exception failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
        Lane lane = Lane.of(
                exchange.getVariable("export", String.class), exchange.getVariable("destination", String.class));
        if (isFinal(failure)) {
            if (!Deliveries.refuses(failure)) {
                circuit.gaveUp(lane, failure);
            }
            return;
        }
        // Camel looks for them here, also if a broken answer has started a message of its own.
        Message message = exchange.getIn();
        message.removeHeader(Exchange.REDELIVERY_DELAY);
        Optional<Duration> asked =
                failure instanceof HttpOperationFailedException http && http.getResponseHeaders() != null
                        ? retryAfter(http.getResponseHeaders(), Instant.now())
                        : Optional.empty();
        asked.ifPresent(delay -> message.setHeader(
                Exchange.REDELIVERY_DELAY, Math.max(1, Math.min(delay.toMillis(), longestDelay.toMillis()))));
        // Camel has counted the coming retry.
        int tries = message.getHeader(Exchange.REDELIVERY_COUNTER, 0, Integer.class);
        if (most < 0 || (tries > 0 && tries <= most)) {
            circuit.failed(lane, Failures.describe(failure));
            counts.computeIfAbsent(lane, any -> new ConcurrentHashMap<>()).merge(code(failure), 1L, Long::sum);
            listener.accept(lane, code(failure));
            LOG.debug(
                    "{}, export {}: {}. Batch {} is tried again ({} of {}).",
                    exchange.getVariable("destination"),
                    exchange.getVariable("export"),
                    Failures.describe(failure),
                    exchange.getVariable("batchId"),
                    tries,
                    most < 0 ? "any number" : most);
        } else {
            circuit.gaveUp(lane, failure);
        }
    }

    /** Sets a listener for each retry: its lane, and the HTTP status or kind of failure. */
    public void tell(BiConsumer<Lane, String> listener) {
        this.listener = listener;
    }

    /** The number of a lane's retries since {@link #take}, by HTTP status or kind of failure. */
    public Map<String, Long> of(Lane lane) {
        return Map.copyOf(counts.getOrDefault(lane, new ConcurrentHashMap<>()));
    }

    /** Like {@link #of}, and resets the number. */
    public Map<String, Long> take(Lane lane) {
        ConcurrentMap<String, Long> taken = counts.remove(lane);
        return taken == null ? Map.of() : Map.copyOf(taken);
    }

    private static String code(Exception failure) {
        if (failure instanceof HttpOperationFailedException http) {
            return String.valueOf(http.getStatusCode());
        }
        return failure instanceof RecordsOpenException ? "some records" : "no answer";
    }

    /** How long the server asks to wait. Also empty for zero, because the tries would be used up at once. */
    static Optional<Duration> retryAfter(Map<String, String> headers, Instant now) {
        // Camel keeps the spelling of the server.
        return headers.entrySet().stream()
                .filter(header -> header.getKey().equalsIgnoreCase("Retry-After"))
                .map(header -> header.getValue().strip())
                .findFirst()
                .flatMap(value -> read(value, now))
                .filter(delay -> delay.compareTo(Duration.ZERO) > 0);
    }

    private static Optional<Duration> read(String value, Instant now) {
        try {
            if (value.matches("\\d{1,9}")) {
                return Optional.of(Duration.ofSeconds(Long.parseLong(value)));
            }
            Instant time = ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME)
                    .toInstant();
            return Optional.of(Duration.between(now, time));
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }
}
