package com.bytefreezer.connector.query;

import com.bytefreezer.connector.config.Sync;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;

/**
 * How a query can be cut, according to the operators of DuckDB's unoptimized logical plan. (The optimized plan may be empty if statistics show that nothing matches.)
 *
 * @param reason the operators that decided, for people
 * @param rows the result of each row that is read
 * @param enriching the lookups of joined rows whose new entries change existing records
 */
public record Plan(Kind kind, String reason, Rows rows, Set<String> enriching) {
    /** The records that one row gives if the objects are read one by one. */
    public enum Rows {
        /** At most one record, independent of other rows. */
        ONE_EACH,
        /** Any number of records, independent of other rows. */
        SEVERAL,
        /** Any number of records, joined with a lookup; their order and ids depend on the row's number. */
        JOINED
    }

    /** How the result over many objects is made. */
    public enum Kind {
        /** It is the results over each object together. */
        ROW_WISE,
        /** As above, cut off by a LIMIT. */
        LIMITED,
        /** It needs all objects at once. */
        WHOLE
    }

    /** How objects are cut into units. */
    public Kind kind(Sync sync) {
        if (sync == Sync.FULL) {
            return Kind.WHOLE;
        }
        // With incremental sync, a query that needs several objects at once gets all new ones at once.
        return sync == Sync.INCREMENTAL && kind == Kind.WHOLE ? Kind.LIMITED : kind;
    }

    /** The coverage of a run: {@code full} (the whole dataset) or {@code incremental} (new objects). */
    public String covers(Sync sync) {
        return kind(sync) == Kind.WHOLE ? "full" : "incremental";
    }

    private Plan(Kind kind, String reason, Rows rows) {
        this(kind, reason, rows, Set.of());
    }

    /** How {@code query}, which has this plan, may be cut. */
    static Plan of(JsonNode logicalPlan, Query query) {
        // The scan of events is the first of the common table expressions.
        if (query.use() != Use.ALL && !logicalPlan.findValuesAsText("CTE Index").contains("0")) {
            return new Plan(Kind.WHOLE, "it does not read events", Rows.SEVERAL);
        }
        // One is for events; a second one would be read again for each object.
        if (logicalPlan.findValuesAsText("name").stream()
                        .filter("READ_PARQUET"::equals)
                        .count()
                > 1) {
            return new Plan(Kind.WHOLE, "it reads objects besides events", Rows.SEVERAL);
        }
        Operators operators = Operators.of(logicalPlan, !query.lookups().isEmpty());
        if (operators.others().isEmpty() && operators.isJoined()) {
            // Otherwise the row of a record is unknown.
            return query.canBundle()
                    ? new Plan(
                            Kind.ROW_WISE,
                            "it only filters, projects and joins each record",
                            Rows.JOINED,
                            operators.enriching())
                    : new Plan(
                            Kind.WHOLE,
                            "it joins, and its FROM does not name events itself, or it selects something else than columns of it",
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
