package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.cursor.History.Run;
import com.bytefreezer.connector.cursor.History.State;
import com.bytefreezer.connector.cursor.History.Total;
import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The rows of runs that have ended, and one for each lane with their total. */
final class RunTable {
    private static final ObjectMapper JSON = Json.mapper();
    private static final TypeReference<TreeMap<String, Long>> NUMBERS = new TypeReference<>() {};
    private static final TypeReference<TreeMap<String, String>> TEXTS = new TypeReference<>() {};

    private static final String COLUMNS =
            "lane, started_ms, finished_ms, state, objects, selected, accepted, duplicates, dead_lettered, retries, listed, oldest_undelivered_ms, message, lookups";
    private static final String TOTAL_COLUMNS =
            "selected, accepted, duplicates, dead_lettered, retries, last_success_ms";

    private RunTable() {}

    /** Creates the tables if they are missing. They are older than the versions of {@link Tables}. */
    static void make(Sql sql) throws SQLException {
        sql.execute(
                "CREATE TABLE IF NOT EXISTS run (lane TEXT, started_ms BIGINT, finished_ms BIGINT NOT NULL, state TEXT NOT NULL,"
                        + " objects BIGINT NOT NULL, selected BIGINT NOT NULL, accepted BIGINT NOT NULL, duplicates BIGINT NOT NULL,"
                        + " dead_lettered BIGINT NOT NULL, retries TEXT NOT NULL, listed INTEGER NOT NULL, oldest_undelivered_ms BIGINT,"
                        + " message TEXT, PRIMARY KEY (lane, started_ms))",
                "CREATE TABLE IF NOT EXISTS total (lane TEXT PRIMARY KEY, selected BIGINT NOT NULL, accepted BIGINT NOT NULL,"
                        + " duplicates BIGINT NOT NULL, dead_lettered BIGINT NOT NULL, retries TEXT NOT NULL, last_success_ms BIGINT)");
    }

    /**
     * Adds a run, also to the total.
     *
     * @param mostRuns the number kept for each lane
     */
    static void add(Sql sql, Run run, int mostRuns) throws SQLException {
        sql.update(
                "INSERT INTO run (%s) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)".formatted(COLUMNS)
                        // Another replica may have begun in the same millisecond.
                        + " ON CONFLICT (lane, started_ms) DO NOTHING",
                run.lane(),
                run.started(),
                run.finished(),
                run.state().name(),
                run.objects(),
                run.counts().selected(),
                run.counts().accepted(),
                run.counts().duplicates(),
                run.counts().deadLettered(),
                json(run.retries()),
                run.listed() ? 1 : 0,
                run.oldestUndelivered(),
                run.message(),
                json(run.lookups()));
        Total total = total(sql, run.lane()).plus(run);
        sql.update(
                "INSERT INTO total (lane, %s) VALUES (?, ?, ?, ?, ?, ?, ?)".formatted(TOTAL_COLUMNS)
                        + " ON CONFLICT (lane) DO UPDATE SET selected = excluded.selected, accepted = excluded.accepted,"
                        + " duplicates = excluded.duplicates, dead_lettered = excluded.dead_lettered, retries = excluded.retries,"
                        + " last_success_ms = excluded.last_success_ms",
                run.lane(),
                total.counts().selected(),
                total.counts().accepted(),
                total.counts().duplicates(),
                total.counts().deadLettered(),
                json(total.retries()),
                total.lastSuccess());
        sql.update(
                "DELETE FROM run WHERE lane = ? AND started_ms <= (SELECT started_ms FROM run WHERE lane = ? ORDER BY started_ms DESC LIMIT 1 OFFSET %d)"
                        .formatted(mostRuns),
                run.lane(),
                run.lane());
    }

    static void forget(Sql sql, Run run) throws SQLException {
        sql.update("DELETE FROM run WHERE lane = ? AND started_ms = ?", run.lane(), run.started());
    }

    /**
     * The newest runs of a lane, newest first.
     *
     * @param condition in SQL
     */
    static List<Run> newest(Sql sql, Lane lane, String condition, int most) throws SQLException {
        return sql.list(
                "SELECT %s FROM run WHERE lane = ? AND %s ORDER BY started_ms DESC LIMIT %d"
                        .formatted(COLUMNS, condition, most),
                row -> new Run(
                        row.lane(),
                        row.time(),
                        row.time(),
                        State.valueOf(row.text()),
                        row.number(),
                        row.counts(),
                        numbers(row.text()),
                        row.number() == 1,
                        row.timeOrNull(),
                        row.textOrNull(),
                        read(row.text(), TEXTS)),
                lane);
    }

    static Total total(Sql sql, Lane lane) throws SQLException {
        return sql.first(
                        "SELECT %s FROM total WHERE lane = ?".formatted(TOTAL_COLUMNS),
                        row -> new Total(row.counts(), numbers(row.text()), row.timeOrNull()),
                        lane)
                .orElse(Total.NONE);
    }

    private static String json(Map<String, ?> values) {
        try {
            return JSON.writeValueAsString(values);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Map<String, Long> numbers(String json) {
        return read(json, NUMBERS);
    }

    private static <T> T read(String json, TypeReference<T> type) {
        try {
            return JSON.readValue(json, type);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
