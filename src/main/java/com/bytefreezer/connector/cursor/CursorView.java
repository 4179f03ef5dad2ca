package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.cursor.Pulse.Seen;
import com.bytefreezer.connector.lake.LakeObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * How far each lane is, for who only looks, whichever process has the cursor. Changes nothing and takes no lock; a cursor
 * that is not there yet is empty. Opens a connection for each call and holds nothing. Safe for use by several threads.
 */
public final class CursorView {
    private final Visit store;
    private final Scope scope;

    CursorView(Visit store, Scope scope) {
        this.store = store;
        this.scope = scope;
    }

    /** Of the cursor that the settings name. */
    public static CursorView of(Settings settings) {
        return new CursorView(Visit.of(settings), Scope.of(settings));
    }

    /** Of the cursor in this file. */
    public static CursorView of(Path file) {
        return new CursorView(new Visit(SqliteAddress.of(file)), new Scope("", Duration.ZERO));
    }

    /** How the runs of each lane went. */
    public History history() {
        return new History(store);
    }

    /** All lanes that have begun, or tried to. */
    public Set<Lane> lanes() {
        List<Lane> lanes = store.reading(sql -> sql.list(
                "SELECT name FROM lane UNION SELECT lane FROM run UNION SELECT lane FROM lane_user", Sql.Row::lane));
        return new TreeSet<>(lanes);
    }

    /** Where a lane stands, when it has begun. */
    public Optional<Position> position(Lane lane) {
        return store.reading(sql -> LaneTable.find(sql, lane));
    }

    /** Whether the lane has ever delivered an object, or found one that was there before it began. */
    public boolean hasSeenObjects(Lane lane) {
        return store.reading(sql -> {
            Optional<Position> position = LaneTable.find(sql, lane);
            // A query over the whole dataset notes the listing, and no object.
            return position.isPresent() && (position.get().listing() != null || KnownObjects.hasAny(sql, lane));
        });
    }

    /** What the last whole listing of a lane left out, for people; empty when that is nothing. */
    public String leftOut(Lane lane) {
        return store.reading(sql -> LaneTable.leftOut(sql, lane));
    }

    /** By what objects and records know the query of a lane; empty while it has none. */
    public String queryId(Lane lane) {
        return store.reading(sql -> LaneQueries.of(sql, lane)).stream()
                .findFirst()
                .map(LaneQueries.Known::id)
                .orElse("");
    }

    /** What is seen of the processes that run a lane. */
    public Seen seen(Lane lane) {
        return store.reading(sql -> Pulse.of(sql, lane));
    }

    /** As {@link Lanes#suspects}, also while the lane delivers. */
    public Suspects suspects(Lane lane) {
        return store.reading(sql -> ClaimTable.suspects(sql, lane));
    }

    /** What the cursor keeps of the columns of a dataset. */
    public Optional<String> columns(String dataset) {
        return store.reading(sql -> Columns.of(sql, dataset));
    }

    /**
     * As {@link Lanes#newOnes}, but notes nothing.
     *
     * @param position of the lane, or where it would begin
     */
    public NewObjects newOnes(Position position, Lane lane, Iterator<LakeObject> objects) {
        return new NewObjects(lane, store, learned -> {}, position.leftOutBefore(scope), objects);
    }

    /** How many records are delivered of the objects whose counts are not forgotten yet. */
    public long records() {
        return store.reading(DeliveredObjects::records);
    }
}
