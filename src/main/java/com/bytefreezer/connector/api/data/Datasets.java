package com.bytefreezer.connector.api.data;

import com.bytefreezer.connector.cage.Watchdog;
import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.control.LakeCredentials;
import com.bytefreezer.connector.cursor.CursorView;
import com.bytefreezer.connector.lake.Credentials;
import com.bytefreezer.connector.lake.Lake;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.lake.Period;
import com.bytefreezer.connector.problem.ApiException;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.query.DuckDb;
import com.bytefreezer.connector.query.LookupTables;
import com.bytefreezer.connector.query.Schema;
import java.nio.file.InvalidPathException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.jspecify.annotations.Nullable;

/**
 * Opens datasets for the API. A listing and its keys are kept for {@value #KEPT_SECONDS} seconds, or {@value #SHARE} times as long as it took, so that one look at a
 * dataset lists it once; a new object appears after that. Safe for use by several threads.
 */
public final class Datasets implements CamelContextAware {
    private static final int KEPT_SECONDS = 10;
    /** Work in parts lasts longer than that, and should not list again for each of them: the most that listings may take of its time. */
    private static final int SHARE = 10;

    private static final int MOST_KEPT = 4;
    /** The known columns of a dataset are small and take long to learn. */
    private static final int MOST_SCHEMAS = 50;
    /** About 25 MB of memory; a lake with one object in 20 minutes has as many after two years. */
    private static final int MOST_OBJECTS = 50_000;
    /** How often a request that waits for another checks whether it must end. */
    private static final int CHECK_MS = 50;
    /** The number of newest objects from which the columns are learned. */
    private static final int SAMPLE = 200;

    private final Settings settings;
    private @Nullable CamelContext routes;
    private final Map<DatasetName, Kept> kept = Collections.synchronizedMap(new Recent<>(MOST_KEPT));

    /** Several looks at a dataset at once need the same: one of them gets it. */
    private final Map<DatasetName, ReentrantLock> turns = Collections.synchronizedMap(new Recent<>(MOST_SCHEMAS));

    /** The same for columns, which must not wait for a long listing. */
    private final Map<DatasetName, ReentrantLock> lessons = Collections.synchronizedMap(new Recent<>(MOST_SCHEMAS));

    private final Map<DatasetName, Schema> schemas = Collections.synchronizedMap(new Recent<>(MOST_SCHEMAS));

    /** @param nanos for how long */
    private record Kept(Dataset dataset, long since, long nanos) {}

    public Datasets(Settings settings) {
        this.settings = settings;
    }

    @Override
    public @Nullable CamelContext getCamelContext() {
        return routes;
    }

    /** Called once, when the bean is created. */
    @Override
    public void setCamelContext(CamelContext routes) {
        this.routes = routes;
    }

    /**
     * The dataset's listing; only the newest objects if there are very many.
     *
     * @param check called during the listing; ends it by throwing
     * @throws ApiException if the names cannot be those of a dataset
     * @throws ConnectorException if there are no keys, or the lake cannot be listed
     */
    Dataset open(@Nullable String tenant, @Nullable String dataset, Runnable check) {
        DatasetName name = name(tenant, dataset);
        ReentrantLock turn = await(turns, name, check);
        try {
            Optional<Dataset> known = known(name);
            if (known.isPresent()) {
                return known.get();
            }
            long began = System.nanoTime();
            Dataset listed = listAll(name, check);
            long now = System.nanoTime();
            kept.put(
                    name,
                    new Kept(listed, now, Math.max(TimeUnit.SECONDS.toNanos(KEPT_SECONDS), SHARE * (now - began))));
            return listed;
        } catch (InvalidPathException e) {
            throw impossible();
        } finally {
            turn.unlock();
        }
    }

    /**
     * As {@link #open}, for a request for the newest partition: unless a listing is kept, it lists no older partitions, and does not
     * wait for a request that does.
     */
    Dataset openNewest(@Nullable String tenant, @Nullable String dataset, Runnable check) {
        DatasetName name = name(tenant, dataset);
        try {
            Optional<Dataset> known = known(name);
            return known.or(() -> listNewest(name, check)).orElseGet(() -> open(tenant, dataset, check));
        } catch (InvalidPathException e) {
            throw impossible();
        }
    }

    private static DatasetName name(@Nullable String tenant, @Nullable String dataset) {
        ApiException.requireNames(tenant, dataset);
        return new DatasetName(Objects.requireNonNull(tenant), Objects.requireNonNull(dataset));
    }

    /** Characters are not in the encoding of this machine's file names. */
    private static ApiException impossible() {
        return ApiException.wrong("tenant_id and dataset_id must be possible file names on this machine.");
    }

    private Optional<Dataset> known(DatasetName name) {
        return Optional.ofNullable(kept.get(name))
                .filter(known -> System.nanoTime() - known.since < known.nanos)
                .map(Kept::dataset);
    }

