package com.bytefreezer.connector.query;

import com.bytefreezer.connector.problem.ConnectorException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What a pack's SQL gives for these events: its columns, each with the one type that its dataset has for it.
 *
 * @param size how many columns the statement has, the number of the event among them
 * @param values expressions over the columns {@code c0}, {@code c1}, … of the statement, by the names in the object
 * @param number the column with the number of the event
 * @param types of the dataset's columns from now on, also of those that this SQL does not give
 * @param missing columns that it names but no event has had yet; they are NULL
 */
record PackColumns(
        PackQuery query,
        int size,
        Map<String, String> values,
        String number,
        Map<String, String> types,
        Set<String> missing) {
    /** More are a mistake. */
    private static final int MOST_MISSING = 100;

    /** Binds the SQL. */
    static PackColumns of(PackQuery query, EventFile events, Map<String, String> known, Connection connection)
            throws SQLException {
        Set<String> missing = new LinkedHashSet<>();
        while (true) {
            try {
                String sql = sql(query, events.nothing() + nulls(missing), "0", "WHERE false");
                List<String> names = names(connection, sql);
                return of(query, names, types(connection, sql, names.size()), known, missing);
            } catch (SQLException e) {
                DuckDbException why = DuckDbException.of(e);
                Optional<String> column = why.unknownColumn().or(why::unknownTable);
                boolean isNew = column.isPresent()
                        && missing.size() < MOST_MISSING
                        && Stream.concat(events.columns().keySet().stream(), missing.stream())
                                .noneMatch(name -> Schema.folded(name).equals(Schema.folded(column.get())));
                if (!isNew) {
                    throw Binding.explained(query.query(), e);
                }
                missing.add(column.get());
            }
        }
    }

    /** The types that hold the values of both, by the names of the first one. */
    static Map<String, String> widened(Map<String, String> one, Map<String, String> other) {
        Map<String, String> all = new LinkedHashMap<>(one);
        Map<String, String> names = folded(one);
        other.forEach((name, type) ->
                all.merge(names.getOrDefault(Schema.folded(name), name), type, (its, another) -> Widening.of(
                                ColumnType.of(its), ColumnType.of(another))
                        .toString()));
        return all;
    }

    private static Map<String, String> folded(Map<String, String> columns) {
        return columns.keySet().stream().collect(Collectors.toMap(Schema::folded, name -> name, (one, other) -> one));
    }

    /** The statement over a table of events. */
    String over(String table, String numbered) {
        return sql(query, "SELECT *" + nulls(missing), numbered, "FROM " + table);
    }

    /** The same over a table whose column {@code number} has the number of the event; the query does not see it. */
    String overNumbered(String table, String number) {
        String numbered = "{'n': %s, 't': %s}".formatted(number, Query.identifier(EventFile.TIME));
        return sql(query, "SELECT * EXCLUDE " + number + nulls(missing), numbered, "FROM " + table);
    }

    private static String sql(PackQuery query, String columns, String number, String rest) {
        Query its = query.query();
        String source = "%s, %s AS %s %s".formatted(columns, number, Query.identifier(its.objectNumber()), rest);
        return its.with(its.overBundle(source), LookupTables.SCHEMA);
    }

    private static String nulls(Set<String> missing) {
        return missing.stream()
                .map(name -> ", NULL AS " + Query.identifier(name))
                .collect(Collectors.joining());
    }

    private static List<String> names(Connection connection, String sql) throws SQLException {
        List<String> names = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("DESCRIBE " + sql)) {
            while (rows.next()) {
                names.add(rows.getString(1));
            }
        }
        return names;
    }

    /** DESCRIBE would call a column without a type an INTEGER, as would a subquery with common table expressions. */
    private static List<ColumnType> types(Connection connection, String sql, int size) throws SQLException {
        List<ColumnType> types = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(typesOf(sql, size, new SqlTree(connection)))) {
            row.next();
            for (int i = 1; i <= size; i++) {
                types.add(ColumnType.of(row.getString(i)));
            }
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("DuckDB's tree is no JSON", e);
        }
        return types;
    }

    private static String typesOf(String sql, int size, SqlTree sqlTree) throws SQLException, JsonProcessingException {
        String typeOf =
                IntStream.range(0, size).mapToObj("typeof(c%d)"::formatted).collect(Collectors.joining(", "));
        JsonNode document = sqlTree.parse("SELECT %s FROM (SELECT 1) LEFT JOIN (SELECT 1) AS r(%s) ON true"
                .formatted(typeOf, RecordStatements.names(size)));
        ObjectNode outer = (ObjectNode) document.at("/statements/0/node");
        ObjectNode inner = (ObjectNode) sqlTree.parse(sql).at("/statements/0/node");
        outer.set("cte_map", inner.replace("cte_map", outer.get("cte_map")));
        ((ObjectNode) outer.at("/from_table/right/subquery")).set("node", inner);
        return sqlTree.text(document);
    }

    private static PackColumns of(
            PackQuery query,
            List<String> names,
            List<ColumnType> types,
            Map<String, String> known,
            Set<String> missing) {
        Map<String, String> kept = new LinkedHashMap<>(known);
        Map<String, String> knownNames = folded(known);
        Map<String, String> values = new LinkedHashMap<>();
        Set<String> taken = new LinkedHashSet<>();
        String number = "";
        for (int i = 0; i < names.size(); i++) {
            String name = names.get(i);
            String folded = Schema.folded(name);
            if (name.equals(query.query().objectNumber())) {
                number = "c" + i;
            } else if (!folded.equals(Schema.folded(EventFile.TIME))
                    && !types.get(i).equals(Widening.NOTHING)) {
                if (!taken.add(folded)) {
                    throw new ConnectorException(
                            "SQL: the result has several columns named %s. Give each its own name with AS."
                                    .formatted(name));
                }
                String last = knownNames.getOrDefault(folded, name);
                ColumnType type = inParquet(types.get(i));
                Optional<ColumnType> set = query.type(folded);
                ColumnType found = kept.containsKey(last) ? Widening.of(ColumnType.of(kept.get(last)), type) : type;
                ColumnType inDataset = set.orElse(found);
                kept.put(last, inDataset.toString());
                String value = value(types.get(i), "c" + i);
                String converted = Widening.convert(type, inDataset, value);
                values.put(last, set.isPresent() ? whole(inDataset, value, converted) : converted);
            }
        }
        return new PackColumns(query, names.size(), values, number, kept, missing);
    }

    /** DuckDB would round what is no whole number. */
    private static String whole(ColumnType type, String value, String converted) {
        return Widening.isWhole(type) && !value.equals(converted)
                ? "CASE WHEN (%1$s) IS NULL OR (%1$s)::DOUBLE = (%2$s)::DOUBLE THEN (%2$s) ELSE error('it is no whole number: ' || (%1$s)::VARCHAR) END"
                        .formatted(value, converted)
                : converted;
    }

    /** The type of {@link #value}. */
    private static ColumnType inParquet(ColumnType type) {
        if (type.is("HUGEINT") || type.is("UHUGEINT")) {
            return new ColumnType("DECIMAL", "38,0", List.of(), List.of());
        }
        return ParquetFile.isUnknown(type) || type.is("ENUM") ? Widening.TEXT : type;
    }

    private static String value(ColumnType type, String column) {
        return type.is("ENUM") ? column + "::VARCHAR" : ParquetFile.value(type, column);
    }
}
