package com.bytefreezer.connector.app;

import com.bytefreezer.connector.api.feeds.FeedsHere;
import com.bytefreezer.connector.api.feeds.SourceList;
import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.config.FeedDefinition;
import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.Networks;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.control.LakeCredentials;
import com.bytefreezer.connector.cursor.PackedSources;
import com.bytefreezer.connector.destination.DeliveryCamel;
import com.bytefreezer.connector.http.FeedServer;
import com.bytefreezer.connector.input.file.FolderFeed;
import com.bytefreezer.connector.input.file.FolderFeeds;
import com.bytefreezer.connector.input.kafka.KafkaFeed;
import com.bytefreezer.connector.input.kafka.KafkaFeeds;
import com.bytefreezer.connector.input.kinesis.KinesisFeed;
import com.bytefreezer.connector.input.kinesis.KinesisFeeds;
import com.bytefreezer.connector.input.queue.Fetch;
import com.bytefreezer.connector.input.socket.SocketFeed;
import com.bytefreezer.connector.input.socket.Sockets;
import com.bytefreezer.connector.lake.Lake;
import com.bytefreezer.connector.lake.Shelf;
import com.bytefreezer.connector.lake.SourceBucket;
import com.bytefreezer.connector.pack.Packer;
import com.bytefreezer.connector.pack.Packs;
import com.bytefreezer.connector.pack.Recipes;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.receive.Budget;
import com.bytefreezer.connector.receive.FeedConsumer;
import com.bytefreezer.connector.receive.Format;
import com.bytefreezer.connector.receive.HttpFeed;
import com.bytefreezer.connector.receive.Intakes;
import com.bytefreezer.connector.receive.Pushes;
import com.bytefreezer.connector.receive.Receiver;
import com.bytefreezer.connector.receive.StreamFeed;
import com.bytefreezer.connector.receive.WatchedReceiver;
import com.bytefreezer.connector.source.ObjectPacks;
import com.bytefreezer.connector.spool.DatasetSpool;
import com.bytefreezer.connector.spool.DatasetState;
import com.bytefreezer.connector.spool.Spool;
import com.bytefreezer.connector.text.Secrets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.Route;
import org.apache.camel.ServiceStatus;
import org.apache.camel.builder.TemplatedRouteBuilder;
import org.apache.camel.main.Main;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The feeds and packs of this process, in a Camel of their own. Used by one thread, except for looks. */
public final class Feeds implements AutoCloseable, FeedsHere {
    private static final Logger LOG = LoggerFactory.getLogger(Feeds.class);
    private static final String HTTP = "http";
    private static final String KAFKA = "kafka";
    private static final String FILE = "file";
    private static final String KINESIS = "kinesis";
    private static final long MB = 1_000_000;
    /** Other lanes use the processors, too. */
    private static final int PACK_THREADS = 2;
    /** The share of the heap for requests: one byte in this many. */
    private static final int HEAP_SHARE = 4;

    private final Settings settings;
    private final List<FeedDefinition> feeds;
    private final Spool spool;
    private final Intakes intakes;
    private final Packs packs;
    private final Optional<ObjectPacks> sources;
    private final Main camel;
    private final Sockets sockets;
    private final WatchedReceiver receiver;
    private volatile int port;

    /**
     * Opens the spool.
     *
     * @param mode {@code PACK}: without feeds; packs only if it is told to
     * @throws ConnectorException if there is no lake, or another process has the spool
     */
    public Feeds(Settings settings, Secrets secrets, Mode mode) {
        if (settings.isSample()) {
            throw new ConnectorException(
                    "feeds: no lake is set, and events do not go into the bundled sample.",
                    Problem.NOT_STARTED,
                    "Set lake.root to a folder, such as ./lake, or set s3.bucket.",
                    null);
        }
        this.settings = settings;
        feeds = mode.receives() ? settings.feeds() : List.of();
        feeds.forEach(feed -> feed.secrets().forEach(secrets::add));
        Set<String> inputs = feeds.stream().map(FeedDefinition::input).collect(Collectors.toSet());
        camel = DeliveryCamel.prepare(settings, settings.routes().filesOfFeeds(inputs, settings.hasSources()));
        Lake.create(settings);
        Path folder = Path.of(settings.text("spool.folder"));
        spool = Spool.open(folder, settings.large("spool.max-bytes"));
        try {
            intakes = new Intakes(spool);
            Path temporary = folder.resolve(".packs");
            Packer packer = packer(temporary);
            packer.tidy(spool.datasets());
            packs = new Packs(intakes, packer, new Recipes(settings), this::shelf, due(), Clock.systemUTC());
            LakeCredentials credentials = new LakeCredentials(settings, secrets);
            sources = settings.hasSources()
                    ? Optional.of(sources(credentials, folder, temporary.resolve("sources")))
                    : Optional.empty();
            sources.ifPresent(some -> camel.bind("sources", some));
            camel.bind("lakeCredentials", credentials);
            camel.bind("packs", packs);
            Budget budget = new Budget(Runtime.getRuntime().maxMemory() / HEAP_SHARE);
            Pushes pushes = new Pushes(httpFeeds(), intakes::of, budget);
            Receiver taking = new Receiver(pushes, streams(), intakes::of);
            receiver = new WatchedReceiver(taking);
            camel.bind("receiver", receiver);
            camel.bind("kafka-feed", new KafkaFeeds(of(KAFKA, KafkaFeed::of), taking::positions));
            int longest = settings.integer("feeds.max-line-bytes");
            camel.bind(
                    "folder-feed", new FolderFeeds(of(FILE, feed -> FolderFeed.of(feed, longest)), taking::positions));
            camel.bind(
                    "kinesis-feed",
                    new KinesisFeeds(of(KINESIS, feed -> KinesisFeed.of(feed, settings)), taking::positions));
            sockets = new Sockets(socketFeeds(), budget);
            camel.bind("sockets", sockets);
            camel.bind("nats", Fetch.nats(feeds));
            camel.bind("sqs", Fetch.sqs(feeds, settings));
        } catch (RuntimeException e) {
            spool.close();
            throw e;
        }
    }

