package com.bytefreezer.connector.query;

import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.problem.Problem.Kind;
import com.bytefreezer.connector.query.Shape.Member;
import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.core.JsonProcessingException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** Reads the columns of objects from their footers. Safe for use by several threads. */
final class Footers {
    /** Each look waits for one or two requests to the lake. */
    private static final int AT_ONCE = 8;

    private static final int MOST_IN_A_STATEMENT = 64;
    /** A file of a folder answers at once: there, to plan a statement takes longer than to look at some files. */
    private static final int LEAST_IN_A_STATEMENT_FOR_FILES = 16;

    /** Gives each file a text that is equal for equal columns, and whether a column has times of day. */
    private static final String DIGESTS = """
            SELECT file_name,
              md5(string_agg(row(name, type, repetition_type, num_children, logical_type, converted_type, duckdb_type, scale, precision)::VARCHAR, ';' ORDER BY column_id)),
              coalesce(bool_or(starts_with(duckdb_type, 'TIME') AND NOT starts_with(duckdb_type, 'TIMESTAMP')), false)
            FROM parquet_schema(%s) GROUP BY file_name""";

    /** Counts each file's rows in three ways. A row has one value in each column, and at least one in a column of lists. */
    private static final String ROWS = """
            SELECT f[1].file_name,
              f[1].num_rows,
              coalesce(list_sum(list_transform(list_distinct(list_transform(m, lambda c: {'group': c.row_group_id, 'rows': c.row_group_num_rows})), lambda g: g.rows)), 0)::BIGINT,
              coalesce(list_bool_or(list_transform(m, lambda c: c.row_group_num_rows < 0 OR c.num_values < c.row_group_num_rows
                OR (c.num_values > c.row_group_num_rows AND NOT lists))), false),
              to_json(list_transform(list_filter(m, lambda c: c.total_uncompressed_size NOT BETWEEN 1 AND %d), lambda c: c.path_in_schema))::VARCHAR
            FROM (SELECT parquet_file_metadata AS f, parquet_metadata AS m,
                list_contains(list_transform(parquet_schema, lambda c: c.repetition_type), 'REPEATED') AS lists
              FROM parquet_full_metadata(%s))""";

    private final Connections connections;
    private final Map<String, Shape> byDigest = new ConcurrentHashMap<>();
    private final ShortTexts shortTexts = new ShortTexts();

    /** Provides connections; each is closed after use. */
    interface Connections {
        Connection open() throws SQLException;
    }

    /** Receives the rows of a statement. */
    interface Rows<T> {
        T of(ResultSet rows) throws SQLException;
    }

    /**
     * The content of a file's footer.
     *
     * @param rows of the file
     * @param rowsOfGroups the rows of all its row groups
     * @param contradictory whether the rows of a row group and the values of its columns differ in number
     * @param large the names of the columns with many bytes in a row group, see {@link ShortTexts}; null if unknown
     */
    private record Footer(
            String digest,
            long rows,
            long rowsOfGroups,
            boolean contradictory,
            @Nullable Set<String> large) {
        /** Why DuckDB must not read the file: it would miss records, or read other bytes as records. */
        @Nullable
        SQLException damage() {
            if (contradictory) {
                return new SQLException(
                        "its footer is damaged: a row group has different numbers of rows and of values.");
            }
            // Some writers leave the rows of the file at 0.
            return rows == rowsOfGroups || rows == 0
                    ? null
                    : new SQLException(String.format(
                            Locale.ROOT,
                            "its footer is damaged: it claims %,d rows, but its row groups have %,d.",
                            rows,
                            rowsOfGroups));
        }
    }

    Footers(Connections connections) {
        this.connections = connections;
    }

    /** What the footers tell about texts. */
    ShortTexts shortTexts() {
        return shortTexts;
    }

    /**
     * The columns of these objects, by whole object. Lets {@code schema} learn them, but it may remember fewer objects
     * than one statement reads.
     *
     * @throws SQLException if one of them cannot be read
     */
    Map<LakeObject, Shape> require(Schema schema, List<LakeObject> objects) throws SQLException {
        Look look = look(schema, objects);
        if (!look.unread.isEmpty()) {
            throw look.unread.values().iterator().next();
        }
        return look.found;
    }

    /** Lets {@code schema} learn the columns of those objects that can be read. Returns the problems of those that are damaged, by whole object. */
    Map<LakeObject, DuckDbException> learn(Schema schema, List<LakeObject> objects) {
        Map<LakeObject, DuckDbException> damaged = new LinkedHashMap<>();
        look(schema, objects).unread.forEach((object, e) -> {
            DuckDbException problem = DuckDbException.of(e);
            if (problem.kind() == Kind.OTHER) {
                damaged.put(object, problem);
            }
        });
        return damaged;
    }

    private Look look(Schema schema, List<LakeObject> objects) {
        Look look = new Look();
        List<LakeObject> wanted =
                objects.stream().map(LakeObject::whole).distinct().toList();
        wanted.forEach(object -> schema.shape(object).ifPresent(shape -> look.found.put(object, shape)));
        List<LakeObject> unknown = wanted.stream()
                .filter(object -> !look.found.containsKey(object))
                // The order of the columns must not depend on the order in which the objects are read.
                .sorted(Comparator.comparing(LakeObject::key))
                .toList();
        List<List<LakeObject>> parts = new ArrayList<>();
        boolean isFolder = unknown.stream().noneMatch(object -> object.url().startsWith("s3://"));
        int least = isFolder ? LEAST_IN_A_STATEMENT_FOR_FILES : 1;
        int each = Math.min(MOST_IN_A_STATEMENT, Math.max(least, (unknown.size() + AT_ONCE - 1) / AT_ONCE));
        for (int i = 0; i < unknown.size(); i += each) {
            parts.add(unknown.subList(i, Math.min(unknown.size(), i + each)));
        }
        inParallel(parts.stream()
                .<Callable<Void>>map(part -> () -> {
                    read(part, look);
                    return null;
                })
                .toList());
        // Not in the order of reading.
        for (LakeObject object : unknown) {
            Shape shape = look.found.get(object);
            if (shape != null) {
                schema.learn(object, shape);
            }
        }
        return look;
    }

