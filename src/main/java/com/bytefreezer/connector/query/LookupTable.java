package com.bytefreezer.connector.query;

import java.nio.file.Path;
import java.util.Map;

/**
 * One version of a lookup: a table that queries may join with {@code events}.
 *
 * @param name its name in queries
 * @param copy a Parquet file of its own, which does not change
 * @param columns names and DuckDB types, in order
 * @param version equal for equal content
 */
public record LookupTable(String name, Path copy, Map<String, String> columns, long rows, String version) {}
