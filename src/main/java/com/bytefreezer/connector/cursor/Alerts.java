package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.config.Lane;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;

/**
 * What people have been told about lanes and is not over yet, so that no restart and no replica tells it again. Safe for
 * use by several threads.
 */
public final class Alerts {
    private final Visit store;

    Alerts(Visit store) {
        this.store = store;
    }

    /** One condition of a lane, since when. */
    public record Told(Lane lane, String condition, Instant since) {}

    /** alert: a row for each condition that somebody has been told of. */
    static void make(Sql sql) throws SQLException {
        Tables.make(
                sql,
                "CREATE TABLE alert (lane TEXT, condition TEXT, since_ms BIGINT NOT NULL, PRIMARY KEY (lane, condition))%2$s");
    }

    /** All of them. */
    public List<Told> all() {
        return store.reading(sql -> sql.list(
                "SELECT lane, condition, since_ms FROM alert ORDER BY lane, condition",
                row -> new Told(row.lane(), row.text(), row.time())));
    }

    /** Whether this process is the one to tell; then nobody else is. */
    public boolean begin(Told told) {
        return store.writing(sql -> sql.update(
                        "INSERT INTO alert (lane, condition, since_ms) VALUES (?, ?, ?) ON CONFLICT (lane, condition) DO NOTHING",
                        told.lane(),
                        told.condition(),
                        told.since())
                > 0);
    }

    /** The same for its end. */
    public boolean end(Told told) {
        return store.writing(sql ->
                sql.update("DELETE FROM alert WHERE lane = ? AND condition = ?", told.lane(), told.condition()) > 0);
    }
}
