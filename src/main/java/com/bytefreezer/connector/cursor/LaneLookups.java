package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.config.Settings;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * The versions of lookups that each lane uses, in the cursor's store, whichever process has it. Opens a connection for each call and keeps nothing open. Safe for use by several threads.
 */
public final class LaneLookups {
    private final Visit store;

    LaneLookups(Visit store) {
        this.store = store;
    }

    /** In the store that the settings name. */
    public static LaneLookups of(Settings settings) {
        return new LaneLookups(Visit.of(settings));
    }

    /**
     * The versions of a lookup that a lane uses.
     *
     * @param version the one that its runs join now
     * @param base the oldest one that delivered records are joined with
     * @param since the time at which {@code version} became current
     */
    public record Used(Lane lane, String name, String version, String base, Instant since) {
        /** Whether there may be entries that older objects were not joined with. */
        public boolean hasChanged() {
            return !version.equals(base);
        }
    }

    static void make(Sql sql) throws SQLException {
        Tables.make(
                sql,
                "CREATE TABLE lane_lookup (lane TEXT, name TEXT, version TEXT NOT NULL, base TEXT NOT NULL, since_ms BIGINT NOT NULL,"
                        + " hunted_until_ms BIGINT NOT NULL, PRIMARY KEY (lane, name))%2$s");
    }

    /** Records that a run of the lane begins, which joins these versions. */
    public void use(Lane lane, Map<String, String> versions) {
        if (versions.isEmpty()) {
            return;
        }
        store.writing(sql -> {
            for (Map.Entry<String, String> each : versions.entrySet()) {
                sql.update(
                        "INSERT INTO lane_lookup (lane, name, version, base, since_ms, hunted_until_ms) VALUES (?, ?, ?, ?, %s, 0)"
                                        .formatted(sql.now())
                                + " ON CONFLICT (lane, name) DO UPDATE SET version = excluded.version, since_ms = excluded.since_ms"
                                + " WHERE lane_lookup.version <> excluded.version",
                        lane,
                        each.getKey(),
                        each.getValue(),
                        each.getValue());
            }
            return true;
        });
    }

    /** The lookups of all lanes. */
    public List<Used> all() {
        return store.reading(sql -> sql.list(
                "SELECT lane, name, version, base, since_ms FROM lane_lookup ORDER BY lane, name",
                row -> new Used(row.lane(), row.text(), row.text(), row.text(), row.time())));
    }

    /** Records that everything delivered before is joined with this version, too. */
    public void hunted(Used used) {
        store.writing(sql -> {
            sql.update(
                    "UPDATE lane_lookup SET base = ?, hunted_until_ms = 0 WHERE lane = ? AND name = ?",
                    used.version(),
                    used.lane(),
                    used.name());
            return true;
        });
    }

    /**
     * Whether this process may start a hunt; if so, nobody else may for the given time. False if the versions have changed since they were read, as they do at the end of a hunt.
     */
    public boolean claim(Used used, Duration time) {
        return store.writing(sql -> sql.update(
                        "UPDATE lane_lookup SET hunted_until_ms = %1$s + ? WHERE lane = ? AND name = ? AND version = ? AND base = ? AND hunted_until_ms < %1$s"
                                .formatted(sql.now()),
                        time.toMillis(),
                        used.lane(),
                        used.name(),
                        used.version(),
                        used.base())
                > 0);
    }

    /** Extends the claim of this process: it ends after the given time from now. */
    public void extend(Used used, Duration time) {
        until(used, "%s + " + time.toMillis());
    }

    /** Ends the claim of this process. */
    public void release(Used used) {
        until(used, "0");
    }

    private void until(Used used, String time) {
        store.writing(sql -> sql.update(
                "UPDATE lane_lookup SET hunted_until_ms = %s WHERE lane = ? AND name = ? AND base = ?"
                        .formatted(time.formatted(sql.now())),
                used.lane(),
                used.name(),
                used.base()));
    }

    static void forget(Sql sql, Lane lane) throws SQLException {
        sql.update("DELETE FROM lane_lookup WHERE lane = ?", lane);
    }
}
