package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.cursor.Cursor.Delivered;
import com.bytefreezer.connector.lake.LakeObject;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A row for each object that is being delivered (one for the whole lane in a full sync). A process that dies leaves its
 * rows, and so they tell how often an object was begun in a row and neither ended nor got any further.
 */
final class ClaimTable {
    /** The key of a claim on the whole lane. */
    private static final String ALL = "";

    /** What a claim that is taken over does to {@code begun}: other content, or another query, begins anew. */
    static final String BEGUN_AGAIN =
            "begun = CASE WHEN claim.content = excluded.content THEN claim.begun + 1 ELSE 1 END";

    private static final String FORGIVE =
            "UPDATE claim SET begun = CASE WHEN begun > 0 THEN begun - 1 ELSE 0 END WHERE holder = ?";

    private ClaimTable() {}

    /** The keys of a unit's rows with what tells one content from another; in one order in all replicas. */
    static SortedMap<String, String> rows(Delivered unit) {
        SortedMap<String, String> rows = new TreeMap<>();
        if (unit.listing().isPresent()) {
            rows.put(ALL, unit.query());
        } else {
            unit.objects().forEach(object -> rows.put(object.key(), content(unit.query(), object)));
        }
        return rows;
    }

    private static String content(String query, LakeObject object) {
        return query + " " + object.content();
    }

    /**
     * What was begun by processes that died.
     *
     * @param left SQL that tells whether a row's process has left it
     */
    static Suspects suspects(Connection connection, String lane, String left) throws SQLException {
        Map<String, Suspects.Begun> begun = new HashMap<>();
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT key, content, begun FROM claim WHERE lane = ? AND begun >= %d AND %s"
                        .formatted(Suspects.SUSPECT, left))) {
            statement.setString(1, lane);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    begun.put(rows.getString(1), new Suspects.Begun(rows.getString(2), rows.getInt(3)));
                }
            }
        }
        return new Suspects(begun);
    }

    /** It got further, or is cut off on purpose: its last begin does not count. */
    static void forgive(Connection connection, String claim) throws SQLException {
        execute(connection, FORGIVE, claim);
    }

    static void release(Connection connection, String claim) throws SQLException {
        execute(connection, "DELETE FROM claim WHERE holder = ?", claim);
    }

    static void forget(Connection connection, String lane) throws SQLException {
        execute(connection, "DELETE FROM claim WHERE lane = ?", lane);
    }

    /** What is set aside is begun again. How many objects are. */
    static int retry(Connection connection, String lane) throws SQLException {
        return execute(
                connection, "UPDATE claim SET begun = 0 WHERE lane = ? AND begun >= " + Suspects.SET_ASIDE, lane);
    }

    private static int execute(Connection connection, String sql, String value) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, value);
            return statement.executeUpdate();
        }
    }
}
