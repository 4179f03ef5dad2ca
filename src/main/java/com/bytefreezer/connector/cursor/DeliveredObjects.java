package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.cursor.Cursor.Delivered;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.lake.LakeObject.Slice;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A row for each object, or slice of one, that is begun or was delivered lately: how many of its records are delivered,
 * and with which query. A row is the object's when key and size are the same, and the ETag; or the LastModified, where
 * one of the two has no ETag.
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

    private final Store store;
    private final String upsertSql;

    DeliveredObjects(Store store) {
        this.store = store;
        upsertSql = UPSERT.formatted(store.now());
    }

    /**
     * How far an object is delivered.
     *
     * @param former whether it was begun when cursors knew no ETags
     * @param query that it was begun with; null: not begun
     */
    record Checkpoint(
            Counts counts, boolean former, @Nullable String query) {
        static final Checkpoint NONE = new Checkpoint(Counts.NONE, false, null);

        String query(Delivered unit) {
            return query == null ? unit.query() : query;
        }
    }

    /** What is delivered of the unit's only object already; nothing when that was with a query that is not known any more. */
    Checkpoint checkpoint(Connection connection, Delivered unit) throws SQLException {
        if (unit.objects().size() > 1 || unit.listing().isPresent()) {
            return Checkpoint.NONE;
        }
        LakeObject object = unit.objects().get(0);
        moveCheckpoint(connection, unit.lane().toString(), object);
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT query, accepted, duplicates, dead_lettered, etag IS NULL FROM object WHERE lane = ? AND key = ? AND last_modified_ms = ? AND "
                        + SAME
                        + " AND NOT complete AND query IN (?, (SELECT query FROM lane_query q WHERE q.lane = object.lane AND q.query = object.query))")) {
            statement.setString(1, unit.lane().toString());
            statement.setString(2, object.key());
            statement.setLong(3, object.lastModified().toEpochMilli());
            bindSame(statement, 4, object);
            statement.setString(8, unit.query());
            try (ResultSet row = statement.executeQuery()) {
                return row.next()
                        ? new Checkpoint(
                                new Counts(0, row.getLong(2), row.getLong(3), row.getLong(4)),
                                row.getBoolean(5),
                                row.getString(1))
                        : Checkpoint.NONE;
            }
        }
    }

    /** The same bytes may have been copied in place since, and then have a new LastModified. */
    private static void moveCheckpoint(Connection connection, String lane, LakeObject object) throws SQLException {
        if (object.etag() == null) {
            return;
        }
        try (PreparedStatement statement = connection.prepareStatement(
                "UPDATE object SET last_modified_ms = ? WHERE lane = ? AND key = ? AND last_modified_ms <> ? AND NOT complete AND "
                        + SAME)) {
            long lastModified = object.lastModified().toEpochMilli();
            statement.setLong(1, lastModified);
            statement.setString(2, lane);
            statement.setString(3, object.key());
            statement.setLong(4, lastModified);
            bindSame(statement, 5, object);
            statement.executeUpdate();
        }
    }

    /** What an object's row says of its bytes. */
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
     * Those of these objects, and of the whole ones that they are slices of, that have a row which says that they are
     * delivered. Slices have no other sign of it; nor has what a replica delivers that knows no ETags yet.
     */
    static Set<LakeObject> complete(Connection connection, String lane, List<LakeObject> objects) throws SQLException {
        Map<String, LakeObject> asked = new LinkedHashMap<>();
        for (LakeObject object : objects) {
            asked.put(object.key(), object);
            asked.put(object.whole().key(), object.whole());
        }
        Set<LakeObject> complete = new HashSet<>();
        List<String> keys = List.copyOf(asked.keySet());
        for (int from = 0; from < keys.size(); from += NewObjects.MANY) {
            List<String> some = keys.subList(from, Math.min(keys.size(), from + NewObjects.MANY));
            String list = "?, ".repeat(some.size() - 1) + "?";
            try (PreparedStatement statement = connection.prepareStatement(
                    "SELECT key, size, last_modified_ms, etag FROM object WHERE lane = ? AND complete AND key IN (%s)"
                            .formatted(list))) {
                statement.setString(1, lane);
                for (int i = 0; i < some.size(); i++) {
                    statement.setString(2 + i, some.get(i));
                }
                try (ResultSet rows = statement.executeQuery()) {
                    while (rows.next()) {
                        Row row = new Row(rows.getString(1), rows.getLong(2), rows.getLong(3), rows.getString(4));
                        LakeObject object = asked.get(row.key);
                        if (object != null && row.is(object)) {
                            complete.add(object);
                        }
                    }
                }
            }
        }
        return complete;
    }

    /** Writes a row for each object; the first has the counts, so that those of all rows add up. */
    void put(Connection connection, Delivered unit, Counts counts, List<LakeObject> objects, boolean complete)
            throws SQLException {
        Counts ofObject = counts;
        try (PreparedStatement statement = connection.prepareStatement(upsertSql)) {
            for (LakeObject object : objects) {
                statement.setString(1, unit.lane().toString());
                statement.setString(2, object.key());
                statement.setLong(3, object.size());
                statement.setLong(4, object.lastModified().toEpochMilli());
                statement.setString(5, etag(object));
                statement.setBoolean(6, complete);
                statement.setString(7, unit.query());
                statement.setLong(8, ofObject.selected());
                statement.setLong(9, ofObject.accepted());
                statement.setLong(10, ofObject.duplicates());
                statement.setLong(11, ofObject.deadLettered());
                statement.addBatch();
                ofObject = Counts.NONE;
            }
            statement.executeBatch();
        }
    }

    /** When all slices of the object are delivered, a row of their object takes their place. Whether it does. */
    boolean joinSlices(Connection connection, Delivered unit, LakeObject object, Slice slice) throws SQLException {
        store.awaitOthers(connection, unit.lane() + "/" + slice.of());
        Counts counts;
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT count(*), sum(selected), sum(accepted), sum(duplicates), sum(dead_lettered) FROM object WHERE complete AND "
                        + SLICES)) {
            bindSlices(statement, unit.lane().toString(), object, slice);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                if (row.getInt(1) != slice.count()) {
                    return false;
                }
                counts = new Counts(row.getLong(2), row.getLong(3), row.getLong(4), row.getLong(5));
            }
        }
        put(connection, unit, counts, List.of(object.whole()), true);
        try (PreparedStatement statement = connection.prepareStatement("DELETE FROM object WHERE " + SLICES)) {
            bindSlices(statement, unit.lane().toString(), object, slice);
            statement.executeUpdate();
        }
        return true;
    }

    /** Forgets the counts of what is delivered, and was last modified before {@code oldest}. */
    static void forgetBefore(Connection connection, String lane, Instant oldest) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("DELETE FROM object WHERE lane = ? AND last_modified_ms < ? AND complete"
                        // Until all slices are delivered, their object is not.
                        + " AND key NOT LIKE " + LIKE_SLICE)) {
            statement.setString(1, lane);
            statement.setLong(2, oldest.toEpochMilli());
            statement.executeUpdate();
        }
    }

    static void forget(Connection connection, String lane) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("DELETE FROM object WHERE lane = ?")) {
            statement.setString(1, lane);
            statement.executeUpdate();
        }
    }

    private static void bindSlices(PreparedStatement statement, String lane, LakeObject object, Slice slice)
            throws SQLException {
        statement.setString(1, lane);
        statement.setString(2, slice.of() + "#");
        statement.setString(3, slice.of() + "$");
        bindSame(statement, 4, object);
    }

    private static void bindSame(PreparedStatement statement, int first, LakeObject object) throws SQLException {
        statement.setLong(first, object.size());
        statement.setString(first + 1, etag(object));
        statement.setString(first + 2, etag(object));
        statement.setLong(first + 3, object.lastModified().toEpochMilli());
    }

    private static String etag(LakeObject object) {
        return object.etag() == null ? "" : object.etag();
    }
}
