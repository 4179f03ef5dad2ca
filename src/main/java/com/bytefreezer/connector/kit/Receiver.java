package com.bytefreezer.connector.kit;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.problem.Problem;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;

/**
 * Reads what has arrived from a Camel endpoint, and counts each record by its marker. Safe for use by several threads.
 */
final class Receiver implements AutoCloseable {
    /** If nothing arrives for this long, nothing more will. */
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final CamelContext camel = new DefaultCamelContext();
    private final Marker marker;
    private final Map<Integer, Integer> taken = new TreeMap<>();

    private Receiver(Marker marker) {
        this.marker = marker;
    }

    /**
     * Starts to read.
     *
     * @param uri of a readable endpoint; {@code {{…}}} in it is a setting
     * @throws ConnectorException if it cannot be read
     */
    static Receiver start(String uri, Map<String, String> settings, Marker marker) {
        Receiver receiver = new Receiver(marker);
        Properties properties = new Properties();
        properties.putAll(settings);
        try {
            receiver.camel.getPropertiesComponent().setInitialProperties(properties);
            receiver.camel.addRoutes(new RouteBuilder() {
                @Override
                public void configure() {
                    from(uri).process(receiver::take);
                }
            });
            receiver.camel.start();
            return receiver;
        } catch (Exception e) {
            receiver.close();
            throw new ConnectorException(
                    "certify.received: %s cannot be read (%s).".formatted(uri, Failures.describe(e)),
                    Problem.NOT_STARTED,
                    "Name a Camel endpoint that reads what the destination has written; its component must be on the class path.",
                    e);
        }
    }

    private synchronized void take(Exchange exchange) {
        String text = exchange.getMessage().getBody(String.class);
        if (text != null) {
            marker.records(text).forEach(record -> taken.merge(record, 1, Integer::sum));
            notifyAll();
        }
    }

    /** How often each record has arrived. Waits until {@code all} of them have, or no more arrive. */
    synchronized Map<Integer, Integer> taken(int all) throws InterruptedException {
        int before = taken.size();
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        for (long left = PATIENCE.toMillis(); taken.size() < all && left > 0; ) {
            wait(left);
            if (taken.size() > before) {
                before = taken.size();
                deadline = System.nanoTime() + PATIENCE.toNanos();
            }
            left = Duration.ofNanos(deadline - System.nanoTime()).toMillis();
        }
        return new TreeMap<>(taken);
    }

    synchronized boolean hasSeenRecords() {
        return !taken.isEmpty();
    }

    @Override
    public void close() {
        camel.stop();
    }
}
