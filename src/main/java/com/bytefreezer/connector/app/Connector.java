package com.bytefreezer.connector.app;

import com.bytefreezer.connector.api.feeds.FeedsHere;
import com.bytefreezer.connector.cage.Cage;
import com.bytefreezer.connector.config.DatasetChoice;
import com.bytefreezer.connector.config.ExportDefinition;
import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.control.DatasetFinder;
import com.bytefreezer.connector.control.Instance;
import com.bytefreezer.connector.control.LakeCredentials;
import com.bytefreezer.connector.cursor.Cursor;
import com.bytefreezer.connector.cursor.History;
import com.bytefreezer.connector.delivery.Circuit;
import com.bytefreezer.connector.delivery.DatasetCheck;
import com.bytefreezer.connector.delivery.DeadLetters;
import com.bytefreezer.connector.delivery.Deliveries;
import com.bytefreezer.connector.delivery.Retries;
import com.bytefreezer.connector.destination.DeliveryCamel;
import com.bytefreezer.connector.destination.NamedDestination;
import com.bytefreezer.connector.http.HttpServer;
import com.bytefreezer.connector.lake.Lake;
import com.bytefreezer.connector.lane.Export;
import com.bytefreezer.connector.lane.ExportFolder;
import com.bytefreezer.connector.lane.Exports;
import com.bytefreezer.connector.lane.RunProgress;
import com.bytefreezer.connector.lane.Schedule;
import com.bytefreezer.connector.metrics.Metrics;
import com.bytefreezer.connector.operate.ExportAlerts;
import com.bytefreezer.connector.operate.ExportHealth;
import com.bytefreezer.connector.operate.FeedAlerts;
import com.bytefreezer.connector.operate.FeedHealth;
import com.bytefreezer.connector.operate.Lookout;
import com.bytefreezer.connector.operate.Lookup;
import com.bytefreezer.connector.operate.Notifications;
import com.bytefreezer.connector.operate.Operations;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.text.Secrets;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.apache.camel.CamelContext;
import org.apache.camel.main.Main;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The running exports: Camel with the route files, and the beans they use. In watch mode it also serves the API. */
public final class Connector implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Connector.class);

    private final Main camel;
    private final Cage cage;
    private final Cursor cursor;
    public final Exports exports;
    private final Settings settings;
    private final Secrets secrets;
    private final History history;
    private volatile @Nullable Schedule schedule;
    private final Mode mode;
    private final boolean serves;
    private final ExportFolder folder;
    private final ExportHealth health;
    public final Operations operations;
    public final Metrics metrics;
    private final Optional<Tracing> tracing;
    private final Lookout lookout;
    private final Optional<RetroHunts> hunts;
    private final Optional<Notifications> notifications;
    private final Optional<OwnFeeds> feeds;
    private final FeedHealth feedHealth;
    private final Deliveries deliveries;
    /** The destinations whose routes exist from the start. */
    private final Set<String> loaded;
    /** Why datasets are missing from a run that is not repeated, by export. */
    private final Map<String, String> unknown = new TreeMap<>();

    /**
     * Prepares everything; {@link #start} starts the work.
     *
     * @param cursor closed with the connector
     * @param mode batch or watch
     */
    public Connector(Settings settings, Secrets secrets, Cursor cursor, Mode mode) {
        this(settings, secrets, cursor, mode, mode.serves(), mode == Mode.WATCH);
    }

    private Connector(Settings settings, Secrets secrets, Cursor cursor, Mode mode, boolean serves, boolean receives) {
        this.serves = serves;
        metrics = serves ? Metrics.ofProcess(Version.number()) : new Metrics();
        this.settings = settings;
        this.secrets = secrets;
        this.mode = mode;
        loaded = settings.destinations();
        this.cursor = cursor;
        history = cursor.history();
        exports = new Exports(settings, cursor, mode == Mode.WATCH);
        DeadLetters deadLetters = new DeadLetters(settings.deadLettersFolder());
        Volumes.warnOfSeveral(settings);
        deliveries = Deliveries.ofExports(settings, cursor, deadLetters, exports.signs());
        Circuit circuit = new Circuit(exports.signs());
        List<Path> files = serves ? settings.routeFiles() : settings.routeFilesOfRuns();
        camel = ExportCamel.prepare(settings, files, exports, cursor, deliveries, circuit, metrics);
        camel.bind("secrets", secrets);
        cage = new Cage(settings);
        camel.bind("cage", cage);
        tracing = Tracing.of(camel, settings, secrets);
        operations = Operations.ofRunning(
                settings, deadLetters, exports, cursor, history, () -> schedule, camel::getCamelContext);
        camel.bind("operations", operations);
        camel.bind("watch", new WatchHere(settings, secrets, operations, false));
        health = new ExportHealth(operations.status(), settings.integer("health-reporting.max-lag-seconds"));
        lookout = new Lookout(exports, cursor, () -> deliveries.sayRefusals(false));
        DatasetFinder finder = new DatasetFinder(settings, camel::getCamelContext);
        LakeCredentials credentials = new LakeCredentials(settings, secrets, exports.signs());
        folder = new ExportFolder(settings, exports, new ExportFolder.Surroundings() {
            @Override
            public void require(String destination) {
                load(destination);
            }

            @Override
            public void added(Lane lane) {
                health.measure(lane, exports, metrics);
            }

            @Override
            public Lake.Found find(DatasetChoice choice) {
                return finder.find(choice);
            }

            @Override
            public void unused(String tenant, String dataset) {
                credentials.forget(tenant, dataset);
            }

            @Override
            public void removed(Lane lane) {
                metrics.remove(lane);
                exports.signs().forget(lane);
                circuit.forget(lane);
                deliveries.forget(lane);
                lookout.forget(lane);
            }
        });
        hunts = mode == Mode.WATCH && settings.optional("lookups.retro-hunt").isPresent()
                ? Optional.of(new RetroHunts(settings, secrets, exports, cursor.lookups()))
                : Optional.empty();
        feeds = receives ? Optional.of(new OwnFeeds(settings, secrets, mode)) : Optional.empty();
        feedHealth = new FeedHealth(settings, feedsHere());
        metrics.measure(feedHealth);
        notifications = !mode.exports() || settings.notifications().isEmpty()
                ? Optional.empty()
                : Optional.of(new Notifications(
                        settings,
                        secrets,
                        List.of(
                                new ExportAlerts(settings, operations.status(), history, cursor.alerts()),
                                new FeedAlerts(settings, feedHealth))));
        camel.bind("feedsHere", feedsHere());
        camel.bind("connector", this);
        camel.bind("lakeCredentials", credentials);
        Volumes.measure(settings, metrics);
    }

    FeedsHere feedsHere() {
        return feeds.isPresent() ? feeds.get() : FeedsHere.NONE;
    }

    /** Adds the route of a destination that an export names for the first time. */
    private void load(String destination) {
        CamelContext context = camel.getCamelContext();
        if (loaded.contains(destination) || context.hasEndpoint("direct:destination-" + destination) != null) {
            return;
        }
        if (settings.routes().isNamed(destination)) {
            NamedDestination.add(context, settings, destination);
            return;
        }
        try {
            PluginHelper.getRoutesLoader(context)
                    .loadRoutes(ResourceHelper.resolveResource(
                            context, "file:" + settings.routes().fileOf(destination)));
        } catch (Exception e) {
            throw new ConnectorException(
                    "destination %s cannot be set up (%s).".formatted(destination, Failures.describe(e)), e);
        }
    }

    /**
     * For an export from the page: it runs once, without a progress bar.
     *
     * @param cursor closed with the connector
     */
    public static Connector once(Settings settings, Secrets secrets, Cursor cursor) {
        Connector connector = new Connector(settings, secrets, cursor, Mode.BATCH);
        connector.exports.quiet();
        return connector;
    }

    /**
     * A watch in a process that serves the page already.
     *
     * @param cursor closed with the connector
     * @param receives whether it runs feeds, too
     */
    static Connector beside(Settings settings, Secrets secrets, Cursor cursor, boolean receives) {
        return new Connector(settings, secrets, cursor, Mode.WATCH, false, receives);
    }

    /** The progress of the exports in their current or last run. */
    public Collection<RunProgress> progress() {
        return exports.all().stream().map(Export::progress).toList();
    }

    /** The retries in the current runs, by HTTP status or kind of failure. */
    public Map<String, Long> retries() {
        Map<String, Long> all = new TreeMap<>();
        // Unknown while the routes start and stop.
        Retries retries = camel.lookup("retries", Retries.class);
        if (retries == null) {
            return all;
        }
        exports.all()
                .forEach(one -> retries.of(one.lane()).forEach((code, count) -> all.merge(code, count, Long::sum)));
        return all;
    }

    /** Starts the routes and a trigger for each export to each of its destinations. */
    public Schedule start() throws Exception {
        return start(lane -> true);
    }

    /** Starts the routes, and a trigger for each of {@code lanes}. */
    public Schedule start(Predicate<Lane> lanes) throws Exception {
        CamelContext context = DeliveryCamel.init(camel);
        NamedDestination.addAll(context, settings, loaded);
        Optional<HttpServer> server = serves
                ? Optional.of(HttpServer.startSomewhere(
                        context, settings, () -> operations.whyNotReady().or(feedHealth::whyNotReady)))
                : Optional.empty();
        server.ifPresent(one -> context.getRegistry()
                .bind(
                        "instance",
                        new Instance(
                                settings, mode, Version.number(), one.port(), health::condition, feedHealth::roles)));
        Schedule timing = schedule(context, lanes);
        camel.start();
        if (exports.all().stream().map(Export::lane).anyMatch(lanes)) {
            LOG.info("{}.", exports.describeMemory());
        }
        exports.definitions().stream()
                .filter(one -> lanes.test(one.lane()) && !one.enabled())
                .map(one -> one.lane().ofAll())
                .distinct()
                .forEach(one -> LOG.info("export {}: paused in its file (enabled: false). It does not run.", one));
        schedule = timing;
        exports.definitions().forEach(one -> health.measure(one.lane(), exports, metrics));
        history.addKilled(cursor.pulse().name());
        lookout.start();
        hunts.ifPresent(RetroHunts::start);
        notifications.filter(any -> mode == Mode.WATCH).ifPresent(Notifications::start);
        if (feeds.isPresent()) {
            feeds.get().start();
        }
        // Who reads it may send at once.
        server.ifPresent(HttpServer::announce);
        ExportCamel.addRoute(context);
        context.getRouteController().startRoute("trigger");
        return timing;
    }

    /** Applies changes of the exports' files, if they are watched, and opens the first feed. */
    public void look() {
        Schedule timing = schedule;
        if (mode == Mode.WATCH && timing != null) {
            folder.look(timing);
            feeds.ifPresent(OwnFeeds::look);
        }
    }

    /** Reads the files of exports; fails if one is wrong. */
    private List<ExportDefinition> checked() {
        List<ExportDefinition> all = settings.exports();
        exports.check(all, Problem.NOTHING_EXPORTED);
        exports.describedIn(settings.exportFiles(Set.of()).files());
        return all;
    }

    /** The lanes of a run that is not repeated. */
    private void addAll() throws Exception {
        List<ExportDefinition> all = checked();
        if (all.stream().noneMatch(ExportDefinition::isChoice)) {
            exports.add(all);
            return;
        }
        try (Lookup lookup = new Lookup(settings, secrets)) {
            Lookup.Lanes lanes = lookup.lanes(all);
            exports.add(lanes.exports());
            lanes.without().forEach((export, why) -> LOG.warn("export {}: {}", export, why));
            unknown.putAll(lanes.unknown());
        }
    }

    /** Creates the lanes and the schedule of {@code lanes}. */
    private Schedule schedule(CamelContext context, Predicate<Lane> lanes) throws Exception {
        if (mode == Mode.WATCH) {
            folder.begin();
        } else {
            addAll();
        }
        return bindSchedule(context, lanes);
    }

    private Schedule bindSchedule(CamelContext context, Predicate<Lane> lanes) {
        Retries retries = context.getRegistry().lookupByNameAndType("retries", Retries.class);
        retries.tell((lane, code) -> metrics.lane(lane).retried(code));
        Schedule timing = new Schedule(settings, lanes, exports, retries, history, secrets);
        unknown.forEach(timing::missing);
        context.getRegistry().bind("schedule", timing);
        return timing;
    }

    /**
     * Loads the routes with everything they name; starts none of them.
     *
     * @throws Exception if that fails
     */
    public void load() throws Exception {
        camel.addOverrideProperty("camel.main.autoStartup", "false");
        CamelContext context = DeliveryCamel.init(camel);
        NamedDestination.addAll(context, settings, loaded);
        checked();
        bindSchedule(context, lane -> false);
        camel.start();
    }

    /** Checks the names that the destinations give to datasets; the routes must be {@link #load}ed. */
    public void requireNames(ExportDefinition export) {
        DatasetCheck.require(camel.getCamelContext(), export);
    }

    /** Of a run that is not repeated; a watch has looked all the time. */
    private void lastLook(Notifications telling) {
        if (mode == Mode.BATCH) {
            telling.look();
        }
        telling.close();
    }

    /** Finishes the batches in flight, within {@code shutdown.timeout-seconds}, and closes everything. */
    @Override
    public void close() {
        feeds.ifPresent(OwnFeeds::close);
        exports.stop();
        hunts.ifPresent(RetroHunts::close);
        CamelContext context = camel.getCamelContext();
        Instance.leave(context);
        camel.stop();
        if (context != null && context.getShutdownStrategy().isTimeoutOccurred()) {
            LOG.warn(
                    "Some batches in flight did not finish within {} s (shutdown.timeout-seconds). The next start delivers them.",
                    settings.text("shutdown.timeout-seconds"));
        }
        exports.close();
        deliveries.sayRefusals(true);
        notifications.ifPresent(this::lastLook);
        folder.close();
        lookout.close();
        cage.close();
        tracing.ifPresent(Tracing::close);
        metrics.close();
        cursor.close();
    }
}
