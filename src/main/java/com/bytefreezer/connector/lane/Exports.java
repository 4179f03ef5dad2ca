package com.bytefreezer.connector.lane;

import com.bytefreezer.connector.config.ExportDefinition;
import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.cursor.Cursor;
import com.bytefreezer.connector.log.RecentLines;
import com.bytefreezer.connector.lookup.LookupVersions;
import com.bytefreezer.connector.lookup.Lookups;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.query.Engine;
import com.bytefreezer.connector.query.MemoryLimit;
import com.bytefreezer.connector.query.ParsingDuckDb;
import com.bytefreezer.connector.query.PinnedTypes;
import com.bytefreezer.connector.query.Query;
import com.bytefreezer.connector.query.RunDataSource;
import com.bytefreezer.connector.query.SharedReading;
import com.bytefreezer.connector.signs.Signs;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Semaphore;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Everything that the exports of this process share. Safe for use by several threads. */
public final class Exports {
    private final Settings settings;
    private final Lookups lookups;
    private final LookupVersions versions;
    private final Map<Lane, Hunt> hunts = new ConcurrentHashMap<>();
    private final Cursor cursor;
    private final boolean watch;
    private final ConcurrentMap<Lane, Export> lanes = new ConcurrentHashMap<>();
    private final Readings readings = new Readings();
    private final MemoryLimit memory;
    /** Held by the one object of the process that is read alone, with more memory. */
    private final Semaphore alone = new Semaphore(1, true);

    private final Company company = new Company();

    private final Schemas schemas;
    private final LaneThreads threads = new LaneThreads();
    private final Turns turns;
    private final RunDataSource dataSource = new RunDataSource();
    private volatile Map<String, String> refused = Map.of();
    private volatile Map<String, String> without = Map.of();
    /** By the names of the exports. */
    private final Map<String, String> files = new ConcurrentHashMap<>();

    private final Signs signs = new Signs();
    private volatile boolean stopping;
    private volatile boolean quiet;
    private final Engine engine;
    /** By their text: exports with many datasets share one. */
    private final Map<String, Query> queries = new ConcurrentHashMap<>();

    /**
     * The exports of one process.
     *
     * @param watch whether they run again and again
     */
    public Exports(Settings settings, Cursor cursor, boolean watch) {
        this(settings, cursor, watch, Engine.HERE);
    }

    /** @param engine where DuckDB runs */
    public Exports(Settings settings, Cursor cursor, boolean watch, Engine engine) {
        this.engine = engine;
        this.settings = settings;
        lookups = Lookups.of(settings);
        versions = LookupVersions.of(settings);
        this.cursor = cursor;
        this.watch = watch;
        memory = engine.equals(Engine.HERE)
                ? MemoryLimit.of(settings)
                : new MemoryLimit(MemoryLimit.ofQuery(settings), false);
        schemas = new Schemas(settings, cursor);
        turns = new Turns(settings.integer("export.parallel-lanes"), threads);
    }

    /**
     * Creates a lane for each of {@code definitions}.
     *
     * @throws ConnectorException with all problems of their queries
     */
    public void add(Collection<ExportDefinition> definitions) {
        check(definitions, Problem.NOTHING_EXPORTED);
        definitions.forEach(this::put);
    }

    /**
     * Only checks the queries.
     *
     * @param effect what the connector does about a problem, as part of the exception's text
     */
    public void check(Collection<ExportDefinition> definitions, String effect) {
        List<String> unknown = definitions.stream()
                .map(ExportDefinition::sql)
                .distinct()
                .filter(sql -> !queries.containsKey(sql))
                .toList();
        if (unknown.isEmpty()) {
            return;
        }
        try (ParsingDuckDb duckDb = ParsingDuckDb.open(engine)) {
            PinnedTypes.check(settings, duckDb.connection());
            Set<String> problems = new LinkedHashSet<>();
            ConnectorException first = null;
            for (ExportDefinition definition : definitions) {
                try {
                    queries.computeIfAbsent(
                            definition.sql(), sql -> Query.parse(sql, duckDb.connection(), lookups::mayBe));
                } catch (ConnectorException e) {
                    problems.add("export %s: %s".formatted(definition.name(), e.saying(effect)));
                    first = first == null ? e : first;
                }
            }
            if (first != null) {
                throw new ConnectorException(String.join(" ", problems), first);
            }
        } catch (SQLException e) {
            throw new ConnectorException("DuckDB does not end (" + e.getMessage() + ").", e);
        }
    }

    /** Adds the files of exports to messages. */
    public void describedIn(Map<String, String> filesOfExports) {
        files.putAll(filesOfExports);
    }

    /** The first words of all messages of a lane. */
    String subject(ExportDefinition lane) {
        String file = files.get(lane.export());
        return "%s, export %s%s".formatted(lane.destination(), lane.name(), file == null ? "" : " (" + file + ")");
    }

    /** Creates the lane of a checked definition, or replaces the lane of the same name. */
    void put(ExportDefinition definition) {
        Query query = Objects.requireNonNull(queries.get(definition.sql()), definition.sql());
        Export before = lanes.put(definition.lane(), new Export(this, definition, query));
        if (before == null) {
            readings.added(definition.name());
        }
    }

    void remove(Lane lane) {
        Export gone = lanes.remove(lane);
        if (gone != null) {
            readings.removed(gone.definition().name());
            threads.forget(lane);
        }
    }

