package com.bytefreezer.connector.query;

import com.bytefreezer.connector.problem.ConnectorException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The SQL of a pack: one SELECT over the table {@code incoming}, which makes rows of each event by itself. Immutable.
 */
public final class PackQuery {
    /** The table with what has arrived. */
    public static final String TABLE = "incoming";
    /** The SQL of a dataset that has none. */
    public static final String ALL = "SELECT * FROM " + TABLE;

    private static final String REMEDY =
            "Write SELECT columns FROM incoming, with WHERE and joins with lookups if you need them.";

    private final Query query;
    private final Map<String, ColumnType> types;

    private PackQuery(Query query, Map<String, ColumnType> types) {
        this.query = query;
        this.types = types;
    }

    /**
     * Parses {@code text} without touching any data.
     *
     * @param connection to any DuckDB
     * @param isLookup whether a name, in lower case, may be that of a lookup
     * @throws ConnectorException if it is no SELECT over {@code incoming}, or needs several events at once
     */
    public static PackQuery parse(String text, Connection connection, Predicate<String> isLookup) {
        Query query = Query.parse(text, connection, name -> !name.equals(TABLE) && isLookup.test(name), TABLE);
        Optional<String> together = together(text, connection);
        if (together.isPresent()) {
            throw wholeEvents(together.get());
        }
        if (!query.canBundle()) {
            throw Query.wrong("its FROM must name incoming itself, once, and it must select columns of it.", REMEDY);
        }
        return new PackQuery(query, Map.of());
    }

    /**
     * The same query with types of the columns that it makes, whatever values they have.
     *
     * @param text in the form of {@code columns.types}
     * @throws ConnectorException if a type is not one of DuckDB's
     */
    public PackQuery with(String text, Connection connection) {
        PinnedTypes.check("types", text, connection);
        return new PackQuery(query, PinnedTypes.of(text));
    }

    /** The type that people have set for a column. */
    Optional<ColumnType> type(String folded) {
        return Optional.ofNullable(types.get(folded));
    }

    /** The problem that it needs several events at once, which are not in one pack. */
    static ConnectorException wholeEvents(String what) {
        return Query.wrong(
                "it uses %s, but a pack makes rows of each event by itself.".formatted(what),
                "Leave it out; exports and queries may use it.");
    }

    /** The names of the lookups that it reads, in lower case. */
    public Set<String> lookups() {
        return query.lookups();
    }

    /** The same query for those who bind it. */
    Query query() {
        return query;
    }

    /** What needs several events, by its name in SQL; the plan shows the rest. */
    private static Optional<String> together(String text, Connection connection) {
        try {
            SqlTree sqlTree = new SqlTree(connection);
            JsonNode select = sqlTree.parse(text).at("/statements/0/node");
            Set<String> aggregates = Functions.aggregates(sqlTree);
            return Stream.of(
                            select.path("modifiers").findValuesAsText("type").stream()
                                    .map(PackQuery::clause)
                                    .findFirst(),
                            named(
                                    "GROUP BY",
                                    !select.path("group_expressions").isEmpty()
                                            || !select.path("aggregate_handling")
                                                    .asText("STANDARD_HANDLING")
                                                    .equals("STANDARD_HANDLING")),
                            named("HAVING", select.hasNonNull("having")),
                            named("QUALIFY", select.hasNonNull("qualify")),
                            named("a sample", select.hasNonNull("sample")),
                            ofItself(select)
                                    .filter(node -> SqlTree.isOf(node, "WINDOW"))
                                    .map(node -> "a window function")
                                    .findFirst(),
                            ofItself(select)
                                    .filter(node -> SqlTree.isOf(node, "FUNCTION"))
                                    .map(node -> Allowed.lower(
                                            node.path("function_name").asText()))
                                    .filter(aggregates::contains)
                                    .map("the aggregate %s"::formatted)
                                    .findFirst())
                    .flatMap(Optional::stream)
                    .findFirst();
        } catch (SQLException | JsonProcessingException e) {
            throw new ConnectorException("SQL: it cannot be read (%s).".formatted(e.getMessage()), e);
        }
    }

    private static Optional<String> named(String name, boolean there) {
        return there ? Optional.of(name) : Optional.empty();
    }

    private static String clause(String modifier) {
        return switch (modifier) {
            case "ORDER_MODIFIER" -> "ORDER BY";
            case "DISTINCT_MODIFIER" -> "DISTINCT";
            default -> "LIMIT";
        };
    }

    /** Its nodes without those of subqueries, which may be over lookups. */
    private static Stream<JsonNode> ofItself(JsonNode node) {
        return Stream.concat(
                Stream.of(node),
                SqlTree.children(node)
                        .filter(child -> !child.path("type").asText().equals("SELECT_NODE"))
                        .flatMap(PackQuery::ofItself));
    }
}
