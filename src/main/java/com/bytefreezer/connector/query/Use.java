package com.bytefreezer.connector.query;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;

/** How a query uses the values of columns. */
enum Use {
    /** It is {@code SELECT * FROM events}. */
    ALL,
    /** The same, but somebody compares values of its result. */
    ALL_COMPARED,
    /** It only outputs the values of each row. */
    GIVE,
    /** It also compares them. */
    COMPARE,
    /** It also computes with them. */
    WORK;

    /** That of a statement that is not {@link #ALL}. */
    static Use of(JsonNode document) {
        if (!SqlTree.nodes(document, node -> true).allMatch(Use::keepsValues)) {
            return WORK;
        }
        boolean takesEachRow = SingleRows.of(document).filter(SingleRows::isAll).isPresent()
                && document.at("/statements/0/node/where_clause").isNull();
        return takesEachRow ? GIVE : COMPARE;
    }

    /** A comparison with a text converts the text to a value. */
    private static boolean keepsValues(JsonNode node) {
        String type = node.path("type").asText();
        return switch (node.path("class").asText()) {
            case "" ->
                !Set.of("SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "JOIN").contains(type);
            case "COLUMN_REF", "CONSTANT", "STAR", "COMPARISON", "CONJUNCTION", "BETWEEN" -> true;
            case "OPERATOR" ->
                Set.of("OPERATOR_IS_NULL", "OPERATOR_IS_NOT_NULL", "OPERATOR_NOT")
                        .contains(type);
            default -> false;
        };
    }

    /** Whether it is {@code SELECT * FROM events}. */
    boolean isAll() {
        return this == ALL || this == ALL_COMPARED;
    }

    /** The same if somebody compares values of the result. */
    Use comparing() {
        return switch (this) {
            case ALL, ALL_COMPARED -> ALL_COMPARED;
            case GIVE, COMPARE -> COMPARE;
            case WORK -> WORK;
        };
    }

    /** Whether it does nothing else with them. */
    boolean givesOnly() {
        return this == ALL || this == GIVE;
    }
}
