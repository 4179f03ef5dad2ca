package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.lake.LakeObject.Slice;
import com.bytefreezer.connector.problem.ConnectorException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;

/** Records units as delivered. Units that end at the same time share a commit. Safe for use by several threads. */
final class GroupCommit {
    private final Store store;
    private final Counting counting;
    private final LinkedBlockingQueue<Commit> waiting = new LinkedBlockingQueue<>();

    /** The outcome of a unit. */
    enum Outcome {
        RECORDED,
        /** Another replica has the claim by now. */
        LOST,
        /** The store failed; the unit has the failure. */
        FAILED
    }

    /** A unit that waits; guarded by {@link #waiting}. */
    private static final class Commit {
        private final Delivered unit;
        private final String claim;
        private boolean done;
        private Outcome outcome = Outcome.FAILED;

        private Commit(Delivered unit, String claim) {
            this.unit = unit;
            this.claim = claim;
        }
    }

    /** Counts a unit for its run. */
    interface Counting {
        void count(Sql sql, Delivered unit, Counts counts, long objects) throws SQLException;
    }

    GroupCommit(Store store, Counting counting) {
        this.store = store;
        this.counting = counting;
    }

    /** Returns when the unit is on disk or has failed. */
    Outcome record(Delivered unit, String claim) {
        Commit mine = new Commit(unit, claim);
        waiting.add(mine);
        synchronized (waiting) {
            if (!mine.done) {
                recordAll();
            }
            return mine.outcome;
        }
    }

    private void recordAll() {
        List<Commit> together = new ArrayList<>();
        waiting.drainTo(together);
        // All replicas use the same order, so they cannot block each other.
        together.sort(Comparator.comparing((Commit commit) -> commit.unit.lane())
                .thenComparing(commit -> commit.unit.objects().get(0).key()));
        try {
            Set<Commit> held = store.writing(sql -> {
                Set<Commit> recorded = new HashSet<>();
                for (Commit each : together) {
                    if (store.claims().isHeld(sql, each.unit, each.claim)) {
                        record(sql, each.unit);
                        ClaimTable.release(sql, each.claim);
                        recorded.add(each);
                    }
                }
                return recorded;
            });
            together.forEach(each -> each.outcome = held.contains(each) ? Outcome.RECORDED : Outcome.LOST);
        } catch (ConnectorException e) {
            // The consumer would swallow the exception. No one renews the claims now, and they expire.
            together.forEach(each -> each.unit.notRecorded(e));
        } finally {
            together.forEach(each -> each.done = true);
        }
    }

    private void record(Sql sql, Delivered unit) throws SQLException {
        Lane lane = unit.lane();
        int number = LaneTable.number(sql, lane);
        Counts counts = unit.counts();
        DeliveredObjects.put(sql, unit, counts, unit.objects(), true);
        counting.count(
                sql,
                unit,
                counts,
                unit.objects().stream().filter(LakeObject::isCounted).count());
        List<LakeObject> whole = new ArrayList<>();
        for (LakeObject object : unit.objects()) {
            Slice slice = object.slice();
            if (slice == null || DeliveredObjects.joinSlices(sql, unit, object, slice)) {
                whole.add(object.whole());
            }
        }
        KnownObjects.add(sql, number, whole);
        if (unit.listing().isPresent()) {
            LaneTable.set(sql, lane, "listing", unit.listing().get());
        }
    }
}
