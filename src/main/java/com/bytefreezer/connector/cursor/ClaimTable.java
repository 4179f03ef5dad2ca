package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.lake.LakeObject;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A row for each object that is being delivered (one for the whole lane in a full sync). A process that dies leaves its
 * rows, and so they tell how often an object was begun in a row and neither ended nor got any further.
 *
 * <p>Where replicas share the store, a claim expires unless its holder renews it, by the clock of the database. Where the
 * store is one process's, so is every unit.
 */
final class ClaimTable {
    /** The key of a claim on the whole lane. */
    private static final String ALL = "";

    private static final String TAKE = "INSERT INTO claim (lane, key, holder, content, begun%s) SELECT ?, ?, ?, ?, 1%s"
            + " WHERE true ON CONFLICT (lane, key) DO UPDATE SET holder = excluded.holder, content = excluded.content,"
            // Other content, or another query, begins anew.
            + " begun = CASE WHEN claim.content = excluded.content THEN claim.begun + 1 ELSE 1 END%s";

    private static final String FORGIVE =
            "UPDATE claim SET begun = CASE WHEN begun > 0 THEN begun - 1 ELSE 0 END WHERE holder = ?";

    private final String take;
    private final @Nullable Duration lease;
    private final String expiry;

    private ClaimTable(@Nullable Duration lease) {
        this.lease = lease;
        expiry = lease == null ? "" : "now() + %d * interval '1 second'".formatted(lease.toSeconds());
        take = lease == null
                ? TAKE.formatted("", "", "")
                : TAKE.formatted(
                        ", expires_at",
                        ", " + expiry,
                        ", expires_at = excluded.expires_at WHERE claim.expires_at < now()");
    }

    static ClaimTable ofOneProcess() {
        return new ClaimTable(null);
    }

    /** @param lease after how long without a renewal another replica may take a claim over */
    static ClaimTable ofReplicas(Duration lease) {
        return new ClaimTable(lease);
    }

    /** How long a claim holds that is not renewed; empty: for good. */
    Optional<Duration> lease() {
        return Optional.ofNullable(lease);
    }

    /** Claims the unit under the name {@code claim}, all of it or nothing. Whether it could. */
    boolean take(Sql sql, Delivered unit, String claim) throws SQLException {
        SortedMap<String, String> rows = rows(unit);
        List<@Nullable Object[]> values = rows.entrySet().stream()
                .map(row -> new @Nullable Object[] {unit.lane(), row.getKey(), claim, row.getValue()})
                .toList();
        boolean all = sql.updateEach(take, values) == rows.size();
        if (!all) {
            release(sql, claim);
        }
        return all;
    }

    /** Whether the claim still holds; if so it holds until the end of the transaction. */
    boolean isHeld(Sql sql, Delivered unit, String claim) throws SQLException {
        return lease == null
                || sql.number(
                                "SELECT count(*) FROM (SELECT 1 FROM claim WHERE holder = ? ORDER BY lane, key FOR UPDATE) AS held",
                                claim)
                        == rows(unit).size();
    }

    /** They hold for another lease from now on. */
    void renew(Sql sql, Collection<String> claims) throws SQLException {
        sql.update(
                // What is locked is being committed, or another replica has just found it taken.
                "UPDATE claim SET expires_at = %s WHERE (lane, key) IN (SELECT lane, key FROM claim WHERE holder = ANY (?) FOR UPDATE SKIP LOCKED)"
                        .formatted(expiry),
                (Object) claims.toArray(String[]::new));
    }

    /** Deletes what is left of the claims of replicas that died long ago. */
    void forgetLeft(Sql sql, Lane lane) throws SQLException {
        if (lease != null) {
            sql.update(
                    "DELETE FROM claim WHERE lane = ? AND expires_at < now() - interval '1 day' AND begun < "
                            + Suspects.SET_ASIDE,
                    lane);
        }
    }

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

    /** What was begun by processes that died. */
    static Suspects suspects(Sql sql, Lane lane) throws SQLException {
        Map<String, Suspects.Begun> begun = new HashMap<>();
        sql.each(
                "SELECT key, content, begun FROM claim WHERE lane = ? AND begun >= %d AND %s"
                        .formatted(Suspects.SUSPECT, sql.dialect().left()),
                row -> begun.put(row.text(), new Suspects.Begun(row.text(), (int) row.number())),
                lane);
        return new Suspects(begun);
    }

    /** It got further, or is cut off on purpose: its last begin does not count. */
    static void forgive(Sql sql, String claim) throws SQLException {
        sql.update(FORGIVE, claim);
    }

    static void release(Sql sql, String claim) throws SQLException {
        sql.update("DELETE FROM claim WHERE holder = ?", claim);
    }

    static void forget(Sql sql, Lane lane) throws SQLException {
        sql.update("DELETE FROM claim WHERE lane = ?", lane);
    }

    /** What is set aside is begun again. How many objects are. */
    static int retry(Sql sql, Lane lane) throws SQLException {
        return sql.update("UPDATE claim SET begun = 0 WHERE lane = ? AND begun >= " + Suspects.SET_ASIDE, lane);
    }
}
