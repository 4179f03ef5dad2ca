package com.bytefreezer.connector.query;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Decides what a user's statement may do: read {@code events}, lookups and its own common table expressions, and compute with their values. It refuses every other table, view and file, functions that show or change DuckDB's state, and functions that are known to crash its process. Looks only at the parsed statement, before anything is bound.
 */
final class Allowed {
    private static final Set<String> QUERIES =
            Set.of("SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE");
    private static final Set<String> TABLES =
            Set.of("BASE_TABLE", "SUBQUERY", "JOIN", "TABLE_FUNCTION", "EXPRESSION_LIST", "EMPTY", "SHOW_REF", "PIVOT");
    /** Functions that only work on values of the query. */
    private static final Set<String> TABLE_FUNCTIONS =
            Set.of("unnest", "range", "generate_series", "json_each", "json_tree", "repeat");

    /** Functions that show or change the state of DuckDB, or take SQL or names as text. */
    private static final Set<String> OF_THE_STATE = Set.of(
            "current_connection_id",
            "current_query",
            "current_query_id",
            "current_setting",
            "current_transaction_id",
            "currval",
            "get_block_size",
            "getenv",
            "getvariable",
            "json_deserialize_sql",
            "json_execute_serialized_sql",
            "json_serialize_plan",
            "json_serialize_sql",
            "nextval",
            "parse_duckdb_log_message",
            "pg_get_constraintdef",
            "pg_get_expr",
            "pg_get_viewdef",
            "setseed",
            "stats",
            "txid_current",
            "version",
            "write_log");

    /** With odd values, these crash DuckDB 1.5.5, read foreign memory or ignore every limit (measured). */
    private static final Set<String> UNSAFE = Set.of(
            "json_contains",
            "json_group_structure",
            "json_merge_patch",
            "json_structure",
            "make_type",
            "reservoir_quantile",
            "variant_bytes_to_variant",
            "variant_extract",
            "variant_normalize",
            "variant_to_parquet_variant",
            "variant_typeof");

    /** These are safe if their structure is simple and constant. */
    private static final Set<String> OF_A_STRUCTURE =
            Set.of("from_json", "from_json_strict", "json_transform", "json_transform_strict");

    /** The maximum nesting of brackets, because DuckDB recurses for each. */
    private static final int MOST_BRACKETS = 1_000;

    /** With values of this type, some of DuckDB's own functions read foreign memory. */
    private static final String UNSAFE_TYPE = "variant";

    /**
     * A problem of the statement.
     *
     * @param node the part of the statement; may have a place in the text
     * @param what is wrong with it, as the end of a message
     */
    record Refusal(JsonNode node, String what) {}

    private Allowed() {}

    /**
     * The first problem, if any.
     *
     * @param statement from {@code json_serialize_sql}
     * @param events the name of the dataset's table
     * @param lookups the names of lookups, in lower case
     */
    static Optional<Refusal> refusal(JsonNode statement, String events, Set<String> lookups) {
        Set<String> tables = new HashSet<>(lookups);
        tables.add(lower(events));
        return refusal(statement, tables);
    }

    private static Optional<Refusal> refusal(JsonNode node, Set<String> tables) {
        return node.has("cte_map")
                ? ofQuery(node, tables)
                : ofNode(node).or(() -> ofTable(node, tables)).or(() -> ofChildren(node, tables));
    }

    /** As in DuckDB, an expression sees those before it, and itself if it is recursive. */
    private static Optional<Refusal> ofQuery(JsonNode query, Set<String> outer) {
        if (!QUERIES.contains(query.path("type").asText())) {
            return Optional.of(new Refusal(query, "only a SELECT can be run here"));
        }
        Set<String> tables = new HashSet<>(outer);
        for (JsonNode entry : query.at("/cte_map/map")) {
            String name = lower(entry.path("key").asText());
            boolean isRecursive = entry.at("/value/query/node/type").asText().equals("RECURSIVE_CTE_NODE");
            Set<String> seen = new HashSet<>(tables);
            if (isRecursive) {
                seen.add(name);
            }
            Optional<Refusal> refusal = refusal(entry.path("value"), seen);
            if (refusal.isPresent()) {
                return refusal;
            }
            tables.add(name);
        }
        return query.properties().stream()
                .filter(field -> !field.getKey().equals("cte_map"))
                .flatMap(field -> refusal(field.getValue(), tables).stream())
                .findFirst();
    }

