package com.bytefreezer.connector.query;

import java.sql.SQLException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What DuckDB says of its functions. It is asked once: to list them takes longer than to parse a query. */
final class Functions {
    private static volatile @Nullable Set<String> changing;
    private static volatile @Nullable Set<String> aggregates;

    private Functions() {}

    /** Those that may give another value for the same arguments, such as {@code now}, in lower case. */
    static Set<String> changing(SqlTree anyDuckDb) throws SQLException {
        Set<String> known = changing;
        if (known == null) {
            known = Set.of(anyDuckDb
                    .value(
                            "SELECT string_agg(DISTINCT lower(function_name), ' ') FROM duckdb_functions() WHERE stability <> 'CONSISTENT'",
                            null)
                    .split(" "));
            changing = known;
        }
        return known;
    }

    /** Those that make one value of several rows, such as {@code count}, in lower case. */
    static Set<String> aggregates(SqlTree anyDuckDb) throws SQLException {
        Set<String> known = aggregates;
        if (known == null) {
            known = Set.of(anyDuckDb
                    .value(
                            "SELECT string_agg(name, ' ') FROM (SELECT lower(function_name) AS name FROM duckdb_functions() GROUP BY ALL HAVING bool_and(function_type = 'aggregate'))",
                            null)
                    .split(" "));
            aggregates = known;
        }
        return known;
    }
}
