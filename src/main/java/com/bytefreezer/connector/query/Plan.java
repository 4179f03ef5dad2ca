package com.bytefreezer.connector.query;

import com.bytefreezer.connector.config.Sync;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;

/**
 * How a query can be cut, by the operators of DuckDB's unoptimized logical plan. (The optimized one may be empty if
 * statistics show that nothing matches.)
 *
 * @param reason the operators that decided, for people
 * @param rows what a row that is read gives
 * @param enriching of joined rows, the lookups of which a new entry changes records that there are already
 */
public record Plan(Kind kind, String reason, Rows rows, Set<String> enriching) {
    /** The records of one row if the objects are read one by one. */
    public enum Rows {
        /** One record at most, by itself. */
        ONE_EACH,
        /** Any number of records, by itself. */
        SEVERAL,
        /** Any number of records, with what it is joined with: their order and ids go by the row's number. */
        JOINED
    }

    /** The kind of a result over many objects. */
    public enum Kind {
        /** The sum of the results over each object. */
        ROW_WISE,
        /** The same, but cut off by a LIMIT. */
        LIMITED,
        /** Something that needs all objects at once. */
        WHOLE
    }

    /** How the objects are cut into units. */
    public Kind kind(Sync sync) {
        if (sync == Sync.FULL) {
            return Kind.WHOLE;
        }
        // Told to be incremental, a query that needs several objects at once gets the new ones at once.
        return sync == Sync.INCREMENTAL && kind == Kind.WHOLE ? Kind.LIMITED : kind;
    }

    /** The coverage of a run: {@code full} (the whole dataset) or {@code incremental} (new objects). */
    public String covers(Sync sync) {
        return kind(sync) == Kind.WHOLE ? "full" : "incremental";
    }

    private Plan(Kind kind, String reason, Rows rows) {
        this(kind, reason, rows, Set.of());
    }

    /** How {@code query} may be cut, which has this plan. */
    static Plan of(JsonNode logicalPlan, Query query) {
        // The scan of events is the first of the common table expressions.
        if (!logicalPlan.findValuesAsText("CTE Index").contains("0")) {
            return new Plan(Kind.WHOLE, "it does not read events", Rows.SEVERAL);
        }
        // One is for events; a second one would be read again with each object.
        if (logicalPlan.findValuesAsText("name").stream()
                        .filter("READ_PARQUET"::equals)
                        .count()
                > 1) {
            return new Plan(Kind.WHOLE, "it reads objects beside events", Rows.SEVERAL);
        }
        Operators operators = Operators.of(logicalPlan, !query.lookups().isEmpty());
        if (operators.others().isEmpty() && operators.isJoined()) {
            // Otherwise its records cannot tell which row they are from.
            return query.canBundle()
                    ? new Plan(
                            Kind.ROW_WISE,
                            "it only filters, projects and joins each record",
                            Rows.JOINED,
                            operators.enriching())
                    : new Plan(
                            Kind.WHOLE,
                            "it joins, and its FROM does not name events itself, or it selects more than columns of it",
                            Rows.SEVERAL);
        }
        if (operators.others().isEmpty()) {
            return new Plan(
                    Kind.ROW_WISE,
                    "it only filters and projects",
                    operators.isUnnested() ? Rows.SEVERAL : Rows.ONE_EACH);
        }
        if (operators.others().equals(Set.of("LIMIT"))) {
            return new Plan(Kind.LIMITED, "it only filters and projects, up to its LIMIT", Rows.SEVERAL);
        }
        return new Plan(Kind.WHOLE, "it uses " + String.join(", ", operators.others()), Rows.SEVERAL);
    }
}
