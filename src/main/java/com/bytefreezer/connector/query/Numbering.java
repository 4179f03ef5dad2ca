package com.bytefreezer.connector.query;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** Adds a column to the result of a query: which row of {@code events} each row of the result is made of. */
final class Numbering {
    /** DuckDB's own column of a scan, beside the virtual ones. */
    private static final String FILE_INDEX = "file_index";

    private Numbering() {}

    /** The query with one more column of the scan at its end; empty if that would change the result. */
    static Optional<String> of(JsonNode document, String events, String column, SqlTree sqlTree)
            throws SQLException, JsonProcessingException {
        if (!takesRowsOnlyFrom(events, document)) {
            return Optional.empty();
        }
        JsonNode example = sqlTree.parse("SELECT " + Query.identifier(column));
        JsonNode copy = document.deepCopy();
        ((ArrayNode) copy.at("/statements/0/node/select_list")).add(example.at("/statements/0/node/select_list/0"));
        return Optional.of(sqlTree.text(copy));
    }

    /** Whether rows come directly from the objects, and only columns of a row are selected. */
    private static boolean takesRowsOnlyFrom(String events, JsonNode document) {
        JsonNode select = document.at("/statements/0/node");
        List<JsonNode> from = sources(select.path("from_table"))
                .filter(table -> isEvents(table, events))
                .toList();
        if (from.size() != 1) {
            return false;
        }
        JsonNode table = from.get(0);
        String alias = table.path("alias").asText().isEmpty()
                ? events
                : table.path("alias").asText();
        return table.path("sample").isNull()
                && table.path("column_name_alias").isEmpty()
                // Outside the select list, the number of the object would be one of the columns.
                && starsOver(document, events).count()
                        == SqlTree.children(select.path("select_list"))
                                .filter(Numbering::isStar)
                                .count()
                // The bare name of the table means the whole row; a virtual column would be that of the bundle.
                && SqlTree.nodes(document, node -> SqlTree.isOf(node, "COLUMN_REF"))
                        .map(node -> SqlTree.lastName(node).toLowerCase(Locale.ROOT))
                        .noneMatch(name -> name.equalsIgnoreCase(alias)
                                || Query.VIRTUAL_COLUMNS.contains(name)
                                || name.equals(FILE_INDEX));
    }

    /** The tables of a FROM, however they are joined. */
    private static Stream<JsonNode> sources(JsonNode from) {
        return from.path("type").asText().equals("JOIN")
                ? Stream.of("left", "right").flatMap(side -> sources(from.path(side)))
                : Stream.of(from);
    }

    private static boolean isEvents(JsonNode table, String events) {
        return table.path("type").asText().equals("BASE_TABLE")
                && table.path("table_name").asText().equalsIgnoreCase(events)
                && table.path("schema_name").asText().isEmpty();
    }

    /** The nodes that may mean the columns of events; a subquery that does not name events has none. */
    private static Stream<JsonNode> starsOver(JsonNode node, String events) {
        boolean isElsewhere = node.path("type").asText().equals("SELECT_NODE")
                && SqlTree.nodes(node, each -> isEvents(each, events)).findAny().isEmpty();
        return isElsewhere
                ? Stream.empty()
                : Stream.concat(
                        Stream.of(node).filter(Numbering::isStar),
                        SqlTree.children(node).flatMap(child -> starsOver(child, events)));
    }

    private static boolean isStar(JsonNode node) {
        return SqlTree.isOf(node, "STAR");
    }
}
