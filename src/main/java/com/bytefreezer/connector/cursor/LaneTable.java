package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.cursor.Cursor.Position;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;

/** The rows of lanes: where each begins and how far it is. */
final class LaneTable {
    private LaneTable() {}

    /** Where a lane stands, when it has begun. */
    static Optional<Position> find(Connection connection, String lane) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT start_ms, watermark_ms, listing, listed FROM lane WHERE name = ?")) {
            statement.setString(1, lane);
            try (ResultSet row = statement.executeQuery()) {
                return row.next()
                        ? Optional.of(new Position(
                                Instant.ofEpochMilli(row.getLong(1)),
                                Instant.ofEpochMilli(row.getLong(2)),
                                row.getString(3),
                                row.getString(4)))
                        : Optional.empty();
            }
        }
    }

    /** What stands for the lane's name in other tables; empty while it has not begun. */
    static Optional<Integer> findNumber(Connection connection, String lane) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT number FROM lane WHERE name = ?")) {
            statement.setString(1, lane);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? Optional.of(row.getInt(1)) : Optional.empty();
            }
        }
    }

    /** As {@link #findNumber}; the lane begins where it has not yet, at the beginning of everything. */
    static int number(Store store, Connection connection, String lane) throws SQLException {
        Optional<Integer> number = findNumber(connection, lane);
        if (number.isPresent()) {
            return number.get();
        }
        begin(store, connection, lane, Instant.EPOCH);
        return findNumber(connection, lane).orElseThrow();
    }

    /** Does nothing when the lane has begun. */
    static void begin(Store store, Connection connection, String lane, Instant from) throws SQLException {
        Instant watermark = from.equals(Position.AFTER_FIRST_LISTING) ? Instant.EPOCH : from;
        store.awaitOthers(connection, "lane");
        try (PreparedStatement statement =
                connection.prepareStatement("INSERT INTO lane (name, start_ms, watermark_ms, number) VALUES (?, ?, ?,"
                        + " (SELECT coalesce(max(number), 0) + 1 FROM lane)) ON CONFLICT (name) DO NOTHING")) {
            statement.setString(1, lane);
            statement.setLong(2, from.toEpochMilli());
            statement.setLong(3, watermark.toEpochMilli());
            statement.executeUpdate();
        }
    }

    /** What its last whole listing left out, for people; empty when that is nothing. */
    static String leftOut(Connection connection, String lane) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT left_out FROM lane WHERE name = ?")) {
            statement.setString(1, lane);
            try (ResultSet row = statement.executeQuery()) {
                String text = row.next() ? row.getString(1) : null;
                return text == null ? "" : text;
            }
        }
    }

    /** Does nothing while the lane has not begun. */
    static void leavesOut(Connection connection, String lane, String text) throws SQLException {
        set(connection, lane, "left_out", text);
    }

    /** From now on the lane's start does not matter. */
    static void listed(Connection connection, String lane, String range) throws SQLException {
        set(connection, lane, "listed", range);
        try (PreparedStatement statement = connection.prepareStatement(
                "UPDATE lane SET start_ms = watermark_ms WHERE name = ? AND start_ms > watermark_ms")) {
            statement.setString(1, lane);
            statement.executeUpdate();
        }
    }

    /** Moves the watermark, never back. */
    static void advance(Connection connection, String lane, Instant watermark) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("UPDATE lane SET watermark_ms = ? WHERE name = ? AND watermark_ms < ?")) {
            statement.setLong(1, watermark.toEpochMilli());
            statement.setString(2, lane);
            statement.setLong(3, watermark.toEpochMilli());
            statement.executeUpdate();
        }
    }

    /** The clock was ahead: nothing of the lane lies after {@code now}. */
    static void notAfter(Connection connection, String lane, Instant now) throws SQLException {
        for (String column : new String[] {"start_ms", "watermark_ms"}) {
            try (PreparedStatement statement = connection.prepareStatement(
                    "UPDATE lane SET %1$s = ? WHERE name = ? AND %1$s > ? AND %1$s < ?".formatted(column))) {
                statement.setLong(1, now.toEpochMilli());
                statement.setString(2, lane);
                statement.setLong(3, now.toEpochMilli());
                statement.setLong(4, Position.AFTER_FIRST_LISTING.toEpochMilli());
                statement.executeUpdate();
            }
        }
    }

    static void set(Connection connection, String lane, String column, String value) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("UPDATE lane SET %s = ? WHERE name = ?".formatted(column))) {
            statement.setString(1, value);
            statement.setString(2, lane);
            statement.executeUpdate();
        }
    }

    static void forget(Connection connection, String lane) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("DELETE FROM lane WHERE name = ?")) {
            statement.setString(1, lane);
            statement.executeUpdate();
        }
    }
}
