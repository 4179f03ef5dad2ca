package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.text.Sha256;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Every object that a lane must not deliver: it is delivered, or older than the lane's start. Each is kept for good, as
 * two numbers. So no clock, of the lake or of this machine, decides whether an object is new.
 */
final class KnownObjects {
    private static final int FOLDER_BITS = 24;
    private static final String ADD = "INSERT INTO known (lane, name, version) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";

    /** How a listed object compares with the known objects. */
    enum Match {
        KNOWN,
        /** Its name is known, with other bytes. */
        REPLACED,
        NEW
    }

    private record Entry(long name, long version) {
        private @Nullable Object[] of(int lane) {
            return new @Nullable Object[] {lane, name, version};
        }
    }

    private KnownObjects() {}

    /**
     * Compares objects with the known objects.
     *
     * @param lane its number
     * @param learn receives those that have an ETag but are known only by their LastModified
     */
    static Map<LakeObject, Match> match(Sql sql, int lane, Collection<LakeObject> objects, Collection<LakeObject> learn)
            throws SQLException {
        Map<LakeObject, Entry> entries = new HashMap<>();
        objects.forEach(object -> entries.put(object, entry(object)));
        Set<Long> names = new HashSet<>();
        entries.values().forEach(entry -> names.add(entry.name));
        Set<Entry> known = find(sql, lane, List.copyOf(names));
        Set<Long> knownNames = new HashSet<>();
        known.forEach(entry -> knownNames.add(entry.name));
        Map<LakeObject, Match> matches = new HashMap<>();
        entries.forEach((object, entry) -> {
            boolean sameName = knownNames.contains(entry.name);
            if (known.contains(entry)) {
                matches.put(object, Match.KNOWN);
            } else if (sameName && known.contains(withoutEtag(object))) {
                learn.add(object);
                matches.put(object, Match.KNOWN);
            } else {
                matches.put(object, sameName ? Match.REPLACED : Match.NEW);
            }
        });
        return matches;
    }

    private static Set<Entry> find(Sql sql, int lane, List<Long> names) throws SQLException {
        Set<Entry> found = new HashSet<>();
        if (names.isEmpty()) {
            return found;
        }
        List<@Nullable Object> values = new ArrayList<>(names.size() + 1);
        values.add(lane);
        values.addAll(names);
        found.addAll(sql.list(
                "SELECT name, version FROM known WHERE lane = ? AND name IN (%s)".formatted(Sql.places(names.size())),
                row -> new Entry(row.number(), row.number()),
                values.toArray()));
        return found;
    }

    /** Adds objects to the known ones. */
    static void add(Sql sql, int lane, Collection<LakeObject> objects) throws SQLException {
        // All replicas use the same order, so they cannot block each other.
        List<Entry> entries = new ArrayList<>();
        objects.forEach(object -> entries.add(entry(object)));
        entries.sort((one, other) ->
                one.name == other.name ? Long.compare(one.version, other.version) : Long.compare(one.name, other.name));
        sql.updateEach(ADD, entries.stream().map(entry -> entry.of(lane)).toList());
    }

    static boolean hasAny(Sql sql, Lane lane) throws SQLException {
        return sql.finds(
                "SELECT 1 FROM known WHERE lane = (SELECT number FROM lane AS its WHERE its.name = ?) LIMIT 1", lane);
    }

    static void forget(Sql sql, int lane) throws SQLException {
        sql.update("DELETE FROM known WHERE lane = ?", lane);
    }

    /** The objects that a store of version 1, without ETags, has as delivered. */
    static void learnDelivered(Sql sql) throws SQLException {
        sql.each(
                "SELECT lane.number, key, size, last_modified_ms FROM object JOIN lane ON lane.name = object.lane WHERE complete",
                row -> {
                    int lane = (int) row.number();
                    LakeObject object = new LakeObject("", row.text(), row.number(), row.time());
                    sql.update(ADD, entry(object).of(lane));
                });
    }

    /** Objects of one folder are neighbours in the table, as they are in a listing. */
    private static Entry entry(LakeObject object) {
        String folder = object.key().substring(0, object.key().lastIndexOf('/') + 1);
        long name = (hash(folder) << (Long.SIZE - FOLDER_BITS)) | (hash(object.key()) >>> FOLDER_BITS);
        return new Entry(name, hash(object.etag() == null ? milliseconds(object) : object.content()));
    }

    private static Entry withoutEtag(LakeObject object) {
        return new Entry(entry(object).name, hash(milliseconds(object)));
    }

    /** As precise as a store of version 1. */
    private static String milliseconds(LakeObject object) {
        return object.size() + " " + object.lastModified().toEpochMilli();
    }

    private static long hash(String text) {
        return ByteBuffer.wrap(Sha256.of(text)).getLong();
    }
}
