package com.bytefreezer.connector.cursor;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * The queries that a lane has had, by when each became the lane's; the last one is the lane's now. Replicas that share a
 * lane must have the same: the newer one wins, and who has another leaves the lane alone. Safe for use by several threads.
 */
public final class LaneQueries {
    private final Store store;
    private final ProcessName self;

    LaneQueries(Store store, ProcessName self) {
        this.store = store;
        this.self = self;
    }

    /**
     * A query of a lane.
     *
     * @param id by which records and objects that are begun know it
     * @param text of it, with all that changes its records
     */
    public record Known(String id, String text) {}

    /** What became of the wish to work on a lane with a query. */
    public enum Outcome {
        /** It is the lane's. */
        SAME,
        /** It is the lane's from now on; another one was. */
        CHANGED,
        /** Another replica works on the lane with a newer one. */
        OTHERS
    }

    /** All that the lane has had, the one of now first. */
    public List<Known> of(String lane) {
        return store.reading(connection -> of(connection, lane));
    }

    static List<Known> of(Connection connection, String lane) throws SQLException {
        List<Known> known = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT query, text FROM lane_query WHERE lane = ? ORDER BY since_ms DESC, query")) {
            statement.setString(1, lane);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    known.add(new Known(row.getString(1), row.getString(2)));
                }
            }
        }
        return known;
    }

    /** This process works on the lane with {@code query} from now on, unless others know better. */
    public Outcome agree(String lane, Known query) {
        return store.writing(connection -> {
            store.awaitOthers(connection, "query of " + lane);
            List<Known> known = of(connection, lane);
            boolean same = !known.isEmpty() && known.get(0).id().equals(query.id());
            boolean former = known.stream().anyMatch(each -> each.id().equals(query.id()));
            // Also a way back: a query of before is the lane's again when nobody uses the newer one.
            if (!same && former && isUsed(connection, lane, known.get(0).id())) {
                return Outcome.OTHERS;
            }
            if (!same) {
                try (PreparedStatement add = connection.prepareStatement(
                        "INSERT INTO lane_query (lane, query, text, since_ms) VALUES (?, ?, ?, "
                                + store.now()
                                + ") ON CONFLICT (lane, query) DO UPDATE SET since_ms = excluded.since_ms, text = excluded.text")) {
                    add.setString(1, lane);
                    add.setString(2, query.id());
                    add.setString(3, query.text());
                    add.executeUpdate();
                }
            }
            use(connection, lane, query.id());
            return same || known.isEmpty() ? Outcome.SAME : Outcome.CHANGED;
        });
    }

    private void use(Connection connection, String lane, String query) throws SQLException {
        try (PreparedStatement use =
                connection.prepareStatement("INSERT INTO lane_user (lane, process, query) VALUES (?, ?, ?)"
                        + " ON CONFLICT (lane, process) DO UPDATE SET query = excluded.query")) {
            use.setString(1, lane);
            use.setString(2, self.text());
            use.setString(3, query);
            use.executeUpdate();
        }
    }

    private boolean isUsed(Connection connection, String lane, String query) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT count(*) FROM lane_user u JOIN process p ON p.name = u.process WHERE u.lane = ? AND u.query = ? AND u.process <> ?"
                        + " AND " + store.now() + " - p.beat_ms <= ?")) {
            statement.setString(1, lane);
            statement.setString(2, query);
            statement.setString(3, self.text());
            statement.setLong(4, Pulse.SILENCE.toMillis());
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getInt(1) > 0;
            }
        }
    }

    /**
     * What is begun with another query than {@code query}.
     *
     * @param objects how many
     * @param records of them that are delivered
     * @param lost whether the query of some of them is not known any more: they begin anew
     */
    public record Begun(long objects, long records, boolean lost) {}

    /** See {@link Begun}. */
    public Begun begunOtherwise(String lane, String query) {
        return store.reading(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(
                    "SELECT count(*), coalesce(sum(accepted + duplicates + dead_lettered), 0), count(CASE WHEN query NOT IN (SELECT query FROM lane_query WHERE lane = ?) THEN 1 END)"
                            + " FROM object WHERE lane = ? AND query <> ? AND NOT complete")) {
                statement.setString(1, lane);
                statement.setString(2, lane);
                statement.setString(3, query);
                try (ResultSet row = statement.executeQuery()) {
                    row.next();
                    return new Begun(row.getLong(1), row.getLong(2), row.getLong(3) > 0);
                }
            }
        });
    }

    /** Whether an object of the lane was begun or delivered with the query that has this id. */
    public boolean hasUsed(String lane, String query) {
        return store.reading(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement("SELECT 1 FROM object WHERE lane = ? AND query = ? LIMIT 1")) {
                statement.setString(1, lane);
                statement.setString(2, query);
                try (ResultSet row = statement.executeQuery()) {
                    return row.next();
                }
            }
        });
    }
}
