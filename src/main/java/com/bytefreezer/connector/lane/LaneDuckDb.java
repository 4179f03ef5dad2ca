package com.bytefreezer.connector.lane;

import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.config.ExportDefinition;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.lake.Period;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.query.DuckDb;
import com.bytefreezer.connector.query.Schema;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The DuckDB of a lane's runs, and the columns that it knows before it reads a record. Used by the thread of the run, except
 * {@link #schema} and {@link #keepSchema}, which several threads call.
 */
final class LaneDuckDb {
    /** The number of objects whose columns are read before the first record of a dataset is delivered. */
    private static final int FIRST_LOOK = 500;
    /** The number of objects whose columns are read at a time later on, before the first of them is delivered. */
    private static final int LOOK = 64;

    private final Exports exports;
    private final DatasetName dataset;

    LaneDuckDb(Exports exports, ExportDefinition definition) {
        this.exports = exports;
        dataset = definition.datasetName();
    }

    /** The run's database, which the first call opens. */
    DuckDb of(Run run) {
        if (!run.hasDuckDb()) {
            run.use(open(run, exports.memoryOfLane()));
        }
        return run.duckDb();
    }

    /** A database with the memory of all lanes, ready to read one unit. */
    DuckDb openAlone(Run run) {
        DuckDb duckDb = open(run, exports.memoryAlone());
        duckDb.lock(1);
        return duckDb;
    }

    private DuckDb open(Run run, long memory) {
        return DuckDb.open(
                exports.engine(),
                exports.settings(),
                run.lake.folders(),
                run.credentials(),
                run.hasSmallObjects(),
                run.lookups().beside(run.typicalBytes()),
                memory);
    }

    /** Prepares the first unit, which begins with {@code first}. */
    void lock(Run run, int threads, List<LakeObject> first) {
        try {
            exports.cursor().requireRoom();
        } catch (ConnectorException e) {
            run.tally.missed(first);
            throw e;
        }
        of(run).lock(threads);
    }

    /** The known columns of the dataset. */
    Schema schema() {
        return exports.schemas().of(dataset);
    }

    /** Keeps the columns learned since the last time. */
    void keepSchema() {
        exports.schemas().keep(dataset);
    }

    /** Learns the columns of these objects. */
    void learn(Run run, List<LakeObject> objects) {
        of(run).learn(schema(), objects);
        keepSchema();
    }

    /** Gives a column one type from the first record on: looks at both ends of a dataset that is new here. */
    void learnFirst(Run run) {
        if (!schema().isEmpty()) {
            return;
        }
        List<LakeObject> objects = new ArrayList<>(run.listing.peek(FIRST_LOOK));
        if (objects.size() == FIRST_LOOK) {
            run.lake.newest().map(Period::from).ifPresent(newest -> {
                try (Stream<LakeObject> last = run.lake.objects(newest)) {
                    last.limit(FIRST_LOOK).forEach(objects::add);
                }
            });
        }
        learn(run, objects);
    }

    /** The same objects; learns the columns of some at a time before it returns the first of them. */
    Stream<LakeObject> learned(Run run, Iterator<LakeObject> objects) {
        Deque<LakeObject> ahead = new ArrayDeque<>();
        return Units.each(new Iterator<>() {
            @Override
            public boolean hasNext() {
                return !ahead.isEmpty() || objects.hasNext();
            }

            @Override
            public LakeObject next() {
                if (ahead.isEmpty()) {
                    while (ahead.size() < LOOK && objects.hasNext()) {
                        ahead.add(objects.next());
                    }
                    learn(run, List.copyOf(ahead));
                }
                return ahead.remove();
            }
        });
    }
}
