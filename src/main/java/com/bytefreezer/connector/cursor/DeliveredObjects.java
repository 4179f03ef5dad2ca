package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.lake.LakeObject.Slice;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A row for each object or slice that is started or was delivered recently: the number of delivered records and the
 * query. A row belongs to an object if key, size and ETag are the same, or, if one of the two has no ETag, key, size
 * and LastModified.
 */
final class DeliveredObjects {
    /** %s is the time in milliseconds, by the store's clock. */
    private static final String UPSERT =
            "INSERT INTO object (lane, key, size, last_modified_ms, etag, complete, query, selected, accepted, duplicates, dead_lettered, updated_ms)"
                    + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, %s) ON CONFLICT (lane, key, size, last_modified_ms) DO UPDATE SET"
                    + " complete = excluded.complete, query = excluded.query, selected = excluded.selected, accepted = excluded.accepted,"
                    + " duplicates = excluded.duplicates, dead_lettered = excluded.dead_lettered, updated_ms = excluded.updated_ms";

    private static final String SAME =
            "size = ? AND CASE WHEN etag <> '' AND ? <> '' THEN etag = ? ELSE last_modified_ms = ? END";
    /** The rows of an object's slices: "#" and "$" are neighbours. */
    private static final String SLICES = "lane = ? AND key > ? AND key < ? AND " + SAME;
    /** The key of a slice, see {@link LakeObject#slices}. */
    private static final String LIKE_SLICE = "'%#____________-____________'";

    private DeliveredObjects() {}

    /**
     * The progress of an object.
     *
     * @param former whether it was started before cursors knew ETags
     * @param query that it was started with; null: not started
     */
    record Checkpoint(
            Counts counts, boolean former, @Nullable String query) {
        static final Checkpoint NONE = new Checkpoint(Counts.NONE, false, null);

        String query(Delivered unit) {
            return query == null ? unit.query() : query;
        }
    }

    /** The part of the unit's only object that is delivered already; nothing if its query is no longer known. */
    static Checkpoint checkpoint(Sql sql, Delivered unit) throws SQLException {
        if (unit.objects().size() > 1 || unit.listing().isPresent()) {
            return Checkpoint.NONE;
        }
        LakeObject object = unit.objects().get(0);
        moveCheckpoint(sql, unit.lane(), object);
        return sql.first(
                        "SELECT query, accepted, duplicates, dead_lettered, etag IS NULL FROM object WHERE lane = ? AND key = ? AND last_modified_ms = ? AND "
                                + SAME
                                + " AND NOT complete AND query IN (?, (SELECT query FROM lane_query q WHERE q.lane = object.lane AND q.query = object.query))",
                        row -> {
                            String query = row.text();
                            Counts counts = new Counts(0, row.number(), row.number(), row.number());
                            return new Checkpoint(counts, row.flag(), query);
                        },
                        unit.lane(),
                        object.key(),
                        object.lastModified(),
                        object.size(),
                        etag(object),
                        etag(object),
                        object.lastModified(),
                        unit.query())
                .orElse(Checkpoint.NONE);
    }

    /** A copy of the same bytes in the same place has a new LastModified. */
    private static void moveCheckpoint(Sql sql, Lane lane, LakeObject object) throws SQLException {
        if (object.etag() != null) {
            sql.update(
                    "UPDATE object SET last_modified_ms = ? WHERE lane = ? AND key = ? AND last_modified_ms <> ? AND NOT complete AND "
                            + SAME,
                    object.lastModified(),
                    lane,
                    object.key(),
                    object.lastModified(),
                    object.size(),
                    etag(object),
                    etag(object),
                    object.lastModified());
        }
    }

    /** The bytes that an object's row describes. */
    private record Row(
            String key,
            long size,
            long lastModified,
            @Nullable String etag) {
        private boolean is(LakeObject object) {
            if (size != object.size()) {
                return false;
            }
            if (etag == null || etag.isEmpty() || object.etag() == null) {
                return lastModified == object.lastModified().toEpochMilli();
            }
            return etag.equals(object.etag());
        }
    }

    /**
     * Those of these objects, or of the whole objects of these slices, that have a row as delivered. Only a row shows
     * that a slice is delivered, or an object of a replica that does not know ETags yet.
     */
    static Set<LakeObject> complete(Sql sql, Lane lane, List<LakeObject> objects) throws SQLException {
        Map<String, LakeObject> asked = new LinkedHashMap<>();
        for (LakeObject object : objects) {
            asked.put(object.key(), object);
            asked.put(object.whole().key(), object.whole());
        }
        Set<LakeObject> complete = new HashSet<>();
        List<String> keys = List.copyOf(asked.keySet());
        for (int from = 0; from < keys.size(); from += NewObjects.MANY) {
            List<String> some = keys.subList(from, Math.min(keys.size(), from + NewObjects.MANY));
            List<@Nullable Object> values = new ArrayList<>(some.size() + 1);
            values.add(lane);
            values.addAll(some);
            sql.each(
                    "SELECT key, size, last_modified_ms, etag FROM object WHERE lane = ? AND complete AND key IN (%s)"
                            .formatted(Sql.places(some.size())),
                    columns -> {
                        Row row = new Row(columns.text(), columns.number(), columns.number(), columns.textOrNull());
                        LakeObject object = asked.get(row.key);
                        if (object != null && row.is(object)) {
                            complete.add(object);
                        }
                    },
                    values.toArray());
        }
        return complete;
    }

    /** The objects whose row says that they were delivered with the query of this id. */
    static Set<LakeObject> with(Sql sql, Lane lane, String query, List<LakeObject> objects) throws SQLException {
        Set<String> keys = new HashSet<>();
        for (int from = 0; from < objects.size(); from += NewObjects.MANY) {
            List<LakeObject> some = objects.subList(from, Math.min(objects.size(), from + NewObjects.MANY));
            List<@Nullable Object> values = new ArrayList<>(List.of(lane, query));
            some.forEach(object -> values.add(object.key()));
            sql.each(
                    "SELECT key FROM object WHERE lane = ? AND complete AND query = ? AND key IN (%s)"
                            .formatted(Sql.places(some.size())),
                    row -> keys.add(row.text()),
                    values.toArray());
        }
        return objects.stream().filter(object -> keys.contains(object.key())).collect(Collectors.toSet());
    }

    /** Writes a row for each object. The first row has the counts, so the sum over all rows is right. */
    static void put(Sql sql, Delivered unit, Counts counts, List<LakeObject> objects, boolean complete)
            throws SQLException {
        Counts ofObject = counts;
        List<@Nullable Object[]> rows = new ArrayList<>(objects.size());
        for (LakeObject object : objects) {
            rows.add(new @Nullable Object[] {
                unit.lane(),
                object.key(),
                object.size(),
                object.lastModified(),
                etag(object),
                complete,
                unit.query(),
                ofObject.selected(),
                ofObject.accepted(),
                ofObject.duplicates(),
                ofObject.deadLettered()
            });
            ofObject = Counts.NONE;
        }
        sql.updateEach(UPSERT.formatted(sql.now()), rows);
    }

    /** Replaces the rows of an object's slices by one row, once all of them are delivered. Returns whether it did. */
    static boolean joinSlices(Sql sql, Delivered unit, LakeObject object, Slice slice) throws SQLException {
        sql.awaitOthers(unit.lane().toString() + "/" + slice.of());
        @Nullable
        Object[] slices = {
            unit.lane(),
            slice.of() + "#",
            slice.of() + "$",
            object.size(),
            etag(object),
            etag(object),
            object.lastModified()
        };
        Optional<Counts> counts = sql.first(
                "SELECT selected, accepted, duplicates, dead_lettered FROM"
                        + " (SELECT count(*) AS slices, sum(selected) AS selected, sum(accepted) AS accepted, sum(duplicates) AS duplicates,"
                        + " sum(dead_lettered) AS dead_lettered FROM object WHERE complete AND "
                        + SLICES
                        + ") AS delivered WHERE slices = "
                        + slice.count(),
                Sql.Row::counts,
                slices);
        if (counts.isEmpty()) {
            return false;
        }
        put(sql, unit, counts.get(), List.of(object.whole()), true);
        sql.update("DELETE FROM object WHERE " + SLICES, slices);
        return true;
    }

    /** Forgets the counts of delivered objects that were last modified before {@code oldest}. */
    static void forgetBefore(Sql sql, Lane lane, Instant oldest) throws SQLException {
        sql.update(
                "DELETE FROM object WHERE lane = ? AND last_modified_ms < ? AND complete"
                        // An object is not delivered until all its slices are.
                        + " AND key NOT LIKE " + LIKE_SLICE,
                lane,
                oldest);
    }

    static void forget(Sql sql, Lane lane) throws SQLException {
        sql.update("DELETE FROM object WHERE lane = ?", lane);
    }

    /** The number of delivered records of all objects with a row. */
    static long records(Sql sql) throws SQLException {
        return sql.number("SELECT sum(accepted + duplicates + dead_lettered) FROM object");
    }

    private static String etag(LakeObject object) {
        return object.etag() == null ? "" : object.etag();
    }
}