    /** The result of a look at several objects. */
    private static final class Look {
        private final Map<LakeObject, Shape> found = new ConcurrentHashMap<>();
        private final Map<LakeObject, SQLException> unread = new ConcurrentHashMap<>();
        /** Why the look ended before the last object. */
        private volatile @Nullable SQLException ended;
    }

    private static void inParallel(List<Callable<Void>> tasks) {
        if (tasks.size() == 1) {
            call(tasks.get(0));
            return;
        }
        ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE);
        try {
            for (Future<Void> done : threads.invokeAll(tasks)) {
                done.get();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while footers are read", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } finally {
            threads.shutdownNow();
        }
    }

    private static void call(Callable<Void> task) {
        try {
            task.call();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private void read(List<LakeObject> objects, Look look) {
        SQLException ended = look.ended;
        if (ended != null) {
            objects.forEach(object -> look.unread.put(object, ended));
            return;
        }
        try (Connection connection = connections.open()) {
            Map<String, Footer> footers = footers(connection, objects);
            for (LakeObject object : objects) {
                Footer footer = footers.get(object.url());
                if (footer == null) {
                    throw new SQLException(object.url() + " has no columns");
                }
                SQLException damage = footer.damage();
                if (damage != null) {
                    look.unread.put(object, damage);
                    continue;
                }
                Shape known = byDigest.get(footer.digest());
                Shape shape = known == null ? shape(connection, object) : known;
                byDigest.put(footer.digest(), shape);
                look.found.put(object, shape);
                if (footer.large() != null) {
                    shortTexts.learn(object, shape, footer.large());
                }
            }
        } catch (SQLException e) {
            if (concernsAll(e)) {
                look.ended = e;
            }
            if (objects.size() == 1 || look.ended != null) {
                objects.forEach(object -> look.unread.put(object, e));
                return;
            }
            int half = objects.size() / 2;
            read(objects.subList(0, half), look);
            read(objects.subList(half, objects.size()), look);
        }
    }

    /** Whether the others would fail too: the look was stopped, or the lake refuses the keys. */
    private static boolean concernsAll(SQLException e) {
        Kind kind = DuckDbException.of(e).kind();
        return kind == Kind.INTERRUPTED || kind == Kind.FORBIDDEN;
    }

    private static boolean isOfAValue(SQLException e) {
        Kind kind = DuckDbException.of(e).kind();
        return kind == Kind.BAD_VALUE || kind == Kind.ODD_VALUE;
    }

    private Map<String, Footer> footers(Connection connection, List<LakeObject> objects) throws SQLException {
        Set<String> withTimes = new HashSet<>();
        Map<String, Footer> footers =
                DuckDb.execute(connection, DIGESTS.formatted(ParquetScan.files(objects)), rows -> {
                    Map<String, Footer> found = new LinkedHashMap<>();
                    while (rows.next()) {
                        found.put(rows.getString(1), new Footer(rows.getString(2), 0, 0, false, null));
                        if (rows.getBoolean(3)) {
                            withTimes.add(rows.getString(1));
                        }
                    }
                    return found;
                });
        // DuckDB turns all statistics into text when it shows row groups. For a time outside the day this crashes the
        // process (seen on 1.5.5).
        List<LakeObject> counted = objects.stream()
                .filter(object -> !withTimes.contains(object.url()))
                .toList();
        if (counted.isEmpty()) {
            return footers;
        }
        try {
            String sql = ROWS.formatted(LargeRecords.mostInStream(), ParquetScan.files(counted));
            return DuckDb.execute(connection, sql, rows -> {
                while (rows.next()) {
                    Footer footer = footers.get(rows.getString(1));
                    if (footer != null) {
                        footers.put(
                                rows.getString(1),
                                new Footer(
                                        footer.digest(),
                                        rows.getLong(2),
                                        rows.getLong(3),
                                        rows.getBoolean(4),
                                        texts(rows.getString(5))));
                    }
                }
                return footers;
            });
        } catch (SQLException e) {
            // Others, such as pandas' "not a time", have no text at all.
            if (objects.size() > 1 || !isOfAValue(e)) {
                throw e;
            }
            return footers;
        }
    }

    /** Those of a JSON array; a cell of the cage hands over no arrays. */
    private static Set<String> texts(String list) {
        Set<String> texts = new HashSet<>();
        try {
            Json.mapper().readTree(list).forEach(one -> texts.add(one.asText()));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
        return Set.copyOf(texts);
    }

    private Shape shape(Connection connection, LakeObject object) throws SQLException {
        String file = ParquetScan.files(List.of(object));
        List<FileColumn> written = DuckDb.execute(connection, FileColumn.SQL.formatted(file), FileColumn::of)
                .children();
        return DuckDb.execute(connection, "DESCRIBE FROM read_parquet(" + file + ", hive_partitioning=false)", rows -> {
            List<Member> columns = new ArrayList<>();
            while (rows.next()) {
                // DuckDB has one column for each column of the file.
                FileColumn column = written.get(columns.size());
                ColumnType type = column.withNothing(ColumnType.of(rows.getString(2)));
                columns.add(new Member(column.name(), type, column.meant(type), column.isCut(), column.isMisread()));
            }
            return new Shape(List.copyOf(columns));
        });
    }
}