    private static ReentrantLock await(Map<DatasetName, ReentrantLock> turns, DatasetName name, Runnable check) {
        ReentrantLock turn = turns.computeIfAbsent(name, any -> new ReentrantLock());
        try {
            while (!turn.tryLock(CHECK_MS, TimeUnit.MILLISECONDS)) {
                check.run();
            }
            return turn;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while another request looks at the dataset", e);
        }
    }

    /**
     * A DuckDB that reads this dataset and nothing else; for one request. It first learns the columns of the newest partition, then those of other new objects, so that their order does not depend on the first question.
     */
    DuckDb opened(Dataset dataset, Watchdog.Running running) {
        return opened(dataset, running, LookupTables.NONE);
    }

    /** As above, with these lookups. */
    DuckDb opened(Dataset dataset, Watchdog.Running running, LookupTables lookups) {
        DuckDb duckDb = sandbox(dataset, running, lookups);
        try {
            ReentrantLock turn = await(lessons, dataset.name(), running::check);
            try {
                duckDb.learn(dataset.schema(), sample(dataset.listing().inOrNewest(null, null)));
                duckDb.learn(dataset.schema(), sample(dataset.listing()));
            } finally {
                turn.unlock();
            }
            return duckDb;
        } catch (RuntimeException e) {
            duckDb.close();
            throw e;
        }
    }

    private static List<LakeObject> sample(Listing listing) {
        List<LakeObject> all = listing.objects();
        return all.subList(Math.max(0, all.size() - SAMPLE), all.size());
    }

    /** As above, but without learned columns. */
    DuckDb sandbox(Dataset dataset, Watchdog.Running running) {
        return sandbox(dataset, running, LookupTables.NONE);
    }

    private DuckDb sandbox(Dataset dataset, Watchdog.Running running, LookupTables lookups) {
        DuckDb duckDb =
                DuckDb.open(running.engine(), settings, dataset.folders(), dataset.credentials(), true, lookups);
        duckDb.limitTemporaryFiles(settings.integer("server.max-temporary-bytes"));
        duckDb.lock(Runtime.getRuntime().availableProcessors());
        return duckDb;
    }

    /**
     * If the lake refuses the keys or an object is gone, the next look fetches new keys and lists the dataset again.
     */
    void forget(Dataset dataset, ConnectorException failure) {
        switch (Failures.kind(failure)) {
            case FORBIDDEN, REFUSED, GONE -> kept.remove(dataset.name());
            default -> {}
        }
    }

    /** The keys of the bucket; null for a local folder. */
    @Nullable
    Credentials credentials(String tenant, String dataset) {
        return LakeCredentials.ask(Objects.requireNonNull(routes), tenant, dataset);
    }

    /**
     * The dataset's newest partition, as {@link Lake#newest} finds it.
     *
     * @throws ConnectorException if there are no keys, or the lake cannot be listed
     */
    Optional<Period> newest(DatasetName name) {
        try (Lake lake = Lake.of(settings, name.tenant(), name.dataset(), credentials(name.tenant(), name.dataset()))) {
            return lake.newest();
        }
    }

    /** Empty if no folder names a time, or the newest one has no object. */
    private Optional<Dataset> listNewest(DatasetName name, Runnable check) {
        Credentials credentials = credentials(name.tenant(), name.dataset());
        check.run();
        try (Lake lake = Lake.of(settings, name.tenant(), name.dataset(), credentials)) {
            return lake.newest()
                    .map(period -> list(name, lake, credentials, period.from(), check))
                    .filter(listed -> listed.listing().newest().isPresent());
        }
    }

    private Dataset listAll(DatasetName name, Runnable check) {
        Credentials credentials = credentials(name.tenant(), name.dataset());
        check.run();
        try (Lake lake = Lake.of(settings, name.tenant(), name.dataset(), credentials)) {
            return list(name, lake, credentials, Instant.MIN, check);
        }
    }

    /** @param since a time to leave out partitions that ended before; {@code Instant.MIN} for all */
    private Dataset list(
            DatasetName name, Lake lake, @Nullable Credentials credentials, Instant since, Runnable check) {
        check.run();
        try (Stream<LakeObject> objects = lake.objects(since)) {
            Deque<LakeObject> newest = new ArrayDeque<>();
            long older = 0;
            for (LakeObject object : (Iterable<LakeObject>) objects::iterator) {
                check.run();
                newest.add(object);
                if (newest.size() > MOST_OBJECTS) {
                    newest.remove();
                    older++;
                }
            }
            Schema schema = schema(name);
            schema.learnFolders(newest);
            return new Dataset(
                    name, Listing.of(newest), older, since.equals(Instant.MIN), lake.folders(), credentials, schema);
        }
    }

    /** Starts with the columns that exports of this dataset have learned. */
    private Schema schema(DatasetName name) {
        Schema schema = schemas.computeIfAbsent(name, any -> Schema.of(settings));
        CursorView.of(settings).columns(name).ifPresent(schema::add);
        return schema;
    }
}
