package com.bytefreezer.connector.operate;

import com.bytefreezer.connector.config.ExportDefinition;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.config.Sync;
import com.bytefreezer.connector.control.LakeCredentials;
import com.bytefreezer.connector.cursor.CursorView;
import com.bytefreezer.connector.cursor.Position;
import com.bytefreezer.connector.delivery.RecordSample;
import com.bytefreezer.connector.lake.Credentials;
import com.bytefreezer.connector.lake.Lake;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.lookup.Lookups;
import com.bytefreezer.connector.operate.Estimate.Selected;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.query.DuckDb;
import com.bytefreezer.connector.query.DuckDbException;
import com.bytefreezer.connector.query.Engine;
import com.bytefreezer.connector.query.LookupTables;
import com.bytefreezer.connector.query.ParsingDuckDb;
import com.bytefreezer.connector.query.Plan;
import com.bytefreezer.connector.query.Query;
import com.bytefreezer.connector.query.Schema;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/**
 * Finds out what a run of an export would do: lists the dataset, reads footers and, of a few objects, the records.
 * Writes nothing and only reads the cursor; it works while another process has the cursor. Safe for use by several
 * threads.
 */
public final class Planner {
    /** The number of objects tried until one can be read for the plan. */
    private static final int PLAN_SAMPLE = 20;

    private final Settings settings;
    private final CamelContext routes;
    private final Supplier<Engine> engine;
    private final Runnable check;

    /**
     * Plans with a DuckDB in this process.
     *
     * @param routes with {@code direct:credentials}
     */
    public Planner(Settings settings, CamelContext routes) {
        this(settings, routes, () -> Engine.HERE, () -> {});
    }

    /**
     * Plans for a person who waits.
     *
     * @param engine where DuckDB runs
     * @param check called again and again; ends the planning by throwing
     */
    Planner(Settings settings, CamelContext routes, Supplier<Engine> engine, Runnable check) {
        this.settings = settings;
        this.routes = routes;
        this.engine = engine;
        this.check = check;
    }

    Settings settings() {
        return settings;
    }

    /** The plan of the next run; an incremental export reads the objects that the cursor does not have. */
    public ExportPlan plan(ExportDefinition export) {
        return plan(export, newOnes(export), object -> true, OptionalLong.empty());
    }

    /**
     * The plan for these objects; ignores the cursor.
     *
     * @param range the objects that count
     * @param counted the number of records that the query selects from them, if known already
     */
    public ExportPlan planAll(ExportDefinition export, Predicate<LakeObject> range, OptionalLong counted) {
        return plan(export, UnaryOperator.identity(), range, counted);
    }

    /**
     * Whether the dataset has an object.
     *
     * @throws ConnectorException if it cannot be listed
     */
    public boolean hasObjects(ExportDefinition export) {
        try (Lake lake = lake(export, credentials(export));
                Stream<LakeObject> objects = lake.objects()) {
            return objects.findFirst().isPresent();
        }
    }

    /** The number of objects that the cursor does not have. */
    long countNew(ExportDefinition export) {
        Tally all = new Tally();
        try (Lake lake = lake(export, credentials(export))) {
            tally(lake, all, object -> true, newOnes(export));
        }
        return all.objects;
    }

    /**
     * Binds the query over the newest object that can be read; does nothing if there is none.
     *
     * @throws ConnectorException if the query does not fit
     */
    public void bind(ExportDefinition export) {
        Credentials credentials = credentials(export);
        try (Lake lake = lake(export, credentials)) {
            Tally all = new Tally();
            tally(lake, all, object -> true);
            if (all.objects > 0) {
                Query query = query(export);
                try (DuckDb duckDb = open(lake, credentials, query)) {
                    plan(duckDb, query, all, learned(export, duckDb, all));
                }
            }
        }
    }

    /**
     * What the query of an export gives: the columns, and some records of the newest object and of a few others. Objects
     * that cannot be read are left out.
     *
     * @return empty if the dataset has no object
     * @throws ConnectorException if the query does not fit, or none of the objects can be read
     */
    public Optional<RecordSample> sample(ExportDefinition export) {
        Query query = query(export);
        Credentials credentials = credentials(export);
        try (Lake lake = lake(export, credentials)) {
            Tally all = new Tally();
            tally(lake, all, object -> true);
            LakeObject newest = all.newest;
            if (newest == null) {
                return Optional.empty();
            }
            try (DuckDb duckDb = open(lake, credentials, query)) {
                Schema schema = learned(export, duckDb, all);
                duckDb.lock(Runtime.getRuntime().availableProcessors());
                SomeRecords records = new SomeRecords();
                Stream.concat(Stream.of(newest), all.spread(SomeRecords.OBJECTS))
                        .distinct()
                        .forEach(object -> {
                            check.run();
                            records.readFrom(duckDb, query, object, schema, settings.omitsNulls());
                        });
                return Optional.of(records.sample(export, newest));
            }
        }
    }

    /** Parses the SQL of an export. */
    public Query query(ExportDefinition export) {
        return query(export.sql());
    }

    Query query(String sql) {
        try (ParsingDuckDb duckDb = ParsingDuckDb.open(engine.get())) {
            return Query.parse(sql, duckDb.connection(), Lookups.of(settings)::mayBe);
        } catch (SQLException e) {
            throw new ConnectorException(
                    "DuckDB does not start (" + DuckDbException.of(e).getMessage() + ").", e);
        }
    }

