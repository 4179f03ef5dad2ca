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
import org.jspecify.annotations.Nullable;

/**
 * The DuckDB of one run: an in-memory database in a sandbox that can read the folders of one dataset and nothing else.
 * Opened for the run and closed with it, so that it always has the right keys and gives its memory back. Safe for use by
 * several threads.
 */
public final class DuckDb implements AutoCloseable {
    private static final ObjectMapper JSON = Json.mapper();
    /** For a statement that does not tell which object a row is from. */
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
        oddObjects = new OddObjects(this::newConnection, copies);
        statements = new RecordStatements(this, oddObjects);
    }

    /** A DuckDB without data, to parse SQL with; in this process. */
    public static Connection forParsing() {
        return forParsing(Engine.HERE);
    }

    /** A DuckDB without data, to parse SQL with. */
    public static Connection forParsing(Engine engine) {
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
     * @param folders what may be read
     * @param credentials of the bucket, or null for a local folder
     * @param smallObjects whether to keep what was read from the bucket: a small object's footer is read twice, while a
     *     big object would only fill the memory
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
     * The same with a limit of its own.
     *
     * @param memory in bytes
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

    /** For one stream of records: a second statement on it would end the stream. */
    Connection newConnection() throws SQLException {
        return sandbox.newConnection();
    }

    /** Its memory in bytes. */
    public long memory() throws SQLException {
        return sandbox.memory();
    }

    /** Limits what it writes to the temporary folder; a statement that needs more fails. */
    public void limitTemporaryFiles(int gigabytes) {
        change(() -> sandbox.limitTemporaryFiles(gigabytes));
    }

    /**
     * From now on no setting can be changed.
     *
     * @param threads per statement; one where several objects are read at the same time
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

    /** Lets {@code schema} learn the columns of these objects, of those that can be read. Reads footers only. */
    public void learn(Schema schema, List<LakeObject> objects) {
        footers.learn(schema, objects);
    }

    /** The plan of the query. Binds it over {@code objects} without reading records. */
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
     * {@link #plan} with the first of {@code candidates} that can be read; there must be one at least.
     *
     * @throws ConnectorException what is wrong with the first, when none can be
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

    /** The statements that give records, as an export reads them. */
    public RecordStatements statements() {
        return statements;
    }

    /** Takes what a query gives. */
    public interface Reader {
        /** Called once, first: the names of the columns and DuckDB's types, in order. */
        void columns(List<String> names, List<String> types) throws IOException;

        /**
         * Called for each record.
         *
         * @param json its text, the same bytes that an export delivers
         * @return whether more can be taken
         */
        boolean record(byte[] json) throws IOException;

        /** Whether the newest records are to come first, if the statement makes each of one row and orders none. */
        default boolean newestFirst() {
            return false;
        }

        /** The one of these columns, of names and types, that tells the time of a record; without one, its object does. */
        default Optional<String> timeColumn(Map<String, String> columns) {
            return Optional.empty();
        }
    }

    /**
     * Reads the first records of a query for a person who waits. They are collected in a temporary table before the
     * first one is returned, because the driver does not report an error in the middle of a stream (docs/contracts.md,
     * DuckDB). Records that do not fit into memory are on disk.
     *
     * @param limit most records
     * @throws IOException of {@code reader}
     */
    public void read(Query query, List<LakeObject> objects, Schema schema, boolean omitNulls, long limit, Reader reader)
            throws IOException {
        new FirstRecords(this, schema, omitNulls, limit, reader).read(query, objects);
    }

    /** The names of the query's columns with DuckDB's types, in order. Reads footers only. */
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
     * Cuts a big object into slices of whole row groups, each at least {@code bytes} large; a smaller one, and one whose
     * footer cannot be read, stays whole.
     */
    public List<LakeObject> slices(LakeObject object, long bytes) {
        return rowCounts.slices(object, bytes);
    }

    /** The number of rows of these objects, from their footers; empty if one of them cannot be read. */
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
     * Works with the query over these objects, which may widen the types of the dataset.
     *
     * @param number the name of a further column of the result, or none
     * @param ofRow what it has of each row of a scan
     */
    <T> T over(Query query, List<LakeObject> objects, Schema schema, String number, String ofRow, Work<T> work) {
        try (Connection connection = newConnection()) {
            footers.require(schema, objects);
            while (true) {
                long version = schema.version();
                Binding.Bound bound = binding.of(query, schema, number);
                String scan =
                        ParquetScan.of(schema, copies, objects, query.use(), bound.virtualColumns(), number, ofRow);
                if (version == schema.version()) {
                    String sql = number.isEmpty() ? query.over(scan) : query.overBundle(scan);
                    String now = query.with(sql, LookupTables.SCHEMA);
                    // What cannot tell its rows apart is not compared.
                    boolean isWhole = number.isEmpty() || lookups.former().isEmpty();
                    return work.with(
                            connection,
                            bound.columns(),
                            isWhole
                                    ? now
                                    : "(%s) EXCEPT ALL (%s)"
                                            .formatted(now, query.with(sql, LookupTables.FORMER_SCHEMA)));
                }
            }
        } catch (SQLException e) {
            if (RawCopies.helpWith(e) && oddObjects.copy(objects, schema)) {
                return over(query, objects, schema, number, ofRow, work);
            }
            throw Binding.explained(query, e);
        }
    }

    private static ConnectorException notStarted(SQLException e) {
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
