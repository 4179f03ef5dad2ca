package com.bytefreezer.connector.query;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The effect of the operators of an unoptimized logical plan on the rows of events. If a join has events on one side only, and keeps the columns of events unchanged, it makes each row of one row of events. Its other side is the same for all objects.
 */
final class Operators {
    private static final Set<String> ROW_WISE =
            Set.of("PROJECTION", "FILTER", "UNNEST", "READ_PARQUET", "READ_JSON", "CTE", "CTE_SCAN");
    /** Of objects, and of what arrives. */
    private static final Set<String> SCANS = Set.of("READ_PARQUET", "READ_JSON");

    private static final Set<String> JOINS =
            Set.of("COMPARISON_JOIN", "ANY_JOIN", "ASOF_JOIN", "DELIM_JOIN", "DEPENDENT_JOIN", "CROSS_PRODUCT");
    /** Joins that return each row of their other side separately. */
    private static final Set<String> EITHER_WAY = Set.of("COMPARISON_JOIN", "ANY_JOIN", "CROSS_PRODUCT");

    /** Joins in which events may be on the left. */
    private static final Set<String> FROM_LEFT = Set.of("INNER", "LEFT", "SEMI", "ANTI", "MARK", "SINGLE");

    /** Joins that return events with and without a match. */
    private static final Set<String> KEEPING = Set.of("LEFT", "RIGHT", "SINGLE", "ANTI");

    private static final Set<String> FROM_RIGHT = Set.of("INNER", "RIGHT");

    /** Whether common table expressions contain rows of events, by their index. */
    private final Map<String, Boolean> expressions = new HashMap<>();

    /** The lookups in each common table expression. */
    private final Map<String, Set<String>> lookupsOf = new HashMap<>();

    private final Set<String> enriching = new TreeSet<>();
    private final Set<String> others = new TreeSet<>();
    private boolean joined;
    private boolean unnested;

    private Operators() {}

    /** @param lookups whether there are any; without them, nothing is joined row by row */
    static Operators of(JsonNode logicalPlan, boolean lookups) {
        Operators operators = new Operators();
        logicalPlan.forEach(operators::hasEvents);
        if (!lookups) {
            operators.joined = false;
            operators.others.addAll(logicalPlan.findValuesAsText("name"));
            operators.others.removeAll(ROW_WISE);
        }
        return operators;
    }

    /** The operators that need more than one row of events at once. */
    Set<String> others() {
        return others;
    }

    /** Whether rows of events are joined with others. */
    boolean isJoined() {
        return joined;
    }

    /** Whether one row of events may become several. */
    boolean isUnnested() {
        return unnested;
    }

    /** Lookups whose new entries change or remove records instead of only adding some. */
    Set<String> enriching() {
        return enriching;
    }

    private Set<String> lookups(JsonNode operator) {
        Set<String> found = new TreeSet<>();
        if (operator.path("name").asText().equals("CTE_SCAN")) {
            found.addAll(lookupsOf.getOrDefault(info(operator, "CTE Index"), Set.of()));
        }
        String table = info(operator, "Table");
        if (!table.isEmpty()) {
            found.add(table.substring(table.lastIndexOf('.') + 1).replace("\"", ""));
        }
        operator.path("children").forEach(child -> found.addAll(lookups(child)));
        return found;
    }

    /** Whether the rows of an operator are made of rows of events. */
    private boolean hasEvents(JsonNode operator) {
        String name = operator.path("name").asText();
        JsonNode children = operator.path("children");
        if (name.equals("CTE") && children.size() == 2) {
            lookupsOf.put(info(operator, "Table Index"), lookups(children.get(0)));
            expressions.put(info(operator, "Table Index"), hasEvents(children.get(0)));
            return hasEvents(children.get(1));
        }
        if (name.equals("CTE_SCAN")) {
            // An unknown operator may be anything, such as a recursive one.
            return expressions.getOrDefault(info(operator, "CTE Index"), true);
        }
        if (JOINS.contains(name) && children.size() == 2) {
            boolean left = hasEvents(children.get(0));
            boolean right = hasEvents(children.get(1));
            if (left != right && KEEPING.contains(info(operator, "Join Type"))) {
                enriching.addAll(lookups(children.get(left ? 1 : 0)));
            }
            return isOfEvents(name, info(operator, "Join Type"), left, right);
        }
        boolean any = SCANS.contains(name);
        for (JsonNode child : children) {
            any |= hasEvents(child);
        }
        // Each sample is a different one.
        if ((any && !ROW_WISE.contains(name)) || name.contains("SAMPLE")) {
            others.add(name);
        }
        unnested |= any && name.equals("UNNEST");
        return any;
    }

    private boolean isOfEvents(String name, String type, boolean left, boolean right) {
        if (!left && !right) {
            return false;
        }
        String kind = name.equals("CROSS_PRODUCT") ? "INNER" : type;
        boolean byRow =
                left ? !right && FROM_LEFT.contains(kind) : FROM_RIGHT.contains(kind) && EITHER_WAY.contains(name);
        if (!byRow) {
            others.add(name);
        }
        joined = true;
        return true;
    }

    private static String info(JsonNode operator, String name) {
        return operator.path("extra_info").path(name).asText();
    }
}
