package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.lake.LakeObject;
import java.time.Instant;
import java.util.Iterator;
import java.util.Optional;

/**
 * How far each lane (an export with one of its destinations) is, and what of its dataset is new. Safe for use by several
 * threads.
 *
 * <p>What a lane has delivered it knows for good ({@link KnownObjects}); how many records an object gave is forgotten
 * when its LastModified is older than the watermark less the look-back. The watermark never passes an object that is not
 * delivered.
 */
public final class Lanes {
    private final Store store;
    private final Scope scope;

    Lanes(Store store, Scope scope) {
        this.store = store;
        this.scope = scope;
    }

    /** Where {@code lane} stands; before its first run, at the beginning of everything. */
    public Position position(Lane lane) {
        return store.reading(sql -> LaneTable.find(sql, lane)).orElse(Position.BEGINNING);
    }

    /** Whether {@code lane} has begun. */
    public boolean knows(Lane lane) {
        return store.reading(sql -> LaneTable.find(sql, lane)).isPresent();
    }

    /**
     * Lets a new lane begin; of several replicas the first one decides.
     *
     * @param from what was last modified before is left out; {@link Position#AFTER_FIRST_LISTING}
     */
    public Position begin(Lane lane, Instant from) {
        return store.writing(sql -> {
            LaneTable.begin(sql, lane, from);
            return LaneTable.find(sql, lane).orElseThrow();
        });
    }

    /** Whether the lane has ever listed to the end what its runs list now. */
    public boolean hasListed(Position position) {
        return scope.range().equals(position.listed());
    }

    /**
     * The dataset is listed to its end: moves the watermark and forgets what lies behind the look-back.
     *
     * @param empty whether nothing was listed; then the lane still waits for what lies before its start
     */
    public void advance(Lane lane, Instant watermark, boolean empty) {
        store.writing(sql -> {
            LaneTable.number(sql, lane);
            LaneTable.advance(sql, lane, watermark);
            Position now = LaneTable.find(sql, lane).orElseThrow();
            if (!empty || now.start().equals(Position.AFTER_FIRST_LISTING)) {
                LaneTable.listed(sql, lane, scope.range());
            }
            DeliveredObjects.forgetBefore(sql, lane, now.oldest(scope.lookback()));
            store.claims().forgetLeft(sql, lane);
            return true;
        });
    }

    /**
     * Notes what a whole listing leaves out, for people.
     *
     * @param text empty when that is nothing
     */
    public void leavesOut(Lane lane, String text) {
        if (!text.equals(store.reading(sql -> LaneTable.leftOut(sql, lane)))) {
            store.writing(sql -> {
                LaneTable.set(sql, lane, "left_out", text);
                return true;
            });
        }
    }

    /**
     * Where a clock was ahead, and is put right: nothing of the lane lies after {@code now} any more.
     *
     * @return where it stands now
     */
    public Position notAfter(Lane lane, Instant now) {
        return store.writing(sql -> {
            LaneTable.notAfter(sql, lane, now);
            return LaneTable.find(sql, lane).orElseThrow();
        });
    }

    /** Those that are still to be delivered, in their order; found while they are asked for, some at a time. */
    public NewObjects newOnes(Position position, Lane lane, Iterator<LakeObject> objects) {
        return new NewObjects(
                lane,
                store,
                learned -> store.noting(sql -> {
                    KnownObjects.add(sql, LaneTable.number(sql, lane), learned);
                    return true;
                }),
                position.leftOutBefore(scope),
                objects);
    }

    /** What of a lane was begun by processes that died. To be asked while the lane delivers nothing here. */
    public Suspects suspects(Lane lane) {
        return store.reading(sql -> ClaimTable.suspects(sql, lane));
    }

    /** What of a lane is set aside is tried again at its next run. How many objects are. */
    public int retrySetAside(Lane lane) {
        return store.writing(sql -> ClaimTable.retry(sql, lane));
    }

    /** Forgets everything: all exports begin anew. */
    public void reset() {
        store.writing(sql -> {
            sql.execute(
                    "DELETE FROM object",
                    "DELETE FROM known",
                    "DELETE FROM lane_query",
                    "DELETE FROM lane",
                    "DELETE FROM claim");
            return true;
        });
    }

    /** Forgets what one lane has delivered: it begins anew. */
    public void reset(Lane lane) {
        store.writing(sql -> {
            Optional<Integer> number = LaneTable.findNumber(sql, lane);
            if (number.isPresent()) {
                KnownObjects.forget(sql, number.get());
            }
            DeliveredObjects.forget(sql, lane);
            ClaimTable.forget(sql, lane);
            LaneTable.forget(sql, lane);
            return true;
        });
    }
}
