package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.config.Lane;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;

/** The rows of lanes: the start and the progress of each. */
final class LaneTable {
    private LaneTable() {}

    /** The position of a lane, if it has started. */
    static Optional<Position> find(Sql sql, Lane lane) throws SQLException {
        return sql.first(
                "SELECT start_ms, watermark_ms, listing, listed FROM lane WHERE name = ?",
                row -> new Position(row.time(), row.time(), row.textOrNull(), row.textOrNull()),
                lane);
    }

    /** The number of the lane in other tables; empty until it has started. */
    static Optional<Integer> findNumber(Sql sql, Lane lane) throws SQLException {
        return sql.first("SELECT number FROM lane WHERE name = ?", row -> (int) row.number(), lane);
    }

    /** Like {@link #findNumber}, but starts the lane if necessary, at the beginning of everything. */
    static int number(Sql sql, Lane lane) throws SQLException {
        Optional<Integer> number = findNumber(sql, lane);
        if (number.isPresent()) {
            return number.get();
        }
        begin(sql, lane, Instant.EPOCH);
        return findNumber(sql, lane).orElseThrow();
    }

    /** Does nothing if the lane has started. */
    static void begin(Sql sql, Lane lane, Instant from) throws SQLException {
        sql.awaitOthers("lane");
        sql.update(
                "INSERT INTO lane (name, start_ms, watermark_ms, number) VALUES (?, ?, ?,"
                        + " (SELECT coalesce(max(number), 0) + 1 FROM lane)) ON CONFLICT (name) DO NOTHING",
                lane,
                from,
                Position.at(from).watermark());
    }

    /** What its last full listing left out, for people; empty if nothing. */
    static String leftOut(Sql sql, Lane lane) throws SQLException {
        return sql.first("SELECT coalesce(left_out, '') FROM lane WHERE name = ?", Sql.Row::text, lane)
                .orElse("");
    }

    /** Records a complete listing. From now on the lane's start does not matter. */
    static void listed(Sql sql, Lane lane, String range) throws SQLException {
        set(sql, lane, "listed", range);
        sql.update("UPDATE lane SET start_ms = watermark_ms WHERE name = ? AND start_ms > watermark_ms", lane);
    }

    /** Moves the watermark, never back. */
    static void advance(Sql sql, Lane lane, Instant watermark) throws SQLException {
        sql.update("UPDATE lane SET watermark_ms = ? WHERE name = ? AND watermark_ms < ?", watermark, lane, watermark);
    }

    /** Corrects a clock that was ahead: no time of the lane is after {@code now} any more. */
    static void notAfter(Sql sql, Lane lane, Instant now) throws SQLException {
        for (String column : new String[] {"start_ms", "watermark_ms"}) {
            sql.update(
                    "UPDATE lane SET %1$s = ? WHERE name = ? AND %1$s > ? AND %1$s < ?".formatted(column),
                    now,
                    lane,
                    now,
                    Position.AFTER_FIRST_LISTING);
        }
    }

    /** Does nothing until the lane has started. */
    static void set(Sql sql, Lane lane, String column, String value) throws SQLException {
        sql.update("UPDATE lane SET %s = ? WHERE name = ?".formatted(column), value, lane);
    }

    static void forget(Sql sql, Lane lane) throws SQLException {
        sql.update("DELETE FROM lane WHERE name = ?", lane);
    }
}
