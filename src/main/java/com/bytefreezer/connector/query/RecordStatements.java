package com.bytefreezer.connector.query;

import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.problem.Problem.Kind;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Writes the statements that return the records of a query over some objects. Safe for use by several threads. */
public final class RecordStatements {
    private final DuckDb duckDb;
    private final OddObjects oddObjects;
    private final ShortTexts shortTexts;
    /** Completions by statement, as long as a lane uses it. */
    private final Map<String, Completion> completions = Collections.synchronizedMap(new WeakHashMap<>());

    RecordStatements(DuckDb duckDb, OddObjects oddObjects, ShortTexts shortTexts) {
        this.duckDb = duckDb;
        this.oddObjects = oddObjects;
        this.shortTexts = shortTexts;
    }

    /**
     * The statement for the records of {@code objects}: one BLOB column {@code record} with the JSON of a record, and a NULL after the last one. Without that NULL the stream has ended early, which DuckDB's JDBC driver does not report (docs/contracts.md, DuckDB).
     *
     * @param skip number of records to leave out at the beginning
     */
    public String records(Query query, List<LakeObject> objects, Schema schema, boolean omitNulls, long skip) {
        return duckDb.over(query, objects, schema, DuckDb.NO_NUMBER, "", (connection, columns, sql) -> {
            return "SELECT record FROM (SELECT encode(%s) AS record FROM (%s) AS r(%s)%s) UNION ALL SELECT NULL"
                    .formatted(
                            new RowRendering(columns, omitNulls, DuckDb.NO_NUMBER).record(),
                            sql,
                            names(columns.size()),
                            offset(skip));
        });
    }

    /**
     * As {@link #records}, for a reader that completes the records, see {@link #completion}. Records of rows that are {@link Plan.Rows#JOINED} are ordered by row and then by content, and have a second column: the row's number in its object.
     *
     * @param rows the result of each row if the objects are read one by one
     * @param maxBytes limit of a record; a larger one is refused
     */
    public String stream(
            Query query,
            List<LakeObject> objects,
            Schema schema,
            boolean omitNulls,
            long skip,
            Plan.Rows rows,
            long maxBytes) {
        boolean isJoined = rows == Plan.Rows.JOINED;
        boolean oneEach = rows == Plan.Rows.ONE_EACH;
        boolean isNumber = oneEach && objects.size() == 1 && query.canBundle();
        String number = isNumber || isJoined ? query.objectNumber() : DuckDb.NO_NUMBER;
        String ofRow = isJoined ? ParquetScan.POSITION_AND_ROW : "file_row_number";
        return duckDb.over(query, objects, schema, number, ofRow, (connection, columns, sql) -> {
            RowRendering record = new RowRendering(columns, omitNulls, number)
                    .withShort(maxBytes < LargeRecords.mostInStream() ? Set.of() : shortTexts(query, objects));
            String all = "(%s) AS r(%s)".formatted(sql, names(columns.size()));
            LargeRecords large = new LargeRecords(
                    duckDb,
                    all,
                    record,
                    isNumber ? "c" + (columns.size() - 1) : "hash(%s)".formatted(names(columns.size())),
                    isNumber,
                    Math.min(maxBytes, LargeRecords.mostInHeap()));
            Completion.Again again = (statement, failure, given) -> {
                SQLException why = failure == null ? whyItEnded(statement) : failure;
                boolean isInOrder = given == 0 || (oneEach && objects.size() == 1);
                if (!isInOrder || !RawCopies.helpWith(why) || !oddObjects.copy(objects, schema)) {
                    return Optional.empty();
                }
                String other = stream(query, objects, schema, omitNulls, skip + given, rows, maxBytes);
                return Optional.of(new Completion.Statement(other, completion(other)));
            };
            return completedBy(
                    new Completion(record.members(), large, again),
                    isJoined
                            ? "SELECT record, number FROM (%s%s) UNION ALL SELECT NULL, NULL"
                                    .formatted(inOrder(large.stream(all, numbered(columns.size()))), offset(skip))
                            : "SELECT record FROM (%s) UNION ALL SELECT NULL"
                                    .formatted(large.stream(all + offset(skip), "")));
        });
    }

