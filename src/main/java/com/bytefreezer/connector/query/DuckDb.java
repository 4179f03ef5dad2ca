package com.bytefreezer.connector.query;

import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.lake.Credentials;
import com.bytefreezer.connector.lake.Credentials.Keys;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.query.JsonRendering.Column;
import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Blob;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The DuckDB of one run: an in-memory database in a sandbox that can read the folders of one dataset and nothing else. It lives as long as the run, so that it always has the right keys and returns its memory. Safe for use by
 * several threads.
 */
public final class DuckDb implements AutoCloseable {
    private static final ObjectMapper JSON = Json.mapper();
    /** For a statement that does not need the object of a row. */
    static final String NO_NUMBER = "";

    private final RawCopies copies;
    private final LookupTables lookups;
    private final Sandbox sandbox;
    private final OddObjects oddObjects;
    private final Footers footers = new Footers(this::newConnection);
    private final RowCounts rowCounts = new RowCounts(this::newConnection);
    private final Binding binding;
    private final RecordStatements statements;

    private DuckDb(Sandbox sandbox, RawCopies copies, LookupTables lookups) {
        this.sandbox = sandbox;
        this.copies = copies;
        this.lookups = lookups;
        binding = new Binding(this::newConnection, lookups);
        oddObjects = new OddObjects(this::newConnection, footers, copies);
        statements = new RecordStatements(this, oddObjects, footers.shortTexts());
    }

