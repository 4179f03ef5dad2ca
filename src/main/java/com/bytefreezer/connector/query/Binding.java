package com.bytefreezer.connector.query;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.problem.Problem.Kind;
import com.bytefreezer.connector.query.JsonRendering.Column;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The result columns of a query over the columns of a dataset, not of single objects. Remembered until the dataset's columns change. Safe for use by several threads.
 */
final class Binding {
    /** Everything that a query may read, as views on a separate connection. */
    private static final List<String> SOURCES = List.of(
            "CREATE OR REPLACE TEMP VIEW events AS %s WHERE false",
            "CREATE OR REPLACE TEMP VIEW \"PARQUET_PATH\" AS FROM events",
            reader("read_parquet"),
            reader("parquet_scan"));

    private final Footers.Connections connections;
    private final LookupTables lookups;
    private final Map<Key, Bound> known = new ConcurrentHashMap<>();

    private record Key(Query query, Schema schema, long version, String number) {}

    /**
     * The columns of a query's result.
     *
     * @param virtualColumns the additional columns of the scan for this query, with their expressions
     */
    record Bound(List<Column> columns, Map<String, String> virtualColumns) {}

    Binding(Footers.Connections connections, LookupTables lookups) {
        this.connections = connections;
        this.lookups = lookups;
    }

    private static String reader(String name) {
        return "CREATE OR REPLACE TEMP MACRO %s(path, %s) AS TABLE FROM events"
                .formatted(
                        name,
                        Stream.concat(Placeholders.OWN_OPTIONS.stream(), Query.VIRTUAL_COLUMNS.stream())
                                .map(option -> option + " := NULL")
                                .collect(Collectors.joining(", ")));
    }

    /** Binds the query over a table with all columns and no rows. */
    Bound of(Query query, Schema schema, String number) throws SQLException {
        Key key = new Key(query, schema, schema.version(), number);
        Bound bound = known.get(key);
        if (bound == null) {
            bound = bind(query, schema, number);
            known.put(key, bound);
        }
        return bound;
    }

    private Bound bind(Query query, Schema schema, String number) throws SQLException {
        requireLookups(query);
        Map<String, String> virtual = new LinkedHashMap<>(query.virtualColumns());
        for (String name : virtual.keySet()) {
            if (schema.has(name)) {
                throw new ConnectorException(
                        "SQL: the data has a column %s of its own, so %s=true has no name for its values."
                                .formatted(name, virtual.get(name)),
                        Problem.NOTHING_EXPORTED,
                        virtual.get(name).equals("filename") ? "Name the path: filename='path'." : "Leave it out.",
                        null);
            }
        }
        while (true) {
            try (Connection connection = connections.open()) {
                String nothing = nothing(schema, virtual);
                List<Column> columns = described(connection, over(query, nothing, number));
                List<Column> named = query.use().isAll()
                        ? List.copyOf(columns)
                        : named(columns, names(connection, query, nothing), number);
                requireDifferent(named, number);
                return new Bound(named, virtual);
            } catch (SQLException e) {
                String name = DuckDbException.of(e).unknownColumn().orElse("");
                if (!Query.VIRTUAL_COLUMNS.contains(name.toLowerCase(Locale.ROOT))
                        || virtual.putIfAbsent(name, name) != null) {
                    throw e;
                }
            }
        }
    }

    private void requireLookups(Query query) {
        for (String name : query.lookups()) {
            if (lookups.tables().stream().noneMatch(table -> table.name().equals(name))) {
                throw query.without(name);
            }
        }
    }

    /** A SELECT of all columns of the dataset, without rows. */
    private static String nothing(Schema schema, Map<String, String> virtual) {
        StringBuilder columns = new StringBuilder(schema.nothing());
        virtual.forEach((name, expression) -> columns.append(columns.isEmpty() ? "" : ", ")
                .append(expression.equalsIgnoreCase("filename") ? "''" : "0::BIGINT")
                .append(" AS ")
                .append(Query.identifier(name)));
        return "SELECT " + columns;
    }

    private static String over(Query query, String nothing, String number) {
        String also = number.isEmpty() ? "" : ", 0 AS " + Query.identifier(number);
        String over = query.over(nothing + also + " WHERE false", number);
        return query.with(over, LookupTables.SCHEMA);
    }

    private static List<Column> described(Connection connection, String sql) throws SQLException {
        List<Column> all = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("DESCRIBE " + sql)) {
            while (rows.next()) {
                all.add(Column.of(rows.getString(1), rows.getString(2)));
            }
        }
        return all;
    }

    /**
     * The names that DuckDB gives the columns of the user's text. An expression without a name is named by its text, which the tree would change: {@code CAST('1.0' AS DOUBLE)} for {@code 1e0}.
     */
    private static List<String> names(Connection connection, Query query, String nothing) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String prepared : SOURCES) {
                statement.execute(prepared.formatted(nothing));
            }
            for (String lookup : query.lookups()) {
                String name = Query.identifier(lookup);
                statement.execute(
                        "CREATE OR REPLACE TEMP VIEW %s AS FROM %s.%s".formatted(name, LookupTables.SCHEMA, name));
            }
        }
        try {
            return described(connection, query.text()).stream()
                    .map(Column::name)
                    .toList();
        } catch (SQLException e) {
            // The query cannot be described, for example because it is a DESCRIBE itself.
            return List.of();
        }
    }

    /** A bundle has an additional column, the number of the object. */
    private static List<Column> named(List<Column> columns, List<String> names, String number) {
        List<Column> named = new ArrayList<>();
        Iterator<String> next = names.iterator();
        for (Column column : columns) {
            boolean isUsers = !column.name().equals(number) && next.hasNext();
            named.add(isUsers ? new Column(next.next(), column.type(), column.typeName()) : column);
        }
        return List.copyOf(named);
    }

    private static void requireDifferent(List<Column> columns, String number) {
        Set<String> names = new LinkedHashSet<>();
        Set<String> repeated = new LinkedHashSet<>();
        for (Column column : columns) {
            if (!names.add(column.name()) && !column.name().equals(number)) {
                repeated.add(column.name());
            }
        }
        if (!repeated.isEmpty()) {
            throw new ConnectorException("SQL: the result has several columns named %s. Give each its own name with AS."
                    .formatted(String.join(", ", repeated)));
        }
    }

    /** Adds the place in the user's text if the message names a part of it. */
    static ConnectorException explained(Query query, SQLException e) {
        DuckDbException read = DuckDbException.of(e);
        String message = read.sentence();
        if (read.kind() != Kind.BAD_SQL) {
            return new ConnectorException("DuckDB: " + message, read);
        }
        String remedy = read.unknownColumn()
                .map(name -> Habits.remedyForColumn(query.text(), name))
                .orElse("");
        return read.name()
                .flatMap(query::positionOf)
                .<ConnectorException>map(position -> new SqlException(position, message, remedy, read))
                .orElseGet(() -> new ConnectorException("SQL: " + message, read));
    }
}
