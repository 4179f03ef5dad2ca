package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.lake.LakeObject;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Every object that a lane need not deliver: it is delivered, or was there before the lane began. Kept for good, in two
 * numbers each, so that what is new is told from what is known whatever the clocks of the lake and of this machine say.
 */
final class KnownObjects {
    private static final int FOLDER_BITS = 24;
    private static final String ADD = "INSERT INTO known (lane, name, version) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";

    /** How a listed object compares with what is known. */
    enum Match {
        KNOWN,
        /** Its name is known, with other bytes. */
        REPLACED,
        NEW
    }

    private record Entry(long name, long version) {}

    private KnownObjects() {}

    /**
     * Compares objects with what is known.
     *
     * @param lane its number
     * @param learn takes those that are known only by their LastModified, but have an ETag
     */
    static Map<LakeObject, Match> match(
            Connection connection, int lane, Collection<LakeObject> objects, Collection<LakeObject> learn)
            throws SQLException {
        Map<LakeObject, Entry> entries = new HashMap<>();
        objects.forEach(object -> entries.put(object, entry(object)));
        Set<Long> names = new HashSet<>();
        entries.values().forEach(entry -> names.add(entry.name));
        Set<Entry> known = find(connection, lane, List.copyOf(names));
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

    private static Set<Entry> find(Connection connection, int lane, List<Long> names) throws SQLException {
        Set<Entry> found = new HashSet<>();
        if (names.isEmpty()) {
            return found;
        }
        String list = "?, ".repeat(names.size() - 1) + "?";
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT name, version FROM known WHERE lane = ? AND name IN (%s)".formatted(list))) {
            statement.setInt(1, lane);
            for (int i = 0; i < names.size(); i++) {
                statement.setLong(2 + i, names.get(i));
            }
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    found.add(new Entry(rows.getLong(1), rows.getLong(2)));
                }
            }
        }
        return found;
    }

    /** From now on these are known. */
    static void add(Connection connection, int lane, Collection<LakeObject> objects) throws SQLException {
        // In one order in all replicas, so that none waits for another that waits for it.
        List<Entry> entries = new ArrayList<>();
        objects.forEach(object -> entries.add(entry(object)));
        entries.sort((one, other) ->
                one.name == other.name ? Long.compare(one.version, other.version) : Long.compare(one.name, other.name));
        try (PreparedStatement statement = connection.prepareStatement(ADD)) {
            for (Entry entry : entries) {
                statement.setInt(1, lane);
                statement.setLong(2, entry.name);
                statement.setLong(3, entry.version);
                statement.addBatch();
            }
            statement.executeBatch();
        }
    }

    static boolean hasAny(Connection connection, String lane) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT 1 FROM known WHERE lane = (SELECT number FROM lane AS its WHERE its.name = ?) LIMIT 1")) {
            statement.setString(1, lane);
            try (ResultSet row = statement.executeQuery()) {
                return row.next();
            }
        }
    }

    static void forget(Connection connection, int lane) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("DELETE FROM known WHERE lane = ?")) {
            statement.setInt(1, lane);
            statement.executeUpdate();
        }
    }

    /** What a store of version 1 has as delivered, which knew no ETags. */
    static void learnDelivered(Connection connection) throws SQLException {
        try (Statement select = connection.createStatement();
                ResultSet rows = select.executeQuery(
                        "SELECT lane.number, key, size, last_modified_ms FROM object JOIN lane ON lane.name = object.lane WHERE complete");
                PreparedStatement insert = connection.prepareStatement(ADD)) {
            while (rows.next()) {
                Instant lastModified = Instant.ofEpochMilli(rows.getLong(4));
                Entry entry = entry(new LakeObject("", rows.getString(2), rows.getLong(3), lastModified));
                insert.setInt(1, rows.getInt(1));
                insert.setLong(2, entry.name);
                insert.setLong(3, entry.version);
                insert.executeUpdate();
            }
        }
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
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return ByteBuffer.wrap(digest).getLong();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
