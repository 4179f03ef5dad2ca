package com.bytefreezer.connector.receive;

import com.bytefreezer.connector.config.DatasetName;
import java.io.IOException;
import java.util.Map;
import java.util.function.Function;

/**
 * What {@code direct:receive} asks of Java. Safe for use by several threads.
 *
 * @param streams the feeds whose senders know nothing of the dataset, by their names
 */
public record Receiver(Pushes pushes, Map<String, StreamFeed> streams, Function<DatasetName, Intake> intakes) {
    /**
     * Stores events, and returns when they are on disk.
     *
     * @throws com.bytefreezer.connector.problem.ApiException if the request is wrong
     * @throws com.bytefreezer.connector.problem.ConnectorException if it must be tried again later
     * @throws IOException if a body does not come to its end
     */
    public Stored take(Sent sent) throws IOException {
        if (sent instanceof Push push) {
            return pushes.take(push);
        }
        StreamFeed feed = stream(sent.feed());
        Intake intake = intakes.apply(feed.dataset());
        if (sent instanceof Frames frames) {
            return feed.store(frames, intake);
        }
        if (sent instanceof Messages messages) {
            return feed.store(messages, intake);
        }
        return feed.store((Records) sent, intake);
    }

    /** How far the sources of a feed are read, by their names: what is on disk. */
    public Map<String, Long> positions(String feed) {
        return intakes.apply(stream(feed).dataset()).spool().positions();
    }

    private StreamFeed stream(String name) {
        StreamFeed feed = streams.get(name);
        if (feed == null) {
            throw new IllegalStateException("no feed is named " + name);
        }
        return feed;
    }
}
