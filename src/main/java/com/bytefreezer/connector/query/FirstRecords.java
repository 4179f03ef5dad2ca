package com.bytefreezer.connector.query;

import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem.Kind;
import com.bytefreezer.connector.query.JsonRendering.Column;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads the first records of a query for a person who waits. Sorting records of hundreds of columns takes DuckDB seconds. So a first statement reads only their times, and a second one reads the newest records from the objects that contain them. Used
 * by one thread.
 */
final class FirstRecords {
    private static final String TABLE = "result_for_people";

    private final DuckDb duckDb;
    private final Schema schema;
    private final boolean omitNulls;
    private final long limit;
    private final DuckDb.Reader reader;

    FirstRecords(DuckDb duckDb, Schema schema, boolean omitNulls, long limit, DuckDb.Reader reader) {
        this.duckDb = duckDb;
        this.schema = schema;
        this.omitNulls = omitNulls;
        this.limit = limit;
        this.reader = reader;
    }

    /**
     * The place of the newest records.
     *
     * @param objects the newest first, if their order decides
     * @param order the condition and order of the final statement
     */
    private record Newest(List<LakeObject> objects, String order) {}

    void read(Query query, List<LakeObject> objects) throws IOException {
        try {
            if (reader.newestFirst() && query.canReadSomeObjects()) {
                Query compared = query.compared();
                Optional<Newest> newest = newest(compared, objects);
                if (newest.isPresent()) {
                    read(
                            compared,
                            newest.get().objects(),
                            compared.objectNumber(),
                            newest.get().order());
                    return;
                }
            }
            read(query, objects, DuckDb.NO_NUMBER, "");
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private void read(Query query, List<LakeObject> objects, String number, String order) {
        duckDb.over(query, objects, schema, number, ParquetScan.POSITION, (connection, columns, sql) -> {
            RowRendering record = new RowRendering(columns, omitNulls, number, reader.showsNotFinite());
            Members members = record.members();
            DuckDb.execute(
                    connection,
                    "CREATE OR REPLACE TEMP TABLE %s AS SELECT encode(%s) AS record FROM (FROM (%s) AS r(%s) %s LIMIT %d)"
                            .formatted(
                                    TABLE,
                                    record.shortRecord(Long.MAX_VALUE),
                                    sql,
                                    RecordStatements.names(columns.size()),
                                    order,
                                    limit));
            List<Column> shown = columns.stream()
                    .filter(column -> !column.name().equals(number))
                    .toList();
            return DuckDb.execute(connection, "FROM " + TABLE, records -> {
                try {
                    reader.columns(
                            shown.stream().map(Column::name).toList(),
                            shown.stream().map(Column::typeName).toList());
                    boolean more = true;
                    while (more && records.next()) {
                        more = reader.record(members.completed(DuckDb.bytes(records.getBlob(1))));
                    }
                    return !more;
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        });
    }

    /** Empty unless the query gives one record for each row. */
    private Optional<Newest> newest(Query query, List<LakeObject> objects) {
        try {
            return Optional.of(duckDb.over(
                    query,
                    objects,
                    schema,
                    query.objectNumber(),
                    ParquetScan.POSITION,
                    (connection, columns, sql) -> newest(
                            connection,
                            columns,
                            "(%s) AS r(%s)".formatted(sql, RecordStatements.names(columns.size())),
                            objects)));
        } catch (ConnectorException e) {
            if (e.kind() == Kind.BAD_SQL) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private Newest newest(Connection connection, List<Column> columns, String rows, List<LakeObject> objects)
            throws SQLException {
        int object = columns.size() - 1;
        Map<String, String> types = new LinkedHashMap<>();
        columns.subList(0, object).forEach(column -> types.put(column.name(), column.typeName()));
        int time = reader.timeColumn(types)
                .map(name -> new ArrayList<>(types.keySet()).indexOf(name))
                .orElse(-1);
        return time < 0
                ? newestObjects(connection, object, rows, objects)
                : newestTimes(connection, time, columns.get(time).typeName(), object, rows, objects);
    }

    private Newest newestObjects(Connection connection, int object, String rows, List<LakeObject> objects)
            throws SQLException {
        List<LakeObject> newest = DuckDb.execute(
                connection,
                "SELECT c%1$d, count(*) FROM %2$s GROUP BY ALL ORDER BY ALL DESC".formatted(object, rows),
                counts -> {
                    List<Integer> positions = new ArrayList<>();
                    for (long sum = 0; sum < limit && counts.next(); sum += counts.getLong(2)) {
                        positions.add(counts.getInt(1));
                    }
                    return positions.stream().map(objects::get).toList();
                });
        return new Newest(newest, "");
    }

    /** Records without a time come last, so they are read only if there are too few others. */
    private Newest newestTimes(
            Connection connection, int time, String type, int object, String rows, List<LakeObject> objects)
            throws SQLException {
        String order = "ORDER BY c%d DESC NULLS LAST, c%d DESC".formatted(time, object);
        String times =
                "SELECT c%d AS t, c%d AS object FROM %s WHERE t IS NOT NULL ORDER BY t DESC, object DESC LIMIT %d"
                        .formatted(time, object, rows, limit);
        return DuckDb.execute(
                connection,
                "SELECT object, records, try(oldest::VARCHAR) FROM (SELECT object, count(*) AS records, min(min(t)) OVER () AS oldest FROM (%s) GROUP BY object)"
                        .formatted(times),
                found -> {
                    List<Integer> positions = new ArrayList<>();
                    long sum = 0;
                    String oldest = null;
                    while (found.next()) {
                        positions.add(found.getInt(1));
                        sum += found.getLong(2);
                        oldest = found.getString(3);
                    }
                    if (sum < limit) {
                        return new Newest(objects, order);
                    }
                    String since =
                            oldest == null ? "" : "WHERE c%d >= %s::%s ".formatted(time, DuckDb.literal(oldest), type);
                    return new Newest(
                            positions.stream().sorted().map(objects::get).toList(), since + order);
                });
    }
}
