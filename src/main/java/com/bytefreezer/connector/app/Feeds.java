package com.bytefreezer.connector.app;

import com.bytefreezer.connector.api.feeds.FeedsElsewhere;
import com.bytefreezer.connector.api.feeds.FeedsHere;
import com.bytefreezer.connector.api.feeds.SourceList;
import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.config.FeedDefinition;
import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.control.LakeCredentials;
import com.bytefreezer.connector.cursor.PackedSources;
import com.bytefreezer.connector.destination.DeliveryCamel;
import com.bytefreezer.connector.lake.Lake;
import com.bytefreezer.connector.lake.Shelf;
import com.bytefreezer.connector.lake.SourceBucket;
import com.bytefreezer.connector.pack.Packer;
import com.bytefreezer.connector.pack.Packs;
import com.bytefreezer.connector.pack.Recipes;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.receive.Intakes;
import com.bytefreezer.connector.signs.Periodic;
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
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.builder.TemplatedRouteBuilder;
import org.apache.camel.main.Main;

/** The feeds and packs of this process, in a Camel of their own. Used by one thread, except for looks. */
public final class Feeds implements AutoCloseable, FeedsHere {
    private static final long MB = 1_000_000;
    /** Other lanes use the processors, too. */
    private static final int PACK_THREADS = 2;

    private static final Duration LOOK = Duration.ofSeconds(1);
    private static final Duration NOTE = Duration.ofSeconds(5);

    private final Settings settings;
    private final Secrets secrets;
    private final OpenFeeds feeds;
    private volatile Optional<FeedFolder> files = Optional.empty();
    private final ScheduledExecutorService looks = Periodic.thread("feeds");
    private final Spool spool;
    private final Intakes intakes;
    private final Packs packs;
    private final Optional<ObjectPacks> sources;
    private final Main camel;

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
        this.secrets = secrets;
        List<FeedDefinition> first = mode.receives() ? settings.feeds() : List.of();
        Set<String> inputs = first.stream().map(FeedDefinition::input).collect(Collectors.toSet());
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
            feeds = new OpenFeeds(settings, secrets, camel, intakes, spool.id(), first);
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
                new Recipes(settings),
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

    /** Starts to receive, and to pack what is due. */
    public Feeds start() throws Exception {
        CamelContext context = DeliveryCamel.init(camel);
        feeds.listen(context);
        camel.start();
        TemplatedRouteBuilder.builder(context, "feed")
                .routeId("receive")
                .parameter("name", "any")
                .add();
        TemplatedRouteBuilder.builder(context, "pack")
                .routeId("pack")
                .parameter("name", "any")
                .add();
        feeds.open();
        Path folder = Path.of(settings.text("spool.folder"));
        FeedFolder watched = new FeedFolder(settings, feeds);
        files = Optional.of(watched);
        each(LOOK, "the files of feeds", watched::look);
        each(NOTE, "the state of the feeds", () -> FeedsElsewhere.write(folder, this, secrets));
        return this;
    }

    private void each(Duration pause, String what, Runnable work) {
        var unused = Periodic.each(pause, looks, what, work);
    }

    /** Where a feed over TCP or UDP listens. */
    public int port(String feed) {
        return feeds.port(feed);
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
        return feeds.all();
    }

    @Override
    public Map<String, String> refused() {
        return files.map(FeedFolder::refused).orElse(Map.of());
    }

    @Override
    public Map<DatasetName, String> failing() {
        return packs.failing();
    }

    /** Where its routes run, once it has started. */
    public CamelContext context() {
        return camel.getCamelContext();
    }

    /** The port of the input {@code http}; 0 without such a feed. */
    public int port() {
        return feeds.httpPort();
    }

    /** Packs all that is in the spool, and says whether it is all in the lake. Instead of {@link #start}. */
    public boolean packAll() throws Exception {
        camel.configure().setRouteFilterExcludePattern("scheduler:*");
        DeliveryCamel.init(camel);
        camel.start();
        boolean all = packs.packAll();
        return sources.map(ObjectPacks::packAll).orElse(true) && all;
    }

    /** Ends requests and the pack under way. What is not packed stays in the spool. */
    @Override
    public void close() {
        stopLooks();
        // First, so that what it has read can still be stored.
        feeds.stop();
        packs.stop();
        sources.ifPresent(ObjectPacks::stop);
        camel.stop();
        sources.ifPresent(ObjectPacks::close);
        intakes.end();
        FeedsElsewhere.remove(Path.of(settings.text("spool.folder")));
        spool.close();
    }

    /** A change of feeds that is under way comes to its end. */
    private void stopLooks() {
        looks.shutdown();
        try {
            if (!looks.awaitTermination(settings.integer("shutdown.timeout-seconds"), TimeUnit.SECONDS)) {
                looks.shutdownNow();
            }
        } catch (InterruptedException e) {
            looks.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