    private static Optional<Refusal> ofChildren(JsonNode node, Set<String> tables) {
        return StreamSupport.stream(node.spliterator(), false)
                .flatMap(child -> refusal(child, tables).stream())
                .findFirst();
    }

    /** Whether nobody may use this function or type. */
    private static Optional<Refusal> ofNode(JsonNode node) {
        String function = lower(node.path("function_name").asText());
        if (OF_THE_STATE.contains(function) || UNSAFE.contains(function) || function.startsWith("__internal_")) {
            return Optional.of(new Refusal(node, "the function %s cannot be used here".formatted(function)));
        }
        if (OF_A_STRUCTURE.contains(function) && !isSimple(node.path("children").path(1))) {
            return Optional.of(new Refusal(
                    node, "the structure of %s must be a simple text, or it cannot be used here".formatted(function)));
        }
        // By DuckDB's name if DuckDB knows it, otherwise as written.
        boolean isUnsafe = lower(node.path("id").asText()).equals(UNSAFE_TYPE)
                || (node.path("type").asText().equals("UNBOUND_TYPE_INFO")
                        && lower(node.path("name").asText()).equals(UNSAFE_TYPE));
        return isUnsafe ? Optional.of(new Refusal(node, "the type VARIANT cannot be used here")) : Optional.empty();
    }

    private static boolean isSimple(JsonNode structure) {
        String text = structure.at("/value/value").asText();
        return structure.path("class").asText().equals("CONSTANT")
                && text.chars().filter(c -> c == '[' || c == '{').count() <= MOST_BRACKETS
                // An escaped letter would hide it.
                && !text.contains("\\")
                && !lower(text).contains(UNSAFE_TYPE);
    }

    private static Optional<Refusal> ofTable(JsonNode node, Set<String> tables) {
        boolean isTable = node.has("type") && node.has("alias") && node.has("sample") && !node.has("class");
        if (!isTable) {
            return Optional.empty();
        }
        String type = node.path("type").asText();
        boolean refused =
                switch (type) {
                    case "BASE_TABLE" ->
                        !tables.contains(lower(node.path("table_name").asText()))
                                || !node.path("schema_name").asText().isEmpty()
                                || !node.path("catalog_name").asText().isEmpty()
                                || node.hasNonNull("at_clause");
                    case "SHOW_REF" -> !node.path("table_name").asText().isEmpty() || !node.hasNonNull("query");
                    case "TABLE_FUNCTION" ->
                        !TABLE_FUNCTIONS.contains(
                                lower(node.at("/function/function_name").asText()));
                    default -> !TABLES.contains(type);
                };
        return refused ? Optional.of(new Refusal(node, whatOf(type, node))) : Optional.empty();
    }

    private static String whatOf(String type, JsonNode node) {
        return switch (type) {
            case "BASE_TABLE" ->
                node.hasNonNull("at_clause")
                        ? "AT cannot be used here"
                        : "there is no table %s here".formatted(nameOf(node));
            case "TABLE_FUNCTION" ->
                "the table function %s cannot be used here"
                        .formatted(node.at("/function/function_name").asText());
            default -> "this cannot be used here";
        };
    }

    private static String nameOf(JsonNode table) {
        return Stream.of("catalog_name", "schema_name", "table_name")
                .map(part -> table.path(part).asText())
                .filter(part -> !part.isEmpty())
                .collect(Collectors.joining("."));
    }

    /** As DuckDB compares names: it folds only ASCII letters. Folding others would confuse different names. */
    static String lower(String name) {
        return name.chars()
                .map(c -> c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }
}
