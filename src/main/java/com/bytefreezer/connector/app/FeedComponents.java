package com.bytefreezer.connector.app;

import com.bytefreezer.connector.config.FeedDefinition;
import com.bytefreezer.connector.config.Networks;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.http.FeedServer;
import com.bytefreezer.connector.input.file.FolderFeeds;
import com.bytefreezer.connector.input.kafka.KafkaFeeds;
import com.bytefreezer.connector.input.kinesis.KinesisFeeds;
import com.bytefreezer.connector.input.queue.Fetch;
import com.bytefreezer.connector.input.socket.SocketFeed;
import com.bytefreezer.connector.input.socket.Sockets;
import com.bytefreezer.connector.receive.Budget;
import com.bytefreezer.connector.receive.FeedComponent;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.apache.camel.CamelContext;

/** Camel's components of the inputs, by the schemes of their endpoints. */
public final class FeedComponents {
    private final Sockets sockets;
    private final Map<String, FeedComponent<?>> all = new TreeMap<>();

    /**
     * Of no feeds yet.
     *
     * @param budget of memory for what comes over sockets
     * @param machine tells this one from those that it shares a source with, also after a start
     * @param positions how far the sources of a feed are read, by the name of the feed
     */
    FeedComponents(Settings settings, Budget budget, String machine, Function<String, Map<String, Long>> positions) {
        sockets = new Sockets(feed -> socketFeed(feed, settings), budget);
        all.put("sockets", sockets);
        all.put("folder-feed", new FolderFeeds(settings.integer("feeds.max-line-bytes"), positions));
        all.put("kafka-feed", new KafkaFeeds(machine, positions));
        all.put("kinesis-feed", new KinesisFeeds(settings, machine, positions));
        all.put("nats", Fetch.nats());
        all.put("sqs", Fetch.sqs(settings));
    }

    private static SocketFeed socketFeed(FeedDefinition feed, Settings settings) {
        return new SocketFeed(
                feed.name(),
                settings.text("feeds.host"),
                Integer.parseInt(feed.parameter("port")),
                Networks.of(feed.parameter("senders")),
                feed.parameter("tls").equals("true") ? FeedServer.tls(settings) : Optional.empty(),
                settings.integer("feeds.max-line-bytes"));
    }

    /** Lets a Camel send to where the feeds of the settings read, if their component can. */
    public static void bindSenders(Settings settings, CamelContext camel) {
        FeedComponents components = new FeedComponents(settings, new Budget(0), "", feed -> Map.of());
        components.become(settings.feeds());
        components.bind(camel.getRegistry()::bind);
    }

    void bind(BiConsumer<String, Object> registry) {
        all.forEach(registry);
    }

    /** From now on, new endpoints are of these. */
    void become(List<FeedDefinition> feeds) {
        all.values().forEach(each -> each.become(feeds));
    }

    /** Where a feed over TCP or UDP listens; 0: it does not. */
    int port(String feed) {
        return sockets.ports().getOrDefault(feed, 0);
    }
}
