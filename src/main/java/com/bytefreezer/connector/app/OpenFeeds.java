package com.bytefreezer.connector.app;

import com.bytefreezer.connector.api.feeds.FeedsHere.Open;
import com.bytefreezer.connector.config.FeedDefinition;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.http.FeedServer;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.receive.Budget;
import com.bytefreezer.connector.receive.FeedConsumer;
import com.bytefreezer.connector.receive.Format;
import com.bytefreezer.connector.receive.HttpFeed;
import com.bytefreezer.connector.receive.Intakes;
import com.bytefreezer.connector.receive.Pushes;
import com.bytefreezer.connector.receive.Receiver;
import com.bytefreezer.connector.receive.StreamFeed;
import com.bytefreezer.connector.receive.WatchedReceiver;
import com.bytefreezer.connector.text.Secrets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.Endpoint;
import org.apache.camel.Route;
import org.apache.camel.ServiceStatus;
import org.apache.camel.builder.TemplatedRouteBuilder;
import org.apache.camel.main.Main;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The feeds of this process: Camel's components of the inputs, a route for each feed, the server of those over HTTP. For
 * one thread at a time, except for looks.
 */
final class OpenFeeds {
    private static final Logger LOG = LoggerFactory.getLogger(OpenFeeds.class);
    private static final String HTTP = "http";
    /** The share of the heap for requests: one byte in this many. */
    private static final int HEAP_SHARE = 4;

    private final Settings settings;
    private final Secrets secrets;
    private final Intakes intakes;
    private final Budget budget = new Budget(Runtime.getRuntime().maxMemory() / HEAP_SHARE);
    private final WatchedReceiver receiver;
    private final FeedComponents components;
    private volatile List<FeedDefinition> feeds;
    private volatile @Nullable CamelContext context;
    private volatile Optional<FeedServer> server = Optional.empty();

    /** The inputs whose route files are loaded. */
    private final Set<String> loaded = new HashSet<>();

    /**
     * Opens none yet.
     *
     * @param camel gets their components and beans
     * @param machine tells this one from those that it shares a source with, also after a start
     * @param first those of the start
     */
    OpenFeeds(
            Settings settings,
            Secrets secrets,
            Main camel,
            Intakes intakes,
            String machine,
            List<FeedDefinition> first) {
        this.settings = settings;
        this.secrets = secrets;
        this.intakes = intakes;
        feeds = first;
        feeds.forEach(feed -> {
            feed.secrets().forEach(secrets::add);
            loaded.add(feed.input());
        });
        receiver = new WatchedReceiver(receiver());
        camel.bind("receiver", receiver);
        components = new FeedComponents(settings, budget, machine, receiver::positions);
        components.become(feeds);
        components.bind(camel::bind);
    }

    /** Lets everybody know which feeds there are now. */
    private void become(List<FeedDefinition> now) {
        feeds = List.copyOf(now);
        receiver.become(receiver());
        components.become(feeds);
    }

    private Receiver receiver() {
        return new Receiver(new Pushes(httpFeeds(), intakes::of, budget), streams(), intakes::of);
    }

    private List<HttpFeed> httpFeeds() {
        return of(HTTP).stream()
                .map(feed -> new HttpFeed(
                        feed.name(),
                        feed.datasets(),
                        format(feed),
                        feed.token(),
                        settings.integer("feeds.max-payload-bytes"),
                        settings.integer("feeds.max-unpacked-bytes"),
                        settings.integer("feeds.max-line-bytes")))
                .toList();
    }

    private Map<String, StreamFeed> streams() {
        return feeds.stream()
                .filter(OpenFeeds::isStream)
                .map(feed -> new StreamFeed(
                        feed.name(),
                        feed.datasets().one().orElseThrow(),
                        format(feed),
                        settings.integer("feeds.max-line-bytes")))
                .collect(Collectors.toMap(StreamFeed::name, Function.identity()));
    }

    private List<FeedDefinition> of(String input) {
        return feeds.stream().filter(feed -> feed.input().equals(input)).toList();
    }

    private static boolean isStream(FeedDefinition feed) {
        return !feed.input().equals(HTTP);
    }

    private static Format format(FeedDefinition feed) {
        // Rows of CSV are made events of JSON where they are read.
        return feed.format().equals("csv")
                ? Format.JSON
                : Format.valueOf(feed.format().toUpperCase(Locale.ROOT));
    }

    /** Before the routes start: listens for HTTP, if a feed needs it. */
    void listen(CamelContext camel) {
        context = camel;
        if (!of(HTTP).isEmpty()) {
            server = Optional.of(FeedServer.start(camel, settings));
        }
    }

    /** Once the routes have started: opens those of the start. */
    void open() throws Exception {
        for (FeedDefinition feed : feeds) {
            if (isStream(feed)) {
                addRoute(feed);
            }
        }
        sayHttp();
    }

    private void sayHttp() {
        if (httpPort() > 0) {
            LOG.info("Feeds over HTTP: POST http://{}:{}/tenant/dataset.", settings.text("feeds.host"), httpPort());
        }
    }

    private CamelContext camel() {
        CamelContext camel = context;
        if (camel == null) {
            throw new IllegalStateException("not started");
        }
        return camel;
    }

