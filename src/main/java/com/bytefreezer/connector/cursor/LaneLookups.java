package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.config.Settings;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * Which versions of lookups each lane uses, in the cursor's store, whichever process has that. Opens a connection for each
 * call and holds nothing. Safe for use by several threads.
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
     * What a lane uses of a lookup.
     *
     * @param version that its runs join now
     * @param base that all it has delivered is joined with, or a later one
     * @param since when {@code version} became its version
     */
    public record Used(Lane lane, String name, String version, String base, Instant since) {
        /** Whether entries may be new that older objects were not joined with. */
        public boolean hasChanged() {
            return !version.equals(base);
        }
    }

    static void make(Sql sql) throws SQLException {
        Schema.make(
                sql,
                "CREATE TABLE lane_lookup (lane TEXT, name TEXT, version TEXT NOT NULL, base TEXT NOT NULL, since_ms BIGINT NOT NULL,"
                        + " hunted_until_ms BIGINT NOT NULL, PRIMARY KEY (lane, name))%2$s");
    }

    /** A run of the lane begins that joins these versions. */
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

    /** What all lanes use. */
    public List<Used> all() {
        return store.reading(sql -> sql.list(
                "SELECT lane, name, version, base, since_ms FROM lane_lookup ORDER BY lane, name",
                row -> new Used(row.lane(), row.text(), row.text(), row.text(), row.time())));
    }

    /** All that was delivered before is joined with this version, too. */
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
     * Whether this process may hunt, or go on with it: for so long nobody else may.
     *
     * @param again whether it may already
     */
    public boolean claim(Used used, Duration time, boolean again) {
        return store.writing(sql -> sql.update(
                        "UPDATE lane_lookup SET hunted_until_ms = %1$s + ? WHERE lane = ? AND name = ? AND base = ? AND hunted_until_ms < %1$s + ?"
                                .formatted(sql.now()),
                        time.toMillis(),
                        used.lane(),
                        used.name(),
                        used.base(),
                        again ? time.toMillis() * 2 : 0)
                > 0);
    }

    static void forget(Sql sql, Lane lane) throws SQLException {
        sql.update("DELETE FROM lane_lookup WHERE lane = ?", lane);
    }
}
