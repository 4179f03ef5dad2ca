package com.bytefreezer.connector.app;

import com.bytefreezer.connector.api.feeds.FeedsHere;
import com.bytefreezer.connector.cage.Cage;
import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.control.Instance;
import com.bytefreezer.connector.control.Instance.Condition;
import com.bytefreezer.connector.control.LakeCredentials;
import com.bytefreezer.connector.destination.DeliveryCamel;
import com.bytefreezer.connector.http.HttpServer;
import com.bytefreezer.connector.metrics.Metrics;
import com.bytefreezer.connector.operate.FeedAlerts;
import com.bytefreezer.connector.operate.FeedHealth;
import com.bytefreezer.connector.operate.Notifications;
import com.bytefreezer.connector.operate.Operations;
import com.bytefreezer.connector.text.Secrets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.camel.CamelContext;
import org.apache.camel.main.Main;

/**
 * The API, the page and the tools for agents. It runs no export and holds no cursor, so that a batch or watch may run
 * beside it, until a person starts the exports ({@link WatchHere}). In ingest mode, feeds and packs run beside it.
 */
public final class Workbench implements AutoCloseable {
    private final Settings settings;
    private final Main camel;
    private final Operations operations;
    private final Metrics metrics = Metrics.ofProcess(Version.number());
    private final Cage cage;
    private final FirstVisit firstVisit;
    private final WatchHere watch;
    private final Mode mode;
    private final Optional<Feeds> feeds;
    private final FeedHealth health;
    private final Optional<Notifications> notifications;

    /** In interactive mode. */
    public Workbench(Settings settings, Secrets secrets) {
        this(settings, secrets, Mode.INTERACTIVE);
    }

    /**
     * Prepares everything; {@link #start} starts the work.
     *
     * @param mode interactive or ingest
     */
    public Workbench(Settings settings, Secrets secrets, Mode mode) {
        this.settings = settings;
        this.mode = mode;
        feeds = mode == Mode.INGEST ? Optional.of(new Feeds(settings, secrets, mode)) : Optional.empty();
        camel = DeliveryCamel.prepare(settings, settings.routeFiles());
        camel.bind("settings", settings);
        camel.bind("secrets", secrets);
        cage = new Cage(settings);
        camel.bind("cage", cage);
        operations = Operations.ofStore(settings, camel::getCamelContext);
        camel.bind("operations", operations);
        watch = new WatchHere(settings, secrets, operations, feeds.isEmpty());
        camel.bind("watch", watch);
        FeedsHere here = feeds.isPresent() ? feeds.get() : watch;
        health = new FeedHealth(settings, here);
        metrics.measure(health);
        notifications = feeds.isEmpty() || settings.notifications().isEmpty()
                ? Optional.empty()
                : Optional.of(new Notifications(settings, secrets, List.of(new FeedAlerts(settings, health))));
        camel.bind("feedsHere", here);
        camel.bind("metrics", metrics);
        LakeCredentials credentials = new LakeCredentials(settings, secrets);
        camel.bind("lakeCredentials", credentials);
        firstVisit = new FirstVisit(settings, cage, credentials);
    }

    /** Starts the server and logs its address; in interactive mode, it prepares for the first visitor of the page. */
    public HttpServer start() throws Exception {
        return start(feeds.isEmpty());
    }

    /** Starts the same for clients that ask for no records: it prepares for nobody, and the first query waits for its process. */
    public HttpServer startUnvisited() throws Exception {
        return start(false);
    }

    private HttpServer start(boolean isVisited) throws Exception {
        if (isVisited) {
            firstVisit.prepare();
        }
        CamelContext context = DeliveryCamel.init(camel);
        Supplier<Optional<String>> whyNotReady = () -> operations.whyNotReady().or(health::whyNotReady);
        HttpServer server = feeds.isPresent()
                ? HttpServer.startSomewhere(context, settings, whyNotReady)
                : HttpServer.start(context, settings, whyNotReady);
        context.getRegistry()
                .bind(
                        "instance",
                        new Instance(
                                settings,
                                mode,
                                Version.number(),
                                server.port(),
                                () -> new Condition("", Map.of()),
                                health::roles));
        camel.start();
        if (feeds.isPresent()) {
            Volumes.measure(settings, metrics);
            feeds.get().start();
            notifications.ifPresent(Notifications::start);
        }
        // Who reads it may send at once.
        server.announce();
        if (isVisited) {
            firstVisit.rehearse();
        }
        return server;
    }

    /** Starts the same without a server, and without the routes that answer its requests. */
    public CamelContext startUnserved() throws Exception {
        camel.configure().setRouteFilterExcludePattern("platform-http:*");
        CamelContext context = DeliveryCamel.init(camel);
        camel.start();
        cage.warm();
        return context;
    }

    @Override
    public void close() {
        notifications.ifPresent(Notifications::close);
        feeds.ifPresent(Feeds::close);
        Instance.leave(camel.getCamelContext());
        watch.close();
        camel.stop();
        cage.close();
        metrics.close();
    }
}
