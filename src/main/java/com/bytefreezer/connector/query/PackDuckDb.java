package com.bytefreezer.connector.query;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.query.JsonRendering.Column;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The DuckDB in which the SQL of one pack runs: a sandbox that can read and write some folders and nothing else. For one thread.
 */
public final class PackDuckDb implements AutoCloseable {
    private static final String ARRIVED = "arrived";
    private static final String PACKED = "packed";

    private final Connection connection;

    private PackDuckDb(Connection connection) {
        this.connection = connection;
    }

    /**
     * What it may use.
     *
     * @param memory in bytes
     * @param temporary folder for what does not fit into memory
     * @param folders that it may read and write
     */
    public record Limits(long memory, int threads, Path temporary, List<Path> folders) {}

    /**
     * The object that is written.
     *
     * @param copyOptions of DuckDB's COPY
     */
    public record Target(Path object, String copyOptions) {}

    /**
     * What became of the events; the others are left out.
     *
     * @param packed events of which the object has at least one row
     * @param rows of the object; without any, it is to be ignored
     * @param failed the reasons of the events for which the SQL fails, by their lines from 0
     * @param types of the dataset's columns from now on
     * @param missing columns that the SQL names but no event has had yet
     */
    public record Result(
            long packed, long rows, Map<Long, String> failed, Map<String, String> types, Set<String> missing) {}

    /**
     * What the SQL makes of events, for a person.
     *
     * @param packed events of which it makes at least one row
     * @param rows as JSON, by the lines of their events from 0; an event that is left out has none
     * @param failed the reasons of the events for which the SQL fails, likewise
     * @param missing columns that the SQL names but no event has had yet
     * @param isAll whether {@code rows} has all of them
     */
    public record Trial(
            long packed, Map<Long, List<String>> rows, Map<Long, String> failed, Set<String> missing, boolean isAll) {}

