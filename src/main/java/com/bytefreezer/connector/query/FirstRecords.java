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
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads the first records of a query for a person who waits. Sorting records of hundreds of columns takes DuckDB seconds. So a first statement reads only their times, and a second one reads the newest records from the objects that contain them. Of many
 * objects it looks at the newest, and at older ones only if those give too few records. Used by one thread.
 */
final class FirstRecords {
    private static final String TABLE = "result_for_people";
    /** The number of objects that are looked at first. */
    private static final int FIRST_LOOK = 200;
    /** Each further look is at this many times as many. */
    private static final int GROWTH = 4;

    private final DuckDb duckDb;
    private final Schema schema;
    private final boolean omitNulls;
    private final long limit;
    private final DuckDb.Reader reader;
    /** Whether the column of the time is chosen. */
    private boolean isTimeChosen;

    private @Nullable String time;
    /** Objects that were left out, with the reasons. */
    private final Map<LakeObject, String> damaged = new HashMap<>();

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
     * @param objects those that contain them
     * @param records at most the number that was looked for
     * @param since the condition that their times meet in these objects; may be empty
     */
    private record Newest(List<LakeObject> objects, long records, String since) {}

    /** @return the number of the newest objects that were looked at */
    int read(Query query, List<LakeObject> objects) throws IOException {
        try {
            if (reader.newestFirst() && query.canReadSomeObjects()) {
                int looked = readNewest(query.rows(), objects, Math.min(limit, query.most()));
                if (looked > 0) {
                    return looked;
                }
            }
            read(query, objects, DuckDb.NO_NUMBER, columns -> "", limit);
            return objects.size();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** @return the number of the objects; 0 if the query does not give one record for each row, and nothing was read */
    private int readNewest(Query query, List<LakeObject> objects, long wanted) {
        List<LakeObject> found = new ArrayList<>();
        long records = 0;
        int looked = 0;
        String since = "";
        @Nullable LakeObject some = null;
        for (int most = FIRST_LOOK; looked < objects.size() && records < wanted; most *= GROWTH) {
            int end = objects.size() - looked;
            List<LakeObject> next = objects.subList(Math.max(0, end - most), end);
            List<LakeObject> whole = whole(next);
            if (!whole.isEmpty()) {
                Optional<Newest> newest = newest(query, whole, wanted - records);
                if (newest.isEmpty()) {
                    return 0;
                }
                // Of what an earlier look has found, everything is needed.
                since = looked == 0 ? newest.get().since() : "";
                found.addAll(0, newest.get().objects());
                records += newest.get().records();
                some = whole.get(whole.size() - 1);
            }
            looked += next.size();
        }
        if (some == null) {
            throw new ConnectorException(
                    "No object of this range can be read; the newest is damaged (%s)."
                            .formatted(damaged.getOrDefault(
                                    objects.get(objects.size() - 1).whole(), "")),
                    "",
                    "Choose another range.",
                    null);
        }
        // Without a record, too, the reader wants the columns.
        List<LakeObject> read = found.isEmpty() ? List.of(some) : found;
        if (timeColumn(Map.of()).isEmpty()) {
            Collections.reverse(found);
        }
        String condition = since;
        read(
                query,
                read,
                query.objectNumber(),
                columns -> timeAmong(columns)
                        .map(at -> "%sORDER BY c%d DESC NULLS LAST, c%d DESC"
                                .formatted(
                                        condition.isEmpty() ? "" : "WHERE c%d %s ".formatted(at, condition),
                                        at,
                                        columns.size() - 1))
                        .orElse(""),
                wanted);
        return looked;
    }

    /** Those that are not damaged: a person wants to see the records of the others. */
    private List<LakeObject> whole(List<LakeObject> objects) {
        duckDb.learn(schema, objects).forEach((object, problem) -> {
            damaged.put(object, problem.sentence());
            reader.damaged(object, problem.sentence());
        });
        return objects.stream()
                .filter(object -> !damaged.containsKey(object.whole()))
                .toList();
    }

    /** @param order gives the condition and order of the statement */
    private void read(
            Query query, List<LakeObject> objects, String number, Function<List<Column>, String> order, long most) {
        duckDb.over(query, objects, schema, number, ParquetScan.POSITION, (connection, columns, sql) -> {
            RowRendering record = new RowRendering(columns, omitNulls, number, reader.notFinite());
            Members members = record.members();
            DuckDb.execute(
                    connection,
                    "CREATE OR REPLACE TEMP TABLE %s AS SELECT encode(%s) AS record FROM (FROM (%s) AS r(%s) %s LIMIT %d)"
                            .formatted(
                                    TABLE,
                                    record.shortRecord(Long.MAX_VALUE),
                                    sql,
                                    RecordStatements.names(columns.size()),
                                    order.apply(columns),
                                    most));
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

    /** Looks at some objects; empty unless the query gives one record for each row. */
    private Optional<Newest> newest(Query query, List<LakeObject> objects, long wanted) {
        try {
            return Optional.of(duckDb.over(
                    query,
                    objects,
                    schema,
                    query.objectNumber(),
                    ParquetScan.POSITION,
                    this::times,
                    (connection, columns, sql) -> newest(
                            connection,
                            columns,
                            "(%s) AS r(%s)".formatted(sql, RecordStatements.names(columns.size())),
                            objects,
                            wanted)));
        } catch (ConnectorException e) {
            if (e.kind() == Kind.BAD_SQL) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private Newest newest(
            Connection connection, List<Column> columns, String rows, List<LakeObject> objects, long wanted)
            throws SQLException {
        int object = columns.size() - 1;
        Optional<Integer> at = timeAmong(columns);
        return at.isEmpty()
                ? newestObjects(connection, object, rows, objects, wanted)
                : newestTimes(connection, at.get(), columns.get(at.get()).typeName(), object, rows, objects, wanted);
    }

    /** What is needed to find the newest: the time, and the number of the object, which is the last column. */
    private List<Column> times(List<Column> columns) {
        Column object = columns.get(columns.size() - 1);
        return timeAmong(columns).map(at -> List.of(columns.get(at), object)).orElse(List.of(object));
    }

    private Optional<Integer> timeAmong(List<Column> columns) {
        Map<String, String> types = new LinkedHashMap<>();
        columns.subList(0, columns.size() - 1).forEach(column -> types.put(column.name(), column.typeName()));
        return timeColumn(types).map(name -> new ArrayList<>(types.keySet()).indexOf(name));
    }

    /** Chosen once: older objects may have others. */
    private Optional<String> timeColumn(Map<String, String> types) {
        if (!isTimeChosen) {
            time = reader.timeColumn(types).orElse(null);
            isTimeChosen = true;
        }
        return Optional.ofNullable(time);
    }

    private static Newest newestObjects(
            Connection connection, int object, String rows, List<LakeObject> objects, long wanted) throws SQLException {
        return DuckDb.execute(
                connection,
                "SELECT c%1$d, count(*) FROM %2$s GROUP BY ALL ORDER BY ALL DESC".formatted(object, rows),
                counts -> {
                    List<LakeObject> newest = new ArrayList<>();
                    long sum = 0;
                    while (sum < wanted && counts.next()) {
                        newest.add(0, objects.get(counts.getInt(1)));
                        sum += counts.getLong(2);
                    }
                    return new Newest(newest, sum, "");
                });
    }

    /** Records without a time come last. */
    private static Newest newestTimes(
            Connection connection,
            int time,
            String type,
            int object,
            String rows,
            List<LakeObject> objects,
            long wanted)
            throws SQLException {
        String times = "SELECT c%d AS t, c%d AS object FROM %s ORDER BY t DESC NULLS LAST, object DESC LIMIT %d"
                .formatted(time, object, rows, wanted);
        return DuckDb.execute(
                connection,
                "SELECT object, records, CASE WHEN complete THEN try(oldest::VARCHAR) END FROM (SELECT object, count(*) AS records, min(min(t)) OVER () AS oldest, bool_and(count(t) = count(*)) OVER () AS complete FROM (%s) GROUP BY object) ORDER BY object"
                        .formatted(times),
                found -> {
                    List<LakeObject> newest = new ArrayList<>();
                    long sum = 0;
                    String oldest = null;
                    while (found.next()) {
                        newest.add(objects.get(found.getInt(1)));
                        sum += found.getLong(2);
                        oldest = found.getString(3);
                    }
                    String since = oldest == null ? "" : ">= %s::%s".formatted(DuckDb.literal(oldest), type);
                    return new Newest(newest, sum, since);
                });
    }
}
