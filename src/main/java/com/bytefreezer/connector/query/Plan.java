package com.bytefreezer.connector.query;

import com.bytefreezer.connector.config.Sync;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * How a query may be cut, read from the operators of DuckDB's unoptimized logical plan. (The optimized one may be empty
 * where statistics show that nothing matches.)
 *
 * @param reason the operators that decided, for people
 * @param isOneEach whether a row that is read gives one record at most
 */
public record Plan(Kind kind, String reason, boolean isOneEach) {
    private static final Set<String> ROW_WISE =
            Set.of("PROJECTION", "FILTER", "UNNEST", "READ_PARQUET", "CTE", "CTE_SCAN");

    /** What the result over many objects is. */
    public enum Kind {
        /** The sum of the results over each object. */
        ROW_WISE,
        /** The same, but cut off by a LIMIT. */
        LIMITED,
        /** Something that needs all objects at once. */
        WHOLE
    }

    /** How the objects are cut. */
    public Kind kind(Sync sync) {
        if (sync == Sync.FULL) {
            return Kind.WHOLE;
        }
        // Told to be incremental, a query that needs several objects at once gets the new ones at once.
        return sync == Sync.INCREMENTAL && kind == Kind.WHOLE ? Kind.LIMITED : kind;
    }

    /** What a run covers: {@code full}, the whole dataset; or {@code incremental}, what is new. */
    public String covers(Sync sync) {
        return kind(sync) == Kind.WHOLE ? "full" : "incremental";
    }

    static Plan of(JsonNode logicalPlan) {
        List<String> operators = logicalPlan.findValuesAsText("name");
        Set<String> others = new TreeSet<>(operators);
        others.removeAll(ROW_WISE);
        // The scan of events is the first of the common table expressions.
        if (!logicalPlan.findValuesAsText("CTE Index").contains("0")) {
            return new Plan(Kind.WHOLE, "it does not read events", false);
        }
        // One is for events; a second one would be read again with each object.
        if (operators.stream().filter("READ_PARQUET"::equals).count() > 1) {
            return new Plan(Kind.WHOLE, "it reads objects beside events", false);
        }
        if (others.isEmpty()) {
            return new Plan(Kind.ROW_WISE, "it only filters and projects", !operators.contains("UNNEST"));
        }
        if (others.equals(Set.of("LIMIT"))) {
            return new Plan(Kind.LIMITED, "it only filters and projects, up to its LIMIT", false);
        }
        return new Plan(Kind.WHOLE, "it uses " + String.join(", ", others), false);
    }
}