    /** Opens it with the lookups as tables. */
    public static PackDuckDb open(Engine engine, Limits limits, LookupTables lookups) throws SQLException {
        Connection connection = engine.connect();
        try {
            DuckDb.execute(connection, "SET memory_limit='%dB'".formatted(limits.memory));
            DuckDb.execute(connection, "SET threads=%d".formatted(limits.threads));
            DuckDb.execute(connection, "SET temp_directory=" + DuckDb.literal(limits.temporary.toString()));
            DuckDb.execute(connection, "SET TimeZone='UTC'");
            DuckDb.execute(connection, "SET explain_output='all'");
            DuckDb.execute(connection, "SET autoinstall_known_extensions=false");
            lookups.load(connection);
            DuckDb.execute(
                    connection,
                    "SET allowed_directories=[%s]"
                            .formatted(limits.folders.stream()
                                    .map(folder -> folder.toAbsolutePath() + "/")
                                    // As written, and as read_json needs it.
                                    .flatMap(folder -> Stream.of(folder, ParquetScan.withoutWildcards(folder)))
                                    .distinct()
                                    .map(DuckDb::literal)
                                    .collect(Collectors.joining(", "))));
            DuckDb.execute(connection, "SET enable_external_access=false");
            DuckDb.execute(connection, "SET lock_configuration=true");
            return new PackDuckDb(connection);
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    /** The types of a dataset's columns that hold the values of two packs. */
    public static Map<String, String> widened(Map<String, String> one, Map<String, String> other) {
        return PackColumns.widened(one, other);
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }

    /**
     * Writes what the SQL makes of the events.
     *
     * @param known the types that the dataset's columns have in its objects
     * @throws ConnectorException if the SQL is wrong, whatever the events
     * @throws SQLException if something else than an event fails, or an event cannot be read
     */
    public Result write(PackQuery query, EventFile events, Map<String, String> known, Target target)
            throws SQLException, IOException {
        PackColumns columns = columns(query, events, known);
        boolean isOneEach = requireByRow(columns, events);
        try {
            return written(columns, events, isOneEach, target);
        } catch (SQLException e) {
            if (!DuckDbException.of(e).isOfValues()) {
                throw e;
            }
        }
        return fromTable(columns, events, sifted(columns, events, selected(columns)), target);
    }

    private PackColumns columns(PackQuery query, EventFile events, Map<String, String> known) throws SQLException {
        for (String name : query.lookups()) {
            if (!isTable(name)) {
                throw Query.wrong("there is no table %s here.".formatted(name), "Add the lookup (docs/lookups.md).");
            }
        }
        return PackColumns.of(query, events, known, connection);
    }

    /** Keeps what the SQL makes of events in a table, and returns why it fails for the others. */
    private Map<Long, String> sifted(PackColumns columns, EventFile events, String selected) throws SQLException {
        String number = number(columns.query());
        execute("CREATE TEMP TABLE %s AS SELECT row_number() OVER () - 1 AS %s, * FROM %s"
                .formatted(ARRIVED, number, events.table()));
        Map<Long, String> failed = new PackSieve(
                        columns, ARRIVED, number, new PackSieve.Rows(PACKED, selected), connection)
                .failed(events.count());
        if (failed.size() == events.count() && events.count() >= PackSieve.MANY) {
            throw new ConnectorException(
                    new Problem(
                            Problem.Kind.BAD_SQL,
                            "",
                            "SQL: it fails for each of %d events (%s)."
                                    .formatted(
                                            events.count(),
                                            failed.values().iterator().next()),
                            Problem.NOTHING_EXPORTED,
                            "Use TRY_CAST where values may differ."),
                    null);
        }
        return failed;
    }

    /**
     * Shows what {@link #write} would write.
     *
     * @param most rows to be shown
     */
    public Trial attempt(PackQuery query, EventFile events, Map<String, String> known, int most) throws SQLException {
        PackColumns columns = columns(query, events, known);
        requireByRow(columns, events);
        String number = query.query().objectNumber();
        List<Column> shown = new ArrayList<>(List.of(Column.of(number, "BIGINT"), Column.of(EventFile.TIME, "BIGINT")));
        List<String> values = new ArrayList<>(List.of(columns.number() + ".n AS c0", columns.number() + ".t AS c1"));
        columns.values().forEach((name, value) -> {
            values.add("%s AS c%d".formatted(value, shown.size()));
            shown.add(Column.of(name, columns.types().getOrDefault(name, "")));
        });
        Map<Long, String> failed = sifted(columns, events, String.join(", ", values));
        String rows = "SELECT c0, %s FROM (FROM %s ORDER BY c0 LIMIT %d)"
                .formatted(new RowRendering(shown, false, number).record(), PACKED, most);
        Map<Long, List<String>> made = new TreeMap<>();
        DuckDb.execute(connection, rows, each -> {
            while (each.next()) {
                made.computeIfAbsent(each.getLong(1), line -> new ArrayList<>()).add(each.getString(2));
            }
            return made;
        });
        return DuckDb.execute(connection, "SELECT count(DISTINCT c0), count(*) FROM " + PACKED, each -> {
            each.next();
            return new Trial(each.getLong(1), made, failed, columns.missing(), each.getLong(2) <= most);
        });
    }

    private static String number(PackQuery query) {
        return Query.identifier(query.query().objectNumber());
    }

    private boolean isTable(String lookup) throws SQLException {
        return count("SELECT count(*) FROM duckdb_tables() WHERE schema_name = '%s' AND table_name = %s"
                        .formatted(LookupTables.SCHEMA, DuckDb.literal(lookup)))
                > 0;
    }

    /** Returns whether each event makes at most one row. */
    private boolean requireByRow(PackColumns columns, EventFile events) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "EXPLAIN (FORMAT json) " + columns.over(events.table(), EventFile.TIME))) {
            while (rows.next()) {
                if (rows.getString(1).equals("logical_plan")) {
                    JsonNode plan = SqlTree.JSON.readTree(rows.getString(2));
                    Operators operators =
                            Operators.of(plan, !columns.query().lookups().isEmpty());
                    if (!operators.others().isEmpty()) {
                        throw PackQuery.wholeEvents(String.join(", ", operators.others()));
                    }
                    return !operators.isJoined() && !operators.isUnnested();
                }
            }
            throw new IllegalStateException("EXPLAIN gave no logical plan");
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("EXPLAIN gave no JSON", e);
        }
    }

    /** With a column of the number and the time of the event, or of its time. */
    private static String selected(PackColumns columns) {
        return columns.values().entrySet().stream()
                .map(one -> ", %s AS %s".formatted(one.getValue(), Query.identifier(one.getKey())))
                .collect(Collectors.joining(
                        "", "%s AS %s".formatted(columns.number(), Query.identifier(EventFile.TIME)), ""));
    }

    private Result written(PackColumns columns, EventFile events, boolean isOneEach, Target target)
            throws SQLException, IOException {
        String numbered = isOneEach
                ? Query.identifier(EventFile.TIME)
                : "{'n': row_number() OVER (), 't': %s}".formatted(Query.identifier(EventFile.TIME));
        String rows = "SELECT %s FROM (%s) AS r(%s)"
                .formatted(
                        selected(columns),
                        columns.over(events.table(), numbered),
                        RecordStatements.names(columns.size()));
        if (isOneEach) {
            long written = copy(rows, target);
            return result(columns, events, written, written, Map.of());
        }
        execute("CREATE TEMP TABLE %s AS %s".formatted(PACKED, rows));
        return fromTable(columns, events, Map.of(), target);
    }

    private Result fromTable(PackColumns columns, EventFile events, Map<Long, String> failed, Target target)
            throws SQLException, IOException {
        long packed = count("SELECT count(DISTINCT %s.n) FROM %s".formatted(EventFile.TIME, PACKED));
        long written = copy("SELECT * REPLACE (%1$s.t AS %1$s) FROM %2$s".formatted(EventFile.TIME, PACKED), target);
        return result(columns, events, packed, written, failed);
    }

    private Result result(PackColumns columns, EventFile events, long packed, long written, Map<Long, String> failed)
            throws SQLException {
        if (packed + failed.size() < events.count()) {
            requireAll(events);
        }
        return new Result(packed, written, new TreeMap<>(failed), columns.types(), columns.missing());
    }

    /** What DuckDB does not read would count as left out. */
    private void requireAll(EventFile events) throws SQLException {
        long read = count("SELECT count(*) FROM " + events.table());
        if (read != events.count()) {
            throw new SQLException("%d of %d events were read".formatted(read, events.count()));
        }
    }

    private long copy(String rows, Target target) throws SQLException, IOException {
        Files.deleteIfExists(target.object);
        try (Statement statement = connection.createStatement()) {
            return statement.executeLargeUpdate("COPY (%s) TO %s (%s)"
                    .formatted(rows, DuckDb.literal(target.object.toString()), target.copyOptions));
        }
    }

    private void execute(String sql) throws SQLException {
        DuckDb.execute(connection, sql);
    }

    private long count(String sql) throws SQLException {
        return DuckDb.execute(connection, sql, rows -> {
            rows.next();
            return rows.getLong(1);
        });
    }
}