    private ExportPlan plan(
            ExportDefinition export,
            UnaryOperator<Iterator<LakeObject>> newOnes,
            Predicate<LakeObject> range,
            OptionalLong counted) {
        Query query = query(export);
        Credentials credentials = credentials(export);
        try (Lake lake = lake(export, credentials)) {
            Tally all = new Tally();
            tally(lake, all, range);
            if (all.objects == 0) {
                return ExportPlan.of(
                        "nothing to do: no Parquet objects under " + String.join(" or ", lake.folders()),
                        false,
                        "incremental",
                        "no object",
                        0,
                        0,
                        null,
                        null,
                        true,
                        null,
                        0,
                        1,
                        List.of(),
                        notes(export, query, lake, Schema.of(settings)));
            }
            try (DuckDb duckDb = open(lake, credentials, query)) {
                Schema schema = learned(export, duckDb, all);
                Plan plan = plan(duckDb, query, all, schema);
                Tally read = all;
                if (plan.kind(export.sync()) != Plan.Kind.WHOLE) {
                    read = new Tally();
                    tally(lake, read, range, newOnes);
                }
                Estimate estimate = new Estimate(duckDb, read, check);
                Long rows = estimate.rows();
                duckDb.lock(Runtime.getRuntime().availableProcessors());
                Selected selected = plan.kind(export.sync()) == Plan.Kind.ROW_WISE && rows != null
                        ? estimate.selected(query, schema, settings.omitsNulls(), rows)
                        : Selected.UNKNOWN;
                if (counted.isPresent()) {
                    selected = selected.counted(counted.getAsLong());
                }
                CursorView store = CursorView.of(settings);
                return ExportPlan.of(
                        kind(plan, export.sync()),
                        plan.kind(export.sync()) == Plan.Kind.ROW_WISE,
                        plan.covers(export.sync()),
                        plan.reason(),
                        read.objects,
                        read.bytes,
                        rows,
                        selected.records(),
                        selected.exact(),
                        selected.bytes(),
                        read.partitions,
                        export.batchSize(),
                        store.suspects(export.lane()).setAside(store.queryId(export.lane())),
                        notes(export, query, lake, schema));
            }
        }
    }

    private List<String> notes(ExportDefinition export, Query query, Lake lake, Schema schema) {
        List<String> notes = new ArrayList<>();
        settings.routes()
                .description(export.destination())
                .filter(destination -> !destination.guarantee().isEmpty())
                .ifPresent(destination -> notes.add("%s: %s".formatted(destination.name(), destination.guarantee())));
        Lookups.of(settings)
                .of(query.lookups())
                .tables()
                .forEach(table -> notes.add("lookup %s: %s, version %s"
                        .formatted(table.name(), ExportPlan.counted(table.rows(), "row"), table.version())));
        schema.mixed().forEach(mixed -> notes.add(mixed.toString()));
        notes.addAll(schema.losses());
        if (!lake.skipped().toString().isEmpty()) {
            notes.add(lake.skipped().toString());
        }
        lake.unlisted().forEach(one -> notes.add("Cannot be read: " + one));
        return notes;
    }

    private static String kind(Plan plan, Sync sync) {
        return switch (plan.kind(sync)) {
            case ROW_WISE -> "row-wise: each record once";
            case LIMITED ->
                plan.kind() == Plan.Kind.LIMITED
                        ? "new objects together: each run delivers up to the LIMIT and skips the other new records for good"
                        : "new objects together at each run, because query.sync=incremental";
            case WHOLE ->
                "the whole dataset at each run, because " + (sync == Sync.FULL ? "query.sync=full" : plan.reason());
        };
    }

    /** The columns that a run knows or would learn at its start. */
    Schema learned(ExportDefinition export, DuckDb duckDb, Tally all) {
        Schema schema = Schema.of(settings);
        CursorView.of(settings).columns(export.datasetName()).ifPresent(schema::add);
        duckDb.learn(schema, all.sample);
        return schema;
    }

    private static Plan plan(DuckDb duckDb, Query query, Tally all, Schema schema) {
        List<LakeObject> tried = new ArrayList<>();
        if (all.newest != null) {
            tried.add(all.newest);
        }
        all.sample.stream().limit(PLAN_SAMPLE).forEach(tried::add);
        return duckDb.planWithFirst(query, tried, schema);
    }

    void tally(Lake lake, Tally tally, Predicate<LakeObject> range) {
        tally(lake, tally, range, UnaryOperator.identity());
    }

    void tally(Lake lake, Tally tally, Predicate<LakeObject> range, UnaryOperator<Iterator<LakeObject>> newOnes) {
        try (Stream<LakeObject> objects = lake.objects()) {
            newOnes.apply(objects.peek(object -> check.run()).filter(range).iterator())
                    .forEachRemaining(tally::add);
        }
    }

    DuckDb open(Lake lake, @Nullable Credentials credentials, Query query) {
        LookupTables lookups = Lookups.of(settings).of(query.lookups());
        return DuckDb.open(engine.get(), settings, lake.folders(), credentials, true, lookups);
    }

    Lake lake(ExportDefinition export, @Nullable Credentials credentials) {
        return Lake.of(settings, export.tenant(), export.dataset(), credentials);
    }

    @Nullable
    Credentials credentials(ExportDefinition export) {
        return LakeCredentials.ask(routes, export.tenant(), export.dataset());
    }

    /** The start that the cursor would choose. */
    private UnaryOperator<Iterator<LakeObject>> newOnes(ExportDefinition export) {
        CursorView store = CursorView.of(settings);
        Position position = store.position(export.lane()).orElseGet(this::start);
        return objects -> store.newOnes(position, export.lane(), objects);
    }

    /** The start of an export that has not run yet. */
    private Position start() {
        String start = settings.text("cursor.start");
        Instant from =
                switch (start) {
                    case "earliest" -> Instant.EPOCH;
                    case "latest" -> Position.AFTER_FIRST_LISTING;
                    default -> Instant.parse(start);
                };
        return Position.at(from);
    }
}