    private Packer packer(Path temporary) {
        return new Packer(
                settings.text("pack.compression"),
                settings.integer("pack.memory-mb") * MB,
                PACK_THREADS,
                temporary,
                Path.of(settings.text("feeds.dead-letters-folder")));
    }

    private Packs.Due due() {
        return new Packs.Due(
                settings.integer("pack.max-file-size-mb") * MB,
                Duration.ofSeconds(settings.integer("pack.timeout-seconds")));
    }

    private ObjectPacks sources(LakeCredentials credentials, Path folder, Path scratch) {
        return new ObjectPacks(
                SourceBucket.of(settings, credentials.ofSource()),
                PackedSources.open(settings, folder),
                packer(scratch.resolveSibling("sources-packs")),
                this::shelf,
                due(),
                settings.isTrue("s3source.keep-source"),
                scratch,
                SourceList.history(folder),
                settings.large("spool.max-bytes"),
                settings.integer("feeds.max-line-bytes"));
    }

    private Shelf shelf(DatasetName dataset) {
        return Lake.shelf(
                settings,
                dataset.tenant(),
                dataset.dataset(),
                LakeCredentials.ask(camel.getCamelContext(), dataset.tenant(), dataset.dataset()));
    }

    private List<HttpFeed> httpFeeds() {
        return of(
                HTTP,
                feed -> new HttpFeed(
                        feed.name(),
                        feed.datasets(),
                        format(feed),
                        feed.token(),
                        settings.integer("feeds.max-payload-bytes"),
                        settings.integer("feeds.max-unpacked-bytes"),
                        settings.integer("feeds.max-line-bytes")));
    }

    private Map<String, StreamFeed> streams() {
        return ofStreams()
                .map(feed -> new StreamFeed(
                        feed.name(),
                        feed.datasets().one().orElseThrow(),
                        format(feed),
                        settings.integer("feeds.max-line-bytes")))
                .collect(Collectors.toMap(StreamFeed::name, Function.identity()));
    }

    private List<SocketFeed> socketFeeds() {
        return ofStreams()
                .filter(feed -> feed.parameters().containsKey("port"))
                .map(feed -> new SocketFeed(
                        feed.name(),
                        settings.text("feeds.host"),
                        Integer.parseInt(feed.parameter("port")),
                        Networks.of(feed.parameter("senders")),
                        feed.parameter("tls").equals("true") ? FeedServer.tls(settings) : Optional.empty(),
                        settings.integer("feeds.max-line-bytes")))
                .toList();
    }

    private <F> List<F> of(String input, Function<FeedDefinition, F> kind) {
        return feeds.stream()
                .filter(feed -> feed.input().equals(input))
                .map(kind)
                .toList();
    }

    private Stream<FeedDefinition> ofStreams() {
        return feeds.stream().filter(feed -> !feed.input().equals(HTTP));
    }

    private static Format format(FeedDefinition feed) {
        // Rows of CSV are made events of JSON where they are read.
        return feed.format().equals("csv")
                ? Format.JSON
                : Format.valueOf(feed.format().toUpperCase(Locale.ROOT));
    }

