package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.config.DatasetName;
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
 * The progress of each lane, for readers, whichever process has the cursor. Changes nothing and takes no lock; a cursor
 * that does not exist yet is empty. Opens a connection for each call and keeps nothing open. Safe for use by several
 * threads.
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

    /** The runs of each lane. */
    public History history() {
        return new History(store);
    }

    /** All lanes that have started or tried to start. */
    public Set<Lane> lanes() {
        List<Lane> lanes = store.reading(sql -> sql.list(
                "SELECT name FROM lane UNION SELECT lane FROM run UNION SELECT lane FROM lane_user", Sql.Row::lane));
        return new TreeSet<>(lanes);
    }

    /** The position of a lane, if it has started. */
    public Optional<Position> position(Lane lane) {
        return store.reading(sql -> LaneTable.find(sql, lane));
    }

    /** Whether the lane has ever delivered an object, or found one older than its start. */
    public boolean hasSeenObjects(Lane lane) {
        return store.reading(sql -> {
            Optional<Position> position = LaneTable.find(sql, lane);
            // A query over the whole dataset records the listing and no objects.
            return position.isPresent() && (position.get().listing() != null || KnownObjects.hasAny(sql, lane));
        });
    }

    /** What the last full listing of a lane left out, for people; empty if nothing. */
    public String leftOut(Lane lane) {
        return store.reading(sql -> LaneTable.leftOut(sql, lane));
    }

    /** The id of a lane's query in objects and records; empty as long as it has none. */
    public String queryId(Lane lane) {
        return queries(lane).stream().findFirst().map(LaneQueries.Known::id).orElse("");
    }

    /** All queries of a lane, the present one first. */
    public List<LaneQueries.Known> queries(Lane lane) {
        return store.reading(sql -> LaneQueries.of(sql, lane));
    }

    /** What the processes that run a lane report. */
    public Seen seen(Lane lane) {
        return store.reading(sql -> Pulse.of(sql, lane));
    }

    /** Like {@link Lanes#suspects}, also while the lane delivers. */
    public Suspects suspects(Lane lane) {
        return store.reading(sql -> ClaimTable.suspects(sql, lane));
    }

    /** The known columns of a dataset. */
    public Optional<String> columns(DatasetName dataset) {
        // A person waits for the records: without a cursor, not for SQLite as well.
        return store.mayExist() ? store.reading(sql -> KnownColumns.of(sql, dataset)) : Optional.empty();
    }

    /**
     * Like {@link Lanes#newOnes}, but records nothing.
     *
     * @param position of the lane, or where it would start
     */
    public NewObjects newOnes(Position position, Lane lane, Iterator<LakeObject> objects) {
        return new NewObjects(lane, store, learned -> {}, position.leftOutBefore(scope), objects);
    }

    /** The objects that are known to be delivered with the query of this id, including its lookups. */
    public Set<LakeObject> deliveredWith(Lane lane, String query, List<LakeObject> objects) {
        return store.reading(sql -> DeliveredObjects.with(sql, lane, query, objects));
    }

    /** The number of delivered records of all objects whose counts are still kept. */
    public long records() {
        return store.reading(DeliveredObjects::records);
    }
}
