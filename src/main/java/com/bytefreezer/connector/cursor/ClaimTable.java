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
 * rows. They show how many times in a row an object was started without progress or an end.
 *
 * <p>If replicas share the store, a claim expires, by the clock of the database, unless its holder renews it. If the
 * store belongs to one process, every unit does too.
 */
final class ClaimTable {
    /** The key of a claim on the whole lane. */
    private static final String ALL = "";

    private static final String TAKE = "INSERT INTO claim (lane, key, holder, content, begun%s) SELECT ?, ?, ?, ?, 1%s"
            + " WHERE true ON CONFLICT (lane, key) DO UPDATE SET holder = excluded.holder, content = excluded.content,"
            // Other content or another query starts the count again.
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

    /** @param lease how long a claim lasts without a renewal; after that another replica may take it over */
    static ClaimTable ofReplicas(Duration lease) {
        return new ClaimTable(lease);
    }

    /** How long a claim lasts without a renewal; empty: for good. */
    Optional<Duration> lease() {
        return Optional.ofNullable(lease);
    }

    /** Claims the whole unit or nothing, under the name {@code claim}. Returns whether it did. */
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

    /** Whether the claim is still valid; if so, it stays valid until the end of the transaction. */
    boolean isHeld(Sql sql, Delivered unit, String claim) throws SQLException {
        return lease == null
                || sql.number(
                                "SELECT count(*) FROM (SELECT 1 FROM claim WHERE holder = ? ORDER BY lane, key FOR UPDATE) AS held",
                                claim)
                        == rows(unit).size();
    }

    /** Extends them by a lease from now on. */
    void renew(Sql sql, Collection<String> claims) throws SQLException {
        sql.update(
                // A locked row is being committed, or another replica is checking it.
                "UPDATE claim SET expires_at = %s WHERE (lane, key) IN (SELECT lane, key FROM claim WHERE holder = ANY (?) FOR UPDATE SKIP LOCKED)"
                        .formatted(expiry),
                (Object) claims.toArray(String[]::new));
    }

    /** Deletes the claims of replicas that died long ago. */
    void forgetLeft(Sql sql, Lane lane) throws SQLException {
        if (lease != null) {
            sql.update(
                    "DELETE FROM claim WHERE lane = ? AND expires_at < now() - interval '1 day' AND begun < "
                            + Suspects.SET_ASIDE,
                    lane);
        }
    }

    /** The keys of a unit's rows, each with a fingerprint of its content; all replicas have them in the same order. */
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

    /** The objects that dead processes had started. */
    static Suspects suspects(Sql sql, Lane lane) throws SQLException {
        Map<String, Suspects.Begun> begun = new HashMap<>();
        sql.each(
                "SELECT key, content, begun FROM claim WHERE lane = ? AND begun >= %d AND %s"
                        .formatted(Suspects.SUSPECT, sql.dialect().left()),
                row -> begun.put(row.text(), new Suspects.Begun(row.text(), (int) row.number())),
                lane);
        return new Suspects(begun);
    }

    /** It made progress, or was cut off on purpose, and its last start does not count. */
    static void forgive(Sql sql, String claim) throws SQLException {
        sql.update(FORGIVE, claim);
    }

    static void release(Sql sql, String claim) throws SQLException {
        sql.update("DELETE FROM claim WHERE holder = ?", claim);
    }

    static void forget(Sql sql, Lane lane) throws SQLException {
        sql.update("DELETE FROM claim WHERE lane = ?", lane);
    }

    /** Lets the next run try again what is set aside. Returns the number of objects. */
    static int retry(Sql sql, Lane lane) throws SQLException {
        return sql.update("UPDATE claim SET begun = 0 WHERE lane = ? AND begun >= " + Suspects.SET_ASIDE, lane);
    }
}
