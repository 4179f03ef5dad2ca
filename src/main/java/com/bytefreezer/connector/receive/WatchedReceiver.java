package com.bytefreezer.connector.receive;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import java.io.IOException;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Remembers when each feed last brought events, and why some could not be stored, until some are. Safe for use by several threads. */
public final class WatchedReceiver {
    private volatile Receiver receiver;
    /** By feeds; what comes over HTTP is that of none. */
    private final Map<String, String> troubles = new ConcurrentHashMap<>();

    private final Map<String, Instant> arrivals = new ConcurrentHashMap<>();

    public WatchedReceiver(Receiver receiver) {
        this.receiver = receiver;
    }

    /** The feeds have changed. */
    public void become(Receiver other) {
        receiver = other;
    }

    /** As {@link Receiver#positions}. */
    public Map<String, Long> positions(String feed) {
        return receiver.positions(feed);
    }

    /** As {@link Receiver#take}. */
    public Stored take(Sent sent) throws IOException {
        String feed = sent.feed();
        try {
            Stored stored = receiver.take(sent);
            troubles.remove(feed);
            arrivals.put(stored.feed(), Instant.now());
            return stored;
        } catch (ConnectorException e) {
            troubles.put(feed, Failures.describe(e));
            throw e;
        }
    }

    /** When a feed last brought events; empty if it has not yet. */
    public Optional<Instant> lastArrival(String feed) {
        return Optional.ofNullable(arrivals.get(feed));
    }

    /** Why the last events of a feed could not be stored. */
    public Optional<String> trouble(String feed) {
        return Optional.ofNullable(troubles.get(feed));
    }

    /** Why the last events over HTTP could not be stored. */
    public Optional<String> troubleOfHttp() {
        return trouble("");
    }
}
