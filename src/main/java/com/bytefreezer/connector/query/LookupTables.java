package com.bytefreezer.connector.query;

import com.bytefreezer.connector.problem.ConnectorException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import org.duckdb.DuckDBDriver;

/**
 * The lookups of one run, each in one version, ordered by name. DuckDB reads them into memory before its sandbox closes, so that no query ever names a file.
 *
 * @param former earlier versions; if there are any, only joined records count that did not exist with them
 * @param hashed whether DuckDB hashes them for a join, whatever side is smaller
 */
public record LookupTables(List<LookupTable> tables, List<LookupTable> former, boolean hashed) {
    public static final LookupTables NONE = new LookupTables(List.of());

    /** Their schema, which the text of a query cannot name. */
    static final String SCHEMA = "lookups";

    static final String FORMER_SCHEMA = "former_lookups";

    /** All joined records, without {@link #since}. */
    public LookupTables(List<LookupTable> tables) {
        this(tables, List.of(), false);
    }

    /** The same lookups, limited to joined records that did not exist with {@code former} in place of the lookup of its name. */
    public LookupTables since(LookupTable former) {
        return new LookupTables(
                tables,
                tables.stream()
                        .map(table -> table.name().equals(former.name()) ? former : table)
                        .toList(),
                hashed);
    }

    /**
     * The same lookups, ready for a join with each of many objects. DuckDB hashes the side with fewer rows, but events have more columns, which it would copy.
     *
     * @param bytes the size of a typical object
     */
    public LookupTables beside(long bytes) {
        long largest = tables.stream()
                .mapToLong(table -> table.copy().toFile().length())
                .max()
                .orElse(Long.MAX_VALUE);
        return new LookupTables(tables, former, bytes > largest / 2);
    }

    /** The version of each. */
    public Map<String, String> versions() {
        Map<String, String> versions = new TreeMap<>();
        tables.forEach(table -> versions.put(table.name(), table.version()));
        return versions;
    }

    /** Changes with the content of any lookup, and with the order of several matches of a row. */
    public String version() {
        String all = tables.stream()
                .map(table -> table.name() + " " + table.version())
                .collect(Collectors.joining("\n"));
        String duckDb = String.valueOf(DuckDBDriver.class.getPackage().getImplementationVersion());
        return UUID.nameUUIDFromBytes((duckDb + "\n" + all).getBytes(StandardCharsets.UTF_8))
                .toString()
                .substring(0, 8);
    }

    /** Reads them into the database; the connection must still be allowed to read files. */
    void load(Connection connection) throws SQLException {
        load(connection, SCHEMA, tables);
        load(connection, FORMER_SCHEMA, former);
    }

    private static void load(Connection connection, String schema, List<LookupTable> tables) throws SQLException {
        for (LookupTable table : tables) {
            DuckDb.execute(connection, "CREATE SCHEMA IF NOT EXISTS " + schema);
            try {
                DuckDb.execute(
                        connection,
                        "CREATE TABLE %s.%s AS FROM read_parquet(%s, hive_partitioning=false)"
                                .formatted(
                                        schema,
                                        Query.identifier(table.name()),
                                        DuckDb.literal(ParquetScan.withoutWildcards(
                                                table.copy().toString()))));
            } catch (SQLException e) {
                DuckDbException why = DuckDbException.of(e);
                throw new ConnectorException(
                        "lookup %s: it cannot be read into DuckDB (%s).".formatted(table.name(), why.getMessage()),
                        "Exports that use it wait.",
                        "",
                        why);
            }
        }
    }
}
