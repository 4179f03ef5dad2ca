package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.config.Lane;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Statements on one connection to a store. For one thread at a time.
 *
 * <p>Each value takes the place of a {@code ?}: a text, number, boolean, lane, time (in milliseconds since 1970), array of
 * texts (only in PostgreSQL) or null.
 */
final class Sql {
    private final Connection connection;
    private final Dialect dialect;

    Sql(Connection connection, Dialect dialect) {
        this.connection = connection;
        this.dialect = dialect;
    }

    /** Makes a value of a row. */
    interface Reading<T> {
        T of(Row row) throws SQLException;
    }

    /** Uses a row. */
    interface Use {
        void of(Row row) throws SQLException;
    }

    /** The columns of a row; each call returns the next one. */
    static final class Row {
        private final ResultSet row;
        private int column;

        private Row(ResultSet row) {
            this.row = row;
        }

        private boolean next() throws SQLException {
            column = 0;
            return row.next();
        }

        String text() throws SQLException {
            return row.getString(++column);
        }

        Lane lane() throws SQLException {
            return Lane.parse(text());
        }

        @Nullable
        String textOrNull() throws SQLException {
            return row.getString(++column);
        }

        /** 0 for null. */
        long number() throws SQLException {
            return row.getLong(++column);
        }

        boolean flag() throws SQLException {
            return row.getBoolean(++column);
        }

        /** 1970 for null. */
        Instant time() throws SQLException {
            return Instant.ofEpochMilli(number());
        }

        @Nullable
        Instant timeOrNull() throws SQLException {
            long milliseconds = number();
            return row.wasNull() ? null : Instant.ofEpochMilli(milliseconds);
        }

        /** Of four columns: selected, accepted, duplicates, dead_lettered. */
        Counts counts() throws SQLException {
            return new Counts(number(), number(), number(), number());
        }
    }

    Dialect dialect() {
        return dialect;
    }

    /** The time in milliseconds by the store's clock, as an expression. */
    String now() {
        return dialect.now();
    }

    /** Runs statements without values. */
    void execute(String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String each : statements) {
                statement.execute(each);
            }
        }
    }

    /** Changes rows, and returns how many. */
    int update(String sql, @Nullable Object... values) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            bind(statement, values);
            return statement.executeUpdate();
        }
    }

    /**
     * Runs {@code sql} once for each of these values, in one round trip to the database.
     *
     * @return the number of changed rows, if the driver tells it
     */
    int updateEach(String sql, List<@Nullable Object[]> values) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (@Nullable Object[] each : values) {
                bind(statement, each);
                statement.addBatch();
            }
            int rows = 0;
            for (int changed : statement.executeBatch()) {
                rows += changed;
            }
            return rows;
        }
    }

    /** Does something for each row while it is read. */
    void each(String sql, Use use, @Nullable Object... values) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            bind(statement, values);
            try (ResultSet rows = statement.executeQuery()) {
                Row row = new Row(rows);
                while (row.next()) {
                    use.of(row);
                }
            }
        }
    }

    <T> List<T> list(String sql, Reading<T> reading, @Nullable Object... values) throws SQLException {
        List<T> list = new ArrayList<>();
        each(sql, row -> list.add(reading.of(row)), values);
        return list;
    }

    <T> Optional<T> first(String sql, Reading<T> reading, @Nullable Object... values) throws SQLException {
        return list(sql, reading, values).stream().findFirst();
    }

    /** The number that the query returns; 0 if it returns none. */
    long number(String sql, @Nullable Object... values) throws SQLException {
        return first(sql, Row::number, values).orElse(0L);
    }

    /** Whether the query returns a row. */
    boolean finds(String sql, @Nullable Object... values) throws SQLException {
        return !list(sql, row -> true, values).isEmpty();
    }

    boolean hasTable(String name) throws SQLException {
        try (ResultSet tables = connection.getMetaData().getTables(null, connection.getSchema(), name, null)) {
            return tables.next();
        }
    }

    /** Locks {@code name} until this transaction ends; waits for other replicas. */
    void awaitOthers(String name) throws SQLException {
        if (dialect.lock() != null) {
            finds(dialect.lock(), name);
        }
    }

    /** {@code count} places for values, for {@code IN}. */
    static String places(int count) {
        return "?, ".repeat(count - 1) + "?";
    }

    private void bind(PreparedStatement statement, @Nullable Object[] values) throws SQLException {
        for (int i = 0; i < values.length; i++) {
            Object value = values[i];
            if (value instanceof Instant time) {
                statement.setLong(i + 1, time.toEpochMilli());
            } else if (value instanceof Lane lane) {
                statement.setString(i + 1, lane.toString());
            } else if (value instanceof String[] texts) {
                statement.setArray(i + 1, connection.createArrayOf("text", texts));
            } else {
                statement.setObject(i + 1, value);
            }
        }
    }
}