    /** {@code text} as an SQL string. */
    public static String literal(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    /** A DuckDB without data in this process. To parse SQL, see {@link ParsingDuckDb}. */
    public static Connection bare() {
        return bare(Engine.HERE);
    }

    /** A DuckDB without data. */
    public static Connection bare(Engine engine) {
        try {
            return engine.connect();
        } catch (SQLException e) {
            throw notStarted(e);
        }
    }

    /** Opens the database in this process. */
    public static DuckDb open(
            Settings settings, Set<String> folders, @Nullable Credentials credentials, boolean smallObjects) {
        return open(Engine.HERE, settings, folders, credentials, smallObjects, LookupTables.NONE);
    }

    /**
     * Opens the database; {@link #lock} completes the sandbox.
     *
     * @param engine where it runs
     * @param folders the folders that it may read
     * @param credentials for the bucket; null for a local folder
     * @param smallObjects whether to cache reads from the bucket: a small object's footer is read twice, while a big object would only fill the memory
     * @param lookups the tables beside {@code events}
     */
    public static DuckDb open(
            Engine engine,
            Settings settings,
            Set<String> folders,
            @Nullable Credentials credentials,
            boolean smallObjects,
            LookupTables lookups) {
        return open(engine, settings, folders, credentials, smallObjects, lookups, MemoryLimit.ofQuery(settings));
    }

    /**
     * As above, with its own memory limit.
     *
     * @param memory the limit in bytes
     */
    public static DuckDb open(
            Engine engine,
            Settings settings,
            Set<String> folders,
            @Nullable Credentials credentials,
            boolean smallObjects,
            LookupTables lookups,
            long memory) {
        try {
            RawCopies copies = new RawCopies();
            Sandbox sandbox = Sandbox.open(
                    engine, memory, new Sandbox.Reach(settings, folders, credentials, smallObjects, copies, lookups));
            return new DuckDb(sandbox, copies, lookups);
        } catch (SQLException e) {
            throw notStarted(e);
        }
    }

    /** A connection for one stream of records; a second statement on it would end the stream. */
    Connection newConnection() throws SQLException {
        return sandbox.newConnection();
    }

    /** Equal for statements that return the same rows. The text alone does not say with which lookups it joins. */
    String readingOf(String statement) {
        return lookups.version() + "\n" + statement;
    }

    /** In bytes. */
    long memoryLimit() {
        return sandbox.memoryLimit();
    }

    /** Its memory in bytes. */
    public long memory() throws SQLException {
        return sandbox.memory();
    }

    /** Limits its space in the temporary folder; a statement that needs more fails. */
    public void limitTemporaryFiles(long bytes) {
        change(() -> sandbox.limitTemporaryFiles(bytes));
    }

    /**
     * Locks the configuration: from now on, no setting can be changed.
     *
     * @param threads for each statement; one if several objects are read at the same time
     */
    public void lock(int threads) {
        change(() -> sandbox.lock(threads));
    }

    /** Gives the database new keys for the bucket. */
    public void replaceKeys(Credentials credentials, Keys keys) {
        change(() -> sandbox.replaceKeys(credentials, keys));
    }

    @Override
    public void close() {
        change(sandbox::close);
    }

    private interface Change {
        void make() throws SQLException;
    }

    private static void change(Change change) {
        try {
            change.make();
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    /** Lets {@code schema} learn the columns of these objects, as far as they can be read. Reads footers only. Returns the problems of those that are damaged. */
    public Map<LakeObject, DuckDbException> learn(Schema schema, List<LakeObject> objects) {
        return footers.learn(schema, objects);
    }

    /** The plan of the query, bound over {@code objects}. Reads no records. */
    public Plan plan(Query query, List<LakeObject> objects, Schema schema) {
        return over(query, objects, schema, NO_NUMBER, "", (connection, columns, sql) -> {
            try (Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery("EXPLAIN (FORMAT json) " + sql)) {
                while (rows.next()) {
                    if (rows.getString(1).equals("logical_plan")) {
                        return Plan.of(JSON.readTree(rows.getString(2)), query);
                    }
                }
                throw new IllegalStateException("EXPLAIN gave no logical plan");
            } catch (JsonProcessingException e) {
                throw new IllegalStateException("EXPLAIN gave no JSON", e);
            }
        });
    }

    /**
     * {@link #plan} with the first of {@code candidates} that can be read. {@code candidates} must not be empty.
     *
     * @throws ConnectorException the problem of the first one, if none can be read
     */
    public Plan planWithFirst(Query query, List<LakeObject> candidates, Schema schema) {
        ConnectorException first = null;
        for (LakeObject object : candidates) {
            try {
                return plan(query, List.of(object), schema);
            } catch (ConnectorException e) {
                first = first == null ? e : first;
            }
        }
        throw first == null ? new IllegalStateException("nothing to plan with") : first;
    }

    /** The statements with which an export reads records. */
    public RecordStatements statements() {
        return statements;
    }

    /** Receives the result of a query. */
    public interface Reader {
        /** Called first and once, with the names of the columns and their DuckDB types, in order. */
        void columns(List<String> names, List<String> types) throws IOException;

        /**
         * Called for each record.
         *
         * @param json the bytes that an export would deliver
         * @return whether the reader wants more
         */
        boolean record(byte[] json) throws IOException;

        /** Whether the newest records come first, if the statement makes each record of one row and has no order of its own. */
        default boolean newestFirst() {
            return false;
        }

        /** With {@link #newestFirst}: called for each damaged object; the records are those of the others. */
        default void damaged(LakeObject object, String why) {}

        /** If present, NaN and infinities come as texts, {@code "NaN"}, {@code "Infinity"}, {@code "-Infinity"}, and of times {@code "infinity"}, {@code "-infinity"}, where an export delivers null; each with this mark, letters and digits, in front. */
        default Optional<String> notFinite() {
            return Optional.empty();
        }

        /** The column with the time of a record, out of these names and types; if there is none, the time of its object counts. */
        default Optional<String> timeColumn(Map<String, String> columns) {
            return Optional.empty();
        }
    }

    /**
     * Reads the first records of a query for a person who waits. It collects them in a temporary table before it returns the first one, because the driver does not report an error in the middle of a stream (docs/contracts.md, DuckDB). Records that do not fit into memory go to the disk.
     *
     * @param objects in the order of their names
     * @param limit maximum number of records
     * @return the number of objects that were looked at; if not all, these are the newest
     * @throws IOException from {@code reader}
     */
    public int read(Query query, List<LakeObject> objects, Schema schema, boolean omitNulls, long limit, Reader reader)
            throws IOException {
        return new FirstRecords(this, schema, omitNulls, limit, reader).read(query, objects);
    }

    /**
     * Writes all that a query gives to a new Parquet file, which goes with this database: whoever wants it opens it before.
     *
     * @param begun gets the file before it is written
     */
    public Path write(Query query, List<LakeObject> objects, Schema schema, Consumer<Path> begun) throws IOException {
        Path file = copies.newFile();
        begun.accept(file);
        ParquetFile.write(this, query, objects, schema, file);
        return file;
    }

    /** The names of the query's columns with their DuckDB types, in order. Reads footers only. */
    public Map<String, String> describe(Query query, List<LakeObject> objects, Schema schema) {
        return over(query, objects, schema, NO_NUMBER, "", (connection, columns, sql) -> {
            Map<String, String> types = new LinkedHashMap<>();
            columns.forEach(column -> types.put(column.name(), column.typeName()));
            return types;
        });
    }

    static <T> T execute(Connection connection, String sql, Footers.Rows<T> reader) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            return reader.of(rows);
        }
    }

    static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    static byte[] bytes(Blob blob) throws SQLException {
        return blob.getBytes(1, (int) blob.length());
    }

    /**
     * Cuts a big object into slices of whole row groups of at least {@code bytes} each. A smaller object, or one with an unreadable footer, stays whole.
     */
    public List<LakeObject> slices(LakeObject object, long bytes) {
        return rowCounts.slices(object, bytes);
    }

    /** The number of rows of these objects, from their footers; empty if a footer cannot be read. */
    public OptionalLong rows(List<LakeObject> objects) {
        return rowCounts.of(objects);
    }

    /** The number of records of each of these objects, by URL. Reads footers only. */
    public Map<String, Long> recordCounts(List<LakeObject> objects) {
        try {
            return rowCounts.ofEach(objects);
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    interface Work<T> {
        T with(Connection connection, List<Column> columns, String sql) throws SQLException;
    }

    /**
     * Runs work with the query over these objects, which may widen the types of the dataset.
     *
     * @param number the name of an additional column of the result; may be empty
     * @param ofRow its expression for a row of the scan
     */
    <T> T over(Query query, List<LakeObject> objects, Schema schema, String number, String ofRow, Work<T> work) {
        return over(query, objects, schema, number, ofRow, columns -> columns, work);
    }

    /** The same; if the query gives all columns of the dataset, only those that {@code needed} chooses: with hundreds of others, DuckDB plans long. */
    <T> T over(
            Query query,
            List<LakeObject> objects,
            Schema schema,
            String number,
            String ofRow,
            UnaryOperator<List<Column>> needed,
            Work<T> work) {
        try (Connection connection = newConnection()) {
            var shapes = footers.require(schema, objects);
            oddObjects.copyMisread(shapes);
            while (true) {
                long version = schema.version();
                Binding.Bound bound = binding.of(query, schema, number);
                List<Column> columns = query.use().isAll() ? needed.apply(bound.columns()) : bound.columns();
                Predicate<String> isRead = query.use().isAll()
                        ? columns.stream().map(Column::name).collect(Collectors.toSet())::contains
                        : any -> true;
                String scan = ParquetScan.of(
                        schema, shapes, copies, objects, query.use(), isRead, bound.virtualColumns(), number, ofRow);
                if (version == schema.version()) {
                    String sql = query.over(scan, number);
                    String now = query.with(sql, LookupTables.SCHEMA);
                    // Without distinguishable rows there is nothing to compare.
                    boolean isWhole = number.isEmpty() || lookups.former().isEmpty();
                    return work.with(
                            connection,
                            columns,
                            isWhole
                                    ? now
                                    : "(%s) EXCEPT ALL (%s)"
                                            .formatted(now, query.with(sql, LookupTables.FORMER_SCHEMA)));
                }
            }
        } catch (SQLException e) {
            if (RawCopies.helpWith(e) && oddObjects.copy(objects, schema)) {
                return over(query, objects, schema, number, ofRow, needed, work);
            }
            throw Binding.explained(query, e);
        }
    }

    static ConnectorException notStarted(SQLException e) {
        return new ConnectorException(
                "DuckDB does not start (%s).".formatted(DuckDbException.of(e).getMessage()),
                Problem.NOTHING_EXPORTED,
                "",
                e);
    }

    static ConnectorException failure(SQLException e) {
        DuckDbException read = DuckDbException.of(e);
        return new ConnectorException("DuckDB: " + read.getMessage(), read);
    }
}
