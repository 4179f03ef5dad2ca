package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.config.Lane;
import java.sql.SQLException;
import java.util.List;

/**
 * The queries of each lane, in order of time; the last one is the present one. Replicas that share a lane must have the
 * same query: the newer one wins, and a replica with another query leaves the lane alone. Safe for use by several
 * threads.
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
     * @param id in records and started objects
     * @param text its SQL, and in a last line everything else that changes its records
     */
    public record Known(String id, String text) {
        public String sql() {
            return text.substring(0, text.lastIndexOf('\n'));
        }

        public String rest() {
            return text.substring(text.lastIndexOf('\n') + 1);
        }
    }

    /** The answer to a process that wants to work on a lane with a query. */
    public enum Outcome {
        /** It is the lane's query already. */
        SAME,
        /** It replaces another query and is the lane's from now on. */
        CHANGED,
        /** Another replica works on the lane with a newer query. */
        OTHERS
    }

    /** All queries of the lane, the present one first. */
    public List<Known> of(Lane lane) {
        return store.reading(sql -> of(sql, lane));
    }

    static List<Known> of(Sql sql, Lane lane) throws SQLException {
        return sql.list(
                "SELECT query, text FROM lane_query WHERE lane = ? ORDER BY since_ms DESC, query",
                row -> new Known(row.text(), row.text()),
                lane);
    }

    /** Announces that this process works on the lane with {@code query}, unless another replica has a newer one. */
    public Outcome agree(Lane lane, Known query) {
        return store.writing(sql -> {
            sql.awaitOthers("query of " + lane);
            List<Known> known = of(sql, lane);
            boolean same = !known.isEmpty() && known.get(0).id().equals(query.id());
            boolean former = known.stream().anyMatch(each -> each.id().equals(query.id()));
            // This also allows a way back: a former query becomes the lane's again if no process uses the newer one.
            if (!same && former && isUsed(sql, lane, known.get(0).id())) {
                return Outcome.OTHERS;
            }
            if (!same) {
                sql.update(
                        "INSERT INTO lane_query (lane, query, text, since_ms) VALUES (?, ?, ?, %s)".formatted(sql.now())
                                + " ON CONFLICT (lane, query) DO UPDATE SET since_ms = excluded.since_ms, text = excluded.text",
                        lane,
                        query.id(),
                        query.text());
            }
            sql.update(
                    "INSERT INTO lane_user (lane, process, query) VALUES (?, ?, ?)"
                            + " ON CONFLICT (lane, process) DO UPDATE SET query = excluded.query",
                    lane,
                    self.text(),
                    query.id());
            return same || known.isEmpty() ? Outcome.SAME : Outcome.CHANGED;
        });
    }

    private boolean isUsed(Sql sql, Lane lane, String query) throws SQLException {
        return sql.finds(
                "SELECT 1 FROM lane_user u JOIN process p ON p.name = u.process WHERE u.lane = ? AND u.query = ? AND u.process <> ?"
                        + " AND %s - p.beat_ms <= ?".formatted(sql.now()),
                lane,
                query,
                self.text(),
                Pulse.SILENCE.toMillis());
    }

    /**
     * The objects that were started with another query than {@code query}.
     *
     * @param objects how many
     * @param records of them that are delivered
     * @param lost whether the query of some of them is no longer known; they start again
     */
    public record Begun(long objects, long records, boolean lost) {}

    /** See {@link Begun}. */
    public Begun begunOtherwise(Lane lane, String query) {
        return store.reading(sql -> sql.first(
                        "SELECT count(*), coalesce(sum(accepted + duplicates + dead_lettered), 0), count(CASE WHEN query NOT IN (SELECT query FROM lane_query WHERE lane = ?) THEN 1 END)"
                                + " FROM object WHERE lane = ? AND query <> ? AND NOT complete",
                        row -> new Begun(row.number(), row.number(), row.number() > 0),
                        lane,
                        lane,
                        query)
                .orElseThrow());
    }

    /** Whether an object of the lane was started or delivered with the query of this id. */
    public boolean hasUsed(Lane lane, String query) {
        return store.reading(
                sql -> sql.finds("SELECT 1 FROM object WHERE lane = ? AND query = ? LIMIT 1", lane, query));
    }
}