    /**
     * As {@link #stream}, for small objects of one partition, with a second column: the position of the record's object, for joined rows together with the row's number. Each record is the same as if its object is read alone. Fails at a large record.
     */
    public String ofBundle(Query query, List<LakeObject> objects, Schema schema, boolean omitNulls, boolean joined) {
        String number = query.objectNumber();
        String ofRow = joined ? ParquetScan.POSITION_AND_ROW : ParquetScan.POSITION;
        return duckDb.over(query, objects, schema, number, ofRow, (connection, columns, sql) -> {
            String all = "(%s) AS r(%s)".formatted(sql, names(columns.size()));
            long most = LargeRecords.mostInStream();
            RowRendering record = new RowRendering(columns, omitNulls, number).withShort(shortTexts(query, objects));
            String records =
                    "SELECT CASE WHEN strlen(json) <= %d THEN encode(json) ELSE error('a record is too large for a bundle') END AS record, number, tie FROM (SELECT %s AS json%s FROM %s)"
                            .formatted(most, record.shortRecord(most), numbered(columns.size()), all);
            return completedBy(
                    new Completion(record.members(), null),
                    "SELECT record, number%s FROM (%s) UNION ALL SELECT NULL, NULL"
                            .formatted(joined ? "" : "::INTEGER", joined ? inOrder(records) : records));
        });
    }

    /** The names of columns of the result that have no long text. */
    private Set<String> shortTexts(Query query, List<LakeObject> objects) {
        return query.use() == Use.ALL ? shortTexts.of(objects) : Set.of();
    }

    /** Further columns: the number of a joined row, and what gives the records of one row an order, whatever the heap's size. */
    private static String numbered(int columns) {
        return ", c%d AS number, hash(%s) AS tie".formatted(columns - 1, names(columns));
    }

    /** Sorted as records, which takes less than to sort the rows that they are made of. */
    private static String inOrder(String records) {
        return "FROM (%s) ORDER BY number, tie".formatted(records);
    }

    private static String offset(long skip) {
        return skip == 0 ? "" : " OFFSET " + skip;
    }

    private String completedBy(Completion completion, String statement) {
        completions.put(statement, completion);
        return statement;
    }

    /** The missing parts of a statement's records. */
    Completion completion(String statement) {
        return completions.getOrDefault(statement, Completion.NONE);
    }

    /** The number of records of a statement from {@link #records}, and their bytes of JSON. */
    public record Size(long records, long bytes) {}

    /** Runs a statement from {@link #records} to its end. */
    public Size measure(String statementText) {
        try (Connection connection = duckDb.newConnection();
                Statement statement = connection.createStatement();
                ResultSet sums = statement.executeQuery(
                        "SELECT count(record), coalesce(sum(octet_length(record)), 0)::BIGINT FROM (" + statementText
                                + ")")) {
            sums.next();
            return new Size(sums.getLong(1), sums.getLong(2));
        } catch (SQLException e) {
            throw DuckDb.failure(e);
        }
    }

    /** Runs a statement from {@link #records} to its end to find its problem. */
    public DuckDbException whyItEnded(String statementText) {
        try (Connection connection = duckDb.newConnection();
                Statement statement = connection.createStatement()) {
            statement
                    .executeQuery("SELECT sum(octet_length(record)) FROM (" + statementText + ")")
                    .close();
            return new DuckDbException(
                    Kind.BROKEN_OFF,
                    "it broke off in the middle, and a second look found no problem; it may have been replaced meanwhile");
        } catch (SQLException e) {
            return DuckDbException.of(e);
        }
    }

    /** The names of this many columns, as in {@link RowRendering}. */
    static String names(int columns) {
        return IntStream.range(0, columns).mapToObj(i -> "c" + i).collect(Collectors.joining(", "));
    }
}