    /** Starts to receive, and to pack what is due. */
    public Feeds start() throws Exception {
        CamelContext context = DeliveryCamel.init(camel);
        if (!httpFeeds().isEmpty()) {
            port = FeedServer.start(context, settings);
        }
        camel.start();
        TemplatedRouteBuilder.builder(context, "feed")
                .routeId("receive")
                .parameter("name", "any")
                .add();
        TemplatedRouteBuilder.builder(context, "pack")
                .routeId("pack")
                .parameter("name", "any")
                .add();
        for (FeedDefinition feed : ofStreams().toList()) {
            TemplatedRouteBuilder.builder(context, "input-" + feed.input())
                    .routeId(routeId(feed))
                    .parameter("name", feed.name())
                    .add();
            LOG.info("Feed {}: {}{}.", feed.name(), feed.input(), listening(feed));
        }
        if (port > 0) {
            LOG.info("Feeds over HTTP: POST http://{}:{}/tenant/dataset.", settings.text("feeds.host"), port);
        }
        return this;
    }

    private String listening(FeedDefinition feed) {
        return feed.parameters().containsKey("port")
                ? " on %s:%d".formatted(settings.text("feeds.host"), port(feed.name()))
                : "";
    }

    private static String routeId(FeedDefinition feed) {
        return "input-%s-%s".formatted(feed.input(), feed.name());
    }

    /** Where a feed over TCP or UDP listens. */
    public int port(String feed) {
        return sockets.ports().getOrDefault(feed, 0);
    }

    /** What has become of the events of each dataset. For any thread. */
    public List<DatasetState> datasets() {
        return spool.datasets().stream().map(DatasetSpool::look).toList();
    }

    @Override
    public Optional<List<DatasetState>> states() {
        return Optional.of(datasets());
    }

    @Override
    public Optional<Spool.Fill> fill() {
        return Optional.of(spool.fill());
    }

    @Override
    public Optional<Sources> sources() {
        return sources.map(packing -> {
            Map<DatasetName, Waiting> waiting = new HashMap<>();
            packing.waiting()
                    .forEach((dataset, each) ->
                            waiting.put(dataset, new Waiting(each.objects(), each.bytes(), each.oldest())));
            return new Sources(waiting, packing.trouble());
        });
    }

    @Override
    public Map<String, Open> open() {
        return feeds.stream()
                .collect(Collectors.toMap(
                        FeedDefinition::name,
                        feed -> new Open(feed, address(feed), trouble(feed), receiver.lastArrival(feed.name())),
                        (one, other) -> one));
    }

    private String address(FeedDefinition feed) {
        String host = settings.text("feeds.host");
        if (feed.input().equals(HTTP)) {
            String scheme = settings.optional("feeds.certificate-file").isPresent() ? "https" : "http";
            return "%s://%s:%d/".formatted(scheme, host, port);
        }
        return port(feed.name()) > 0 ? "%s:%d".formatted(host, port(feed.name())) : "";
    }

    private Optional<String> trouble(FeedDefinition feed) {
        if (feed.input().equals(HTTP)) {
            return port == 0 ? Optional.of("It has not started yet.") : receiver.troubleOfHttp();
        }
        CamelContext context = camel.getCamelContext();
        ServiceStatus status =
                context == null ? null : context.getRouteController().getRouteStatus(routeId(feed));
        return status == null || !status.isStarted()
                ? Optional.of("It has not started yet, or has stopped.")
                : receiver.trouble(feed.name()).or(() -> hindrance(context.getRoute(routeId(feed))));
    }

    private static Optional<String> hindrance(@Nullable Route route) {
        return route != null && route.getConsumer() instanceof FeedConsumer consumer
                ? consumer.hindrance()
                : Optional.empty();
    }

    /** Where its routes run, once it has started. */
    public CamelContext context() {
        return camel.getCamelContext();
    }

    /** The port of the input {@code http}; 0 without such a feed. */
    public int port() {
        return port;
    }

    /** Packs all that is in the spool, and says whether it is all in the lake. Instead of {@link #start}. */
    public boolean packAll() throws Exception {
        camel.configure().setRouteFilterExcludePattern("scheduler:*");
        DeliveryCamel.init(camel);
        camel.start();
        boolean all = packs.packAll();
        return sources.map(ObjectPacks::packAll).orElse(true) && all;
    }

    private void stop(FeedDefinition feed) {
        try {
            if (camel.getCamelContext() != null) {
                camel.getCamelContext().getRouteController().stopRoute(routeId(feed));
            }
        } catch (Exception e) {
            LOG.warn("feed {}: it did not stop ({}).", feed.name(), Failures.describe(e));
        }
    }

    /** Ends requests and the pack under way. What is not packed stays in the spool. */
    @Override
    public void close() {
        // First, so that what it has read can still be stored.
        ofStreams().forEach(this::stop);
        packs.stop();
        sources.ifPresent(ObjectPacks::stop);
        camel.stop();
        sources.ifPresent(ObjectPacks::close);
        intakes.end();
        spool.close();
    }
}
