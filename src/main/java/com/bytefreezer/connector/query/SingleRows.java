package com.bytefreezer.connector.query;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Records each of which is made of one row of {@code events}, in no order.
 *
 * @param most the constant of a LIMIT; {@code Long.MAX_VALUE} without one
 */
record SingleRows(long most) {
    /** Those of a statement before tables are added to it; empty if its records are others. */
    static Optional<SingleRows> of(JsonNode document) {
        JsonNode select = document.at("/statements/0/node");
        boolean takesSingleRows = select.at("/from_table/type").asText().equals("BASE_TABLE")
                && select.path("group_expressions").isEmpty()
                // GROUP BY ALL
                && select.path("aggregate_handling").asText().equals("STANDARD_HANDLING")
                && Stream.of("having", "sample", "qualify")
                        .allMatch(clause -> select.path(clause).isNull())
                && SqlTree.nodes(document, node -> SqlTree.isOf(node, "WINDOW"))
                        .findAny()
                        .isEmpty()
                && SqlTree.nodes(document, node -> node.path("type").asText().equals("SELECT_NODE"))
                                .count()
                        == 1;
        return takesSingleRows ? most(select.path("modifiers")).map(SingleRows::new) : Optional.empty();
    }

    private static Optional<Long> most(JsonNode modifiers) {
        if (modifiers.isEmpty()) {
            return Optional.of(Long.MAX_VALUE);
        }
        JsonNode only = modifiers.path(0);
        boolean isLimit = modifiers.size() == 1
                && only.path("type").asText().equals("LIMIT_MODIFIER")
                && only.path("offset").isNull();
        return Optional.of(only.at("/limit/value/value"))
                .filter(value -> isLimit && value.isIntegralNumber() && value.asLong() > 0)
                .map(JsonNode::asLong);
    }

    /** Whether these are all such records. */
    boolean isAll() {
        return most == Long.MAX_VALUE;
    }

    /** The statement without the limit. */
    JsonNode all(JsonNode document) {
        JsonNode copy = document.deepCopy();
        ((ArrayNode) copy.at("/statements/0/node/modifiers")).removeAll();
        return copy;
    }
}