    /** Forgets the queries that no lane and none of {@code definitions} uses. */
    void forgetQueriesBut(Collection<ExportDefinition> definitions) {
        Set<String> used = new HashSet<>();
        definitions.forEach(one -> used.add(one.sql()));
        all().forEach(lane -> used.add(lane.definition().sql()));
        queries.keySet().retainAll(used);
    }

    /** The lane of this name, if there is one. */
    public Optional<Export> find(Lane lane) {
        return Optional.ofNullable(lanes.get(lane));
    }

    /** @param problems the problems of exports and their files, by the exports' names */
    void refuse(Map<String, String> problems) {
        refused = Map.copyOf(problems);
    }

    /** @param exports those without datasets, by their names, with a line about each */
    void without(Map<String, String> exports) {
        without = Map.copyOf(exports);
    }

    /** The problem of an export or its file; the export does not run, or not as the file says. */
    public Optional<String> refusal(String export) {
        return Optional.ofNullable(refused.get(export));
    }

    /** The same, or that the export has no dataset. */
    public Optional<String> problem(String export) {
        return refusal(export).or(() -> Optional.ofNullable(without.get(export)));
    }

    /** All lanes, and one without a destination for each export that cannot run because of its file. */
    public List<ExportDefinition> definitions() {
        List<ExportDefinition> all =
                new ArrayList<>(all().stream().map(Export::definition).toList());
        Set<String> present = all.stream().map(ExportDefinition::export).collect(Collectors.toSet());
        Stream.concat(refused.keySet().stream(), without.keySet().stream())
                .filter(name -> !present.contains(name))
                .distinct()
                .sorted()
                .map(ExportDefinition::refused)
                .forEach(all::add);
        return all;
    }

    /** Lets no further batch start; those in flight are finished. */
    public void stop() {
        stopping = true;
        turns.endWaiting();
        cursor.stopping();
    }

    /** The signs: what the exports wait for. */
    public Signs signs() {
        return signs;
    }

    /** Closes the runs that a stop has broken off, because their routes cannot. */
    public void close() {
        threads.close();
        lanes.values().forEach(Export::closeIfRunning);
    }

    Engine engine() {
        return engine;
    }

    /** Shows no progress bar from now on. */
    public void quiet() {
        quiet = true;
    }

    /** All exports, each with one destination, by lane. */
    public Collection<Export> all() {
        Map<Lane, Export> sorted = new TreeMap<>(lanes);
        return sorted.values();
    }

    /**
     * The LastModified of the oldest object that the run of {@code lane} has begun and not delivered; empty between two
     * runs, or if there is none.
     */
    public Optional<Instant> oldestInFlight(Lane lane) {
        return Optional.ofNullable(lanes.get(lane)).flatMap(Export::soFar).map(Run.Result::oldestUndelivered);
    }

    /** The shared reading of the lanes of one export; none if there is only one lane. */
    Optional<SharedReading> sharedReading(ExportDefinition one) {
        return readings.of(one.name());
    }

    /**
     * The number of objects of {@code lane} that are found and not delivered: by this run, or, until it finds any, by
     * the last one.
     */
    public long undelivered(Lane lane) {
        Export export = get(lane);
        return export.soFar()
                .map(Run.Result::undelivered)
                .filter(count -> count > 0)
                .orElseGet(() -> export.result().undelivered());
    }

    /** The data source of the {@code jdbc:} endpoint. */
    public RunDataSource dataSource() {
        return dataSource;
    }

    /** Whose turn it is. */
    public Turns turns() {
        return turns;
    }

    /** The last lines that were logged for a lane. */
    public RecentLines lines(Lane lane) {
        return threads.lines(lane);
    }

    /** The threads that read objects, with a limit for each lane. */
    public ExecutorService readers() {
        return threads.poolOfEachLane(settings.integer("export.parallel-objects"));
    }

    /** The threads that deliver batches, with a limit for each lane. */
    public ExecutorService deliverers() {
        return threads.poolOfEachLane(settings.integer("delivery.max-in-flight"));
    }

    /** One of {@link #all}. */
    public Export get(Lane lane) {
        return Objects.requireNonNull(lanes.get(lane), lane::toString);
    }

    /** The memory that DuckDB may use, as text for a person. */
    public String describeMemory() {
        return memory.describe(atATime());
    }

    /** Memory in bytes for the DuckDB of one lane's run. */
    long memoryOfLane() {
        return memory.each(atATime());
    }

    /** Memory in bytes for the DuckDB of an object that is read alone. */
    long memoryAlone() {
        return memory.alone(atATime());
    }

    /** The most lanes that run at the same time. */
    private int atATime() {
        long destinations = lanes.values().stream()
                .map(lane -> lane.definition().destination())
                .distinct()
                .count();
        return (int) Math.min(lanes.size(), destinations * settings.integer("export.parallel-lanes"));
    }

    /** Held while an object is read alone. */
    Semaphore alone() {
        return alone;
    }

    /** The units that all lanes deliver at this moment. */
    Company company() {
        return company;
    }

    Settings settings() {
        return settings;
    }

    /** From now on the runs of these lanes are hunts. */
    public void hunt(Lane lane, Hunt hunt) {
        hunts.put(lane, hunt);
    }

    Optional<Hunt> huntOf(Lane lane) {
        return Optional.ofNullable(hunts.get(lane));
    }

    Lookups lookups() {
        return lookups;
    }

    LookupVersions lookupVersions() {
        return versions;
    }

    Schemas schemas() {
        return schemas;
    }

    Cursor cursor() {
        return cursor;
    }

    boolean isWatch() {
        return watch;
    }

    boolean isQuiet() {
        return quiet;
    }

    boolean isStopping() {
        return stopping;
    }
}
