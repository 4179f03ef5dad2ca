package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.lake.LakeObject;
import java.time.Instant;
import java.util.Iterator;
import java.util.Optional;

/**
 * The progress of each lane (an export with one of its destinations), and which objects of its dataset are new. Safe
 * for use by several threads.
 *
 * <p>A lane knows for good what it has delivered ({@link KnownObjects}). It forgets the record count of an object whose
 * LastModified is before the watermark less the look-back. The watermark never passes an undelivered object.
 */
public final class Lanes {
    private final Store store;
    private final Scope scope;

    Lanes(Store store, Scope scope) {
        this.store = store;
        this.scope = scope;
    }

    /** The position of {@code lane}; before its first run, the beginning of everything. */
    public Position position(Lane lane) {
        return store.reading(sql -> LaneTable.find(sql, lane)).orElse(Position.BEGINNING);
    }

    /** Whether {@code lane} has started. */
    public boolean knows(Lane lane) {
        return store.reading(sql -> LaneTable.find(sql, lane)).isPresent();
    }

    /**
     * Starts a new lane; the first of several replicas decides where.
     *
     * @param from objects last modified before this are left out; {@link Position#AFTER_FIRST_LISTING}
     */
    public Position begin(Lane lane, Instant from) {
        return store.writing(sql -> {
            LaneTable.begin(sql, lane, from);
            return LaneTable.find(sql, lane).orElseThrow();
        });
    }

    /** Whether the lane has ever completed a listing of the range that its runs list now. */
    public boolean hasListed(Position position) {
        return scope.range().equals(position.listed());
    }

    /**
     * Records a complete listing: moves the watermark and forgets counts older than the look-back.
     *
     * @param empty whether the listing was empty; then the lane's start still matters
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
     * Records what a full listing left out, for people.
     *
     * @param text empty if nothing
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
     * Corrects a lane after a clock was ahead: none of its times is after {@code now} any more.
     *
     * @return the new position
     */
    public Position notAfter(Lane lane, Instant now) {
        return store.writing(sql -> {
            LaneTable.notAfter(sql, lane, now);
            return LaneTable.find(sql, lane).orElseThrow();
        });
    }

    /** The objects still to be delivered, in the same order; looked up lazily, some at a time. */
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

    /** The objects of a lane that dead processes had started. Call it while the lane delivers nothing here. */
    public Suspects suspects(Lane lane) {
        return store.reading(sql -> ClaimTable.suspects(sql, lane));
    }

    /** Lets the lane's next run try again what is set aside. Returns the number of objects. */
    public int retrySetAside(Lane lane) {
        return store.writing(sql -> ClaimTable.retry(sql, lane));
    }

    /** Forgets everything: all exports start again from the beginning. */
    public void reset() {
        store.writing(sql -> {
            sql.execute(
                    "DELETE FROM object",
                    "DELETE FROM known",
                    "DELETE FROM lane_query",
                    "DELETE FROM lane",
                    "DELETE FROM lane_lookup",
                    "DELETE FROM claim");
            return true;
        });
    }

    /** Forgets what one lane has delivered: it starts again from the beginning. */
    public void reset(Lane lane) {
        store.writing(sql -> {
            Optional<Integer> number = LaneTable.findNumber(sql, lane);
            if (number.isPresent()) {
                KnownObjects.forget(sql, number.get());
            }
            DeliveredObjects.forget(sql, lane);
            ClaimTable.forget(sql, lane);
            LaneLookups.forget(sql, lane);
            LaneTable.forget(sql, lane);
            return true;
        });
    }
}