    private void addRoute(FeedDefinition feed) throws Exception {
        TemplatedRouteBuilder.builder(camel(), "input-" + feed.input())
                .routeId(routeId(feed))
                .parameter("name", feed.name())
                .add();
        LOG.info(
                "Feed {}: {}{}.",
                feed.name(),
                feed.input(),
                feed.parameters().containsKey("port")
                        ? " on %s:%d".formatted(settings.text("feeds.host"), port(feed.name()))
                        : "");
    }

    /** As they are now. */
    List<FeedDefinition> definitions() {
        return feeds;
    }

    Optional<FeedDefinition> find(String name) {
        return feeds.stream().filter(feed -> feed.name().equals(name)).findFirst();
    }

    /**
     * Opens a further one.
     *
     * @throws Exception if that fails; {@link #close} must follow
     */
    void open(FeedDefinition feed) throws Exception {
        feed.secrets().forEach(secrets::add);
        List<FeedDefinition> all = new ArrayList<>(feeds);
        all.add(feed);
        become(all);
        if (isStream(feed)) {
            if (loaded.add(feed.input())) {
                load(feed.input());
            }
            addRoute(feed);
        } else if (server.isEmpty()) {
            server = Optional.of(FeedServer.start(camel(), settings));
            load(HTTP);
            sayHttp();
        }
    }

    /** Changes one over HTTP; no request finds it missing. False if it must be closed and opened. */
    boolean replace(FeedDefinition feed) {
        if (isStream(feed) || find(feed.name()).filter(OpenFeeds::isStream).isPresent()) {
            return false;
        }
        feed.secrets().forEach(secrets::add);
        become(feeds.stream()
                .map(one -> one.name().equals(feed.name()) ? feed : one)
                .toList());
        return true;
    }

    private void load(String input) throws Exception {
        PluginHelper.getRoutesLoader(camel())
                .loadRoutes(ResourceHelper.resolveResource(
                        camel(), "file:" + settings.routes().inputFile(input)));
    }

    /** Closes one; what it has read is stored before that. */
    void close(FeedDefinition feed) {
        if (isStream(feed)) {
            removeRoute(routeId(feed));
        }
        become(feeds.stream().filter(one -> !one.name().equals(feed.name())).toList());
    }

    private void removeRoute(String id) {
        CamelContext camel = camel();
        Route route = camel.getRoute(id);
        try {
            camel.getRouteController().stopRoute(id);
            camel.removeRoute(id);
            Endpoint endpoint = route == null ? null : route.getEndpoint();
            if (endpoint != null) {
                // Or the next one of this name would have its options.
                camel.removeEndpoint(endpoint);
            }
        } catch (Exception e) {
            LOG.warn("{}: it did not stop ({}).", id, Failures.describe(e));
        }
    }

    /** The port of HTTP is open while there is a feed over HTTP. */
    void stopListeningIfUnused() {
        if (server.isPresent() && of(HTTP).isEmpty()) {
            removeRoute("input-http");
            server.get().close();
            server = Optional.empty();
        }
    }

    /** Stops reading; what was read is stored. */
    void stop() {
        CamelContext camel = context;
        if (camel == null) {
            return;
        }
        for (FeedDefinition feed : feeds) {
            if (isStream(feed)) {
                try {
                    camel.getRouteController().stopRoute(routeId(feed));
                } catch (Exception e) {
                    LOG.warn("feed {}: it did not stop ({}).", feed.name(), Failures.describe(e));
                }
            }
        }
    }

    // -- looks, for any thread

    private static String routeId(FeedDefinition feed) {
        return "input-%s-%s".formatted(feed.input(), feed.name());
    }

    /** Of the input {@code http}; 0 while there is no such feed. */
    int httpPort() {
        return server.map(FeedServer::port).orElse(0);
    }

    /** Where a feed over TCP or UDP listens. */
    int port(String feed) {
        return components.port(feed);
    }

    Map<String, Open> all() {
        return feeds.stream()
                .collect(Collectors.toMap(
                        FeedDefinition::name,
                        feed -> new Open(feed, address(feed), trouble(feed), receiver.lastArrival(feed.name())),
                        (one, other) -> one));
    }

    private String address(FeedDefinition feed) {
        String host = settings.text("feeds.host");
        if (!isStream(feed)) {
            String scheme = settings.optional("feeds.certificate-file").isPresent() ? "https" : "http";
            return "%s://%s:%d/".formatted(scheme, host, httpPort());
        }
        return port(feed.name()) > 0 ? "%s:%d".formatted(host, port(feed.name())) : "";
    }

    private Optional<String> trouble(FeedDefinition feed) {
        if (!isStream(feed)) {
            return httpPort() == 0 ? Optional.of("It has not started yet.") : receiver.troubleOfHttp();
        }
        CamelContext camel = context;
        ServiceStatus status = camel == null ? null : camel.getRouteController().getRouteStatus(routeId(feed));
        return camel == null || status == null || !status.isStarted()
                ? Optional.of("It has not started yet, or has stopped.")
                : receiver.trouble(feed.name()).or(() -> hindrance(camel.getRoute(routeId(feed))));
    }

    private static Optional<String> hindrance(@Nullable Route route) {
        return route != null && route.getConsumer() instanceof FeedConsumer consumer
                ? consumer.hindrance()
                : Optional.empty();
    }
}
