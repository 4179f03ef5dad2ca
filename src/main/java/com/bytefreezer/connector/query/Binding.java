package com.bytefreezer.connector.query;

import com.bytefreezer.connector.ConnectorException;
import com.bytefreezer.connector.query.JsonRendering.Column;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What a query gives over the columns of a dataset, whatever single objects have. Kept as long as these columns stay the
 * same. Safe for use by several threads.
 */
final class Binding {
    private static final Pattern UNKNOWN_COLUMN =
            Pattern.compile("(?:Referenced column \"(.+?)\" not found|does not have a column named \"(.+?)\")");
    /** What else names a part of the user's text, so that its place can be told. */
    private static final Pattern OTHER_NAME = Pattern.compile(
            "with name (\\S+) does not exist|column \"(.+?)\" must appear in|argument types '(\\w+)\\(|[Aa]mbiguous reference to column name \"(.+?)\"");

    private final Footers.Connections connections;
    private final Map<Key, Bound> known = new ConcurrentHashMap<>();

    private record Key(Query query, Schema schema, long version, String number) {}

    /**
     * The columns of a query's result.
     *
     * @param virtualColumns the further columns that the scan needs for it, with their expressions
     */
    record Bound(List<Column> columns, Map<String, String> virtualColumns) {}

    Binding(Footers.Connections connections) {
        this.connections = connections;
    }

    /** Binds the query over a table that has all columns and no rows. */
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
        Map<String, String> virtual = new LinkedHashMap<>(query.virtualColumns());
        for (String name : virtual.keySet()) {
            if (schema.has(name)) {
                throw new ConnectorException(
                        "SQL: the data has a column %s of its own, so %s=true has no name for its values. Nothing was exported. %s"
                                .formatted(
                                        name,
                                        virtual.get(name),
                                        virtual.get(name).equals("filename")
                                                ? "Name the path: filename='path'."
                                                : "Leave it out."));
            }
        }
        while (true) {
            try (Connection connection = connections.open()) {
                return new Bound(columns(connection, over(query, schema, virtual, number), number), virtual);
            } catch (SQLException e) {
                String name = unknownColumn(e);
                if (name == null
                        || !Query.VIRTUAL_COLUMNS.contains(name.toLowerCase(Locale.ROOT))
                        || virtual.putIfAbsent(name, name) != null) {
                    throw e;
                }
            }
        }
    }

    private static String over(Query query, Schema schema, Map<String, String> virtual, String number) {
        StringBuilder columns = new StringBuilder(schema.nothing());
        virtual.forEach((name, expression) -> columns.append(columns.isEmpty() ? "" : ", ")
                .append(expression.equalsIgnoreCase("filename") ? "''" : "0::BIGINT")
                .append(" AS ")
                .append(Query.identifier(name)));
        if (number.isEmpty()) {
            return query.over("SELECT " + columns + " WHERE false");
        }
        return query.overBundle("SELECT " + columns + ", 0 AS " + Query.identifier(number) + " WHERE false");
    }

    private static List<Column> columns(Connection connection, String sql, String number) throws SQLException {
        List<Column> all = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("DESCRIBE " + sql)) {
            while (rows.next()) {
                all.add(Column.of(rows.getString(1), rows.getString(2)));
            }
        }
        Set<String> names = new LinkedHashSet<>();
        Set<String> repeated = new LinkedHashSet<>();
        for (Column column : all) {
            if (!names.add(column.name()) && !column.name().equals(number)) {
                repeated.add(column.name());
            }
        }
        if (!repeated.isEmpty()) {
            throw new ConnectorException("SQL: the result has several columns named %s. Give each its own name with AS."
                    .formatted(String.join(", ", repeated)));
        }
        return List.copyOf(all);
    }

    private static @Nullable String unknownColumn(SQLException e) {
        return firstGroup(UNKNOWN_COLUMN.matcher(String.valueOf(e.getMessage())))
                .orElse(null);
    }

    /** With the place in the user's text, where the message names a part of it. */
    static ConnectorException explained(Query query, SQLException e) {
        String message = Query.sentence(Query.firstLine(e));
        if (!message.matches("(Parser|Binder|Catalog) Error.*")) {
            return new ConnectorException("DuckDB: " + message, e);
        }
        return Optional.ofNullable(unknownColumn(e))
                .or(() -> firstGroup(OTHER_NAME.matcher(String.valueOf(e.getMessage()))))
                .flatMap(query::positionOf)
                .<ConnectorException>map(position -> new SqlException(position, message, e))
                .orElseGet(() -> new ConnectorException("SQL: " + message, e));
    }

    private static Optional<String> firstGroup(Matcher matcher) {
        return matcher.find()
                ? IntStream.rangeClosed(1, matcher.groupCount())
                        .mapToObj(matcher::group)
                        .filter(Objects::nonNull)
                        .findFirst()
                : Optional.empty();
    }
}
