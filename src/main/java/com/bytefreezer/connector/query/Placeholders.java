package com.bytefreezer.connector.query;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Changes the tree of the user's query so that it reads the table of events, and so that DuckDB writes it with the same meaning. */
final class Placeholders {
    private static final String PLACEHOLDER = "PARQUET_PATH";
    private static final Set<String> READERS = Set.of("read_parquet", "parquet_scan");
    /** Options of read_parquet that the connector sets itself. */
    static final Set<String> OWN_OPTIONS =
            Set.of("hive_partitioning", "hive_types", "hive_types_autocast", "union_by_name");

    private Placeholders() {}

    /**
     * A copy that selects from {@code events} instead of the placeholder.
     *
     * @param virtualColumns receives those that the options ask for
     */
    static JsonNode replaced(JsonNode node, String events, Map<String, String> virtualColumns) {
        if (isPlaceholder(node)) {
            readOptions(node.path("function").path("children"), virtualColumns);
            return table(node, events);
        }
        if (isReadOtherwise(node)) {
            return typed(node);
        }
        return SqlTree.withChildren(node, child -> replaced(child, events, virtualColumns));
    }

    private static boolean isPlaceholder(JsonNode node) {
        if (node.path("type").asText().equals("BASE_TABLE")) {
            return node.path("table_name").asText().equals(PLACEHOLDER);
        }
        JsonNode function = node.path("function");
        JsonNode path = function.path("children").path(0);
        JsonNode only = path.path("function_name").asText().equals("list_value")
                        && path.path("children").size() == 1
                ? path.path("children").path(0)
                : path;
        return node.path("type").asText().equals("TABLE_FUNCTION")
                && READERS.contains(function.path("function_name").asText().toLowerCase(Locale.ROOT))
                && only.path("value").path("value").asText().equals(PLACEHOLDER);
    }

    /** Options are written {@code name = value}, {@code name := value} or {@code name => value}. */
    private static void readOptions(JsonNode arguments, Map<String, String> virtualColumns) {
        for (int i = 1; i < arguments.size(); i++) {
            JsonNode argument = arguments.path(i);
            boolean compared = argument.path("type").asText().equals("COMPARE_EQUAL");
            String name = (compared
                            ? SqlTree.lastName(argument.path("left"))
                            : argument.path("alias").asText())
                    .toLowerCase(Locale.ROOT);
            if (Query.VIRTUAL_COLUMNS.contains(name)) {
                addVirtualColumn(name, compared ? argument.path("right") : argument, virtualColumns);
            } else if (!OWN_OPTIONS.contains(name)) {
                throw Query.wrong(
                        "the option \"%s\" of read_parquet cannot be set here.".formatted(name), "Leave it out.");
            }
        }
    }

    /** {@code true}; for the path also its name. */
    private static void addVirtualColumn(String option, JsonNode value, Map<String, String> virtualColumns) {
        boolean isTruth = value.path("class").asText().equals("CAST");
        String text = value.path("value").path("value").asText();
        if (isTruth
                ? value.at("/child/value/value").asText().equals("t")
                : text.isEmpty() || text.equalsIgnoreCase("true")) {
            virtualColumns.put(option, option);
        } else if (!isTruth && option.equals("filename") && !text.equalsIgnoreCase("false")) {
            virtualColumns.put(text, option);
        }
    }

    /** Whether DuckDB would write a constant in a form that has another type: 1e0 as 1.0, and 5. as 5. */
    private static boolean isReadOtherwise(JsonNode node) {
        JsonNode type = node.at("/value/type");
        return node.path("class").asText().equals("CONSTANT")
                && !node.at("/value/is_null").asBoolean()
                && (type.path("id").asText().equals("DOUBLE")
                        || (type.path("id").asText().equals("DECIMAL")
                                && type.at("/type_info/scale").asInt() == 0));
    }

    private static JsonNode typed(JsonNode constant) {
        ObjectNode text = constant.deepCopy();
        ObjectNode value = (ObjectNode) text.path("value");
        value.put("value", value.path("value").asText());
        ((ObjectNode) value.path("type")).put("id", "VARCHAR").putNull("type_info");
        ObjectNode cast = SqlTree.JSON.createObjectNode();
        cast.put("class", "CAST");
        cast.put("type", "OPERATOR_CAST");
        cast.set("alias", constant.path("alias"));
        cast.set("query_location", constant.path("query_location"));
        cast.set("child", text.put("alias", ""));
        cast.set("cast_type", constant.at("/value/type"));
        cast.put("try_cast", false);
        return cast;
    }

    private static ObjectNode table(JsonNode node, String name) {
        ObjectNode table = SqlTree.JSON.createObjectNode();
        table.put("type", "BASE_TABLE");
        table.set("alias", node.path("alias"));
        table.set("sample", node.path("sample"));
        table.set("query_location", node.path("query_location"));
        table.put("schema_name", "");
        table.put("table_name", name);
        table.set("column_name_alias", node.path("column_name_alias"));
        table.put("catalog_name", "");
        table.putNull("at_clause");
        return table;
    }
}
