package com.bytefreezer.connector.query;

import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.lake.AwsKeys;
import com.bytefreezer.connector.lake.Credentials;
import com.bytefreezer.connector.lake.Credentials.Keys;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.lake.Network;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.problem.Problem.Kind;
import com.bytefreezer.connector.query.JsonRendering.Column;
import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Blob;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The DuckDB of one run: an in-memory database in a sandbox that can read the folders of one dataset and nothing else.
 * Opened for the run and closed with it, so that it always has the right keys and gives its memory back. Safe for use by
 * several threads.
 */
public final class DuckDb implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DuckDb.class);
    private static final ObjectMapper JSON = Json.mapper();
    /** Of a statement that need not tell of which object a row is. */
    private static final String NO_NUMBER = "";

    private final Engine engine;
    /** Another one after an internal error, see {@link #newConnection}. */
    private Connection root;

    /** What has been done to it, to do it to the other one too. */
    private final List<Preparation> preparations = new ArrayList<>();

    private @Nullable TemporaryFolder temporaryFolder;
    private final RawCopies copies = new RawCopies();
    private final Footers footers = new Footers(this::newConnection, DuckDb::execute);
    private final Binding binding = new Binding(this::newConnection);
    /** By statement, for as long as somebody has it. */
    private final Map<String, Completion> completions = Collections.synchronizedMap(new WeakHashMap<>());

    /** Makes a new database a sandbox. */
    private interface Preparation {
        void of(DuckDb duckDb) throws SQLException;
    }

    private DuckDb(Engine engine, Preparation preparation) throws SQLException {
        this.engine = engine;
        root = engine.connect();
        try {
            prepare(preparation);
        } catch (SQLException | ConnectorException e) {
            root.close();
            throw e;
        }
    }

    private synchronized void prepare(Preparation preparation) throws SQLException {
        preparation.of(this);
        preparations.add(preparation);
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
            throw new ConnectorException(
                    "DuckDB does not start (%s)."
                            .formatted(DuckDbException.of(e).getMessage()),
                    Problem.NOTHING_EXPORTED,
                    "",
                    e);
        }
    }

    /** Opens the database in this process. */
    public static DuckDb open(
            Settings settings, Set<String> folders, @Nullable Credentials credentials, boolean smallObjects) {
        return open(Engine.HERE, settings, folders, credentials, smallObjects);
    }

    /**
     * Opens the database; {@link #lock} completes the sandbox.
     *
     * @param engine where it runs
     * @param folders what may be read
     * @param credentials of the bucket, or null for a folder of this machine
     * @param smallObjects whether to keep what was read from the bucket: a small object's footer is read twice, while a
     *     big object would only fill the memory
     */
    public static DuckDb open(
            Engine engine,
            Settings settings,
            Set<String> folders,
            @Nullable Credentials credentials,
            boolean smallObjects) {
        return open(engine, settings, folders, credentials, smallObjects, MemoryLimit.ofQuery(settings));
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
            long memory) {
        try {
            return new DuckDb(engine, duckDb -> {
                duckDb.set("memory_limit", memory + "B");
                duckDb.makeSandbox(settings, folders, credentials, smallObjects);
            });
        } catch (SQLException e) {
            throw new ConnectorException(
                    "DuckDB does not start (%s)."
                            .formatted(DuckDbException.of(e).getMessage()),
                    Problem.NOTHING_EXPORTED,
                    "",
                    e);
        }
    }

    /**
     * For one stream of records: a second statement on it would end the stream. A copy of the first connection, since
     * some settings are a connection's own (streaming_buffer_size).
     *
     * <p>After an internal error DuckDB answers nothing any more; then this is a connection to another database like it, so
     * that the error costs only those statements that were running.
     */
    synchronized Connection newConnection() throws SQLException {
        Connection connection = engine.copy(root);
        try (Statement statement = connection.createStatement()) {
            statement.execute("SELECT 1");
            return connection;
        } catch (SQLException invalidated) {
            connection.close();
            Connection before = root;
            root = engine.connect();
            before.close();
            for (Preparation preparation : preparations) {
                preparation.of(this);
            }
            return engine.copy(root);
        }
    }

    /** What it holds in memory now, in bytes. */
    public long memory() throws SQLException {
        try (Connection connection = newConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT sum(memory_usage_bytes)::BIGINT FROM duckdb_memory()")) {
            row.next();
            return row.getLong(1);
        }
    }

    /** Lets {@code schema} learn the columns of these objects, of those that can be read. Reads footers only. */
    public void learn(Schema schema, List<LakeObject> objects) {
        footers.learn(schema, objects);
    }

    /** How the query may be cut. Binds it over {@code objects} without reading records. */
    public Plan plan(Query query, List<LakeObject> objects, Schema schema) {
        return over(query, objects, schema, NO_NUMBER, "", (connection, columns, sql) -> {
            try (Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery("EXPLAIN (FORMAT json) " + sql)) {
                while (rows.next()) {
                    if (rows.getString(1).equals("logical_plan")) {
                        return Plan.of(JSON.readTree(rows.getString(2)));
                    }
                }
                throw new IllegalStateException("EXPLAIN gave no logical plan");
            } catch (JsonProcessingException e) {
                throw new IllegalStateException("EXPLAIN gave no JSON", e);
            }
        });
    }

    /** Lets it write no more than this to the temporary folder; a statement that needs more fails. */
    public void limitTemporaryFiles(int gigabytes) {
        try {
            prepare(duckDb -> duckDb.set("max_temp_directory_size", gigabytes + "GB"));
        } catch (SQLException e) {
            throw failure(e);
        }
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

    /**
     * From now on no setting can be changed.
     *
     * @param threads per statement; one where several objects are read at the same time
     */
    public void lock(int threads) {
        try {
            prepare(duckDb -> {
                duckDb.set("threads", String.valueOf(threads));
                duckDb.set("lock_configuration", "true");
            });
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    /**
     * The statement that gives the records of {@code objects}: one BLOB column {@code record} with the JSON of a record,
     * and after the last one a NULL. Without that NULL the stream has ended early, which DuckDB's JDBC driver does not
     * report (docs/contracts.md, DuckDB).
     *
     * @param skip records to leave out at the beginning
     */
    public String records(Query query, List<LakeObject> objects, Schema schema, boolean omitNulls, long skip) {
        return over(query, objects, schema, NO_NUMBER, "", (connection, columns, sql) -> {
            String offset = skip == 0 ? "" : " OFFSET " + skip;
            return "SELECT record FROM (SELECT encode(%s) AS record FROM (%s) AS r(%s)%s) UNION ALL SELECT NULL"
                    .formatted(
                            new RowRendering(columns, omitNulls, NO_NUMBER).record(),
                            sql,
                            names(columns.size()),
                            offset);
        });
    }

    /**
     * As {@link #records}, for a reader that completes what it gives, see {@link #completion}.
     *
     * @param oneEach whether each of its records is made of a row of the objects, of which no other one is made
     * @param maxBytes the most of a record; a larger one is refused
     */
    public String stream(
            Query query,
            List<LakeObject> objects,
            Schema schema,
            boolean omitNulls,
            long skip,
            boolean oneEach,
            long maxBytes) {
        boolean isNumber = oneEach && objects.size() == 1 && query.canBundle();
        String number = isNumber ? query.objectNumber() : NO_NUMBER;
        return over(query, objects, schema, number, "file_row_number", (connection, columns, sql) -> {
            RowRendering record = new RowRendering(columns, omitNulls, number);
            LargeRecords large = new LargeRecords(
                    this,
                    "(%s) AS r(%s)".formatted(sql, names(columns.size())),
                    record,
                    isNumber ? "c" + (columns.size() - 1) : "hash(%s)".formatted(names(columns.size())),
                    isNumber,
                    Math.min(maxBytes, LargeRecords.mostInHeap()));
            Completion.Again again = (statement, failure, given) -> {
                SQLException why = failure == null ? whyItEnded(statement) : failure;
                boolean isInOrder = given == 0 || (oneEach && objects.size() == 1);
                if (!isInOrder || !RawCopies.helpWith(why) || !copyOddOnes(objects, schema)) {
                    return Optional.empty();
                }
                String other = stream(query, objects, schema, omitNulls, skip + given, oneEach, maxBytes);
                return Optional.of(new Completion.Statement(other, completion(other)));
            };
            return completedBy(
                    new Completion(record.members(), large, again),
                    "SELECT record FROM (%s) UNION ALL SELECT NULL".formatted(large.stream(skip)));
        });
    }

    /** From now on the objects that hold values which DuckDB does not take are read another way. Whether there are any. */
    private boolean copyOddOnes(List<LakeObject> objects, Schema schema) {
        boolean found = false;
        for (LakeObject object :
                objects.stream().map(LakeObject::whole).distinct().toList()) {
            if (copies.of(object).isEmpty() && (objects.size() == 1 || isOdd(object, schema)) && copy(object)) {
                found = true;
                LOG.warn(
                        "object {}: it has values that DuckDB does not take. They are delivered as text or null (docs/data.md, Values).",
                        object.key());
            }
        }
        return found;
    }

    private boolean isOdd(LakeObject object, Schema schema) {
        String scan = ParquetScan.of(schema, copies, List.of(object), Use.GIVE, Map.of(), NO_NUMBER, "");
        try (Connection connection = newConnection()) {
            execute(connection, "SELECT count(hash(r)) FROM (" + scan + ") AS r");
            return false;
        } catch (SQLException e) {
            return RawCopies.helpWith(e);
        }
    }

    private synchronized boolean copy(LakeObject object) {
        boolean isInBucket = object.url().startsWith("s3://");
        if (copies.of(object).isPresent() || (isInBucket && object.size() > LargeRecords.mostInHeap())) {
            return copies.of(object).isPresent();
        }
        try (Connection connection = newConnection()) {
            copies.add(
                    object,
                    inBucket -> execute(
                            connection,
                            "SELECT content FROM read_blob(%s)".formatted(JsonRendering.literal(inBucket.url())),
                            rows -> {
                                rows.next();
                                return bytes(rows.getBlob(1));
                            }),
                    file -> execute(
                            connection,
                            "DESCRIBE FROM read_parquet(%s, hive_partitioning=false)"
                                    .formatted(JsonRendering.literal(file.toString())),
                            rows -> {
                                List<ColumnType> types = new ArrayList<>();
                                while (rows.next()) {
                                    types.add(ColumnType.of(rows.getString(2)));
                                }
                                return types;
                            }));
            return true;
        } catch (SQLException e) {
            // What DuckDB says of the object itself is told.
            LOG.debug("{}: no copy", object.key(), e);
            return false;
        }
    }

    /**
     * As {@link #stream}, for small objects of one partition, with a second column: the position of the
     * record's object among them. Each record is the same as when its object is read alone. Fails where one is large.
     */
    public String recordsOfBundle(Query query, List<LakeObject> objects, Schema schema, boolean omitNulls) {
        String number = query.objectNumber();
        return over(query, objects, schema, number, ParquetScan.POSITION, (connection, columns, sql) -> {
            int last = columns.size() - 1;
            long most = LargeRecords.mostInStream();
            RowRendering record = new RowRendering(columns, omitNulls, number);
            return completedBy(
                    new Completion(record.members(), null),
                    "SELECT record, object FROM (SELECT CASE WHEN strlen(json) <= %d THEN encode(json) ELSE error('a record is too large for a bundle') END AS record, object FROM (SELECT %s AS json, c%d::INTEGER AS object FROM (%s) AS r(%s))) UNION ALL SELECT NULL, NULL"
                            .formatted(most, record.shortRecord(most), last, sql, names(columns.size())));
        });
    }

    private String completedBy(Completion completion, String statement) {
        completions.put(statement, completion);
        return statement;
    }

    /** What the records of a statement lack. */
    Completion completion(String statement) {
        return completions.getOrDefault(statement, Completion.NONE);
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
    }

    /**
     * Reads the first records of a query for a person who waits. They are gathered in a temporary table before the
     * first one is handed over, since the driver would not report an error in the middle of a stream (docs/contracts.md,
     * DuckDB). What does not fit into memory is on disk.
     *
     * @param limit most records
     * @throws IOException of {@code reader}
     */
    public void read(Query query, List<LakeObject> objects, Schema schema, boolean omitNulls, long limit, Reader reader)
            throws IOException {
        try {
            over(query, objects, schema, NO_NUMBER, "", (connection, columns, sql) -> {
                String table =
                        "CREATE OR REPLACE TEMP TABLE result_for_people AS SELECT encode(%s) AS record FROM (%s) AS r(%s) LIMIT %d"
                                .formatted(
                                        new RowRendering(columns, omitNulls, NO_NUMBER).record(),
                                        sql,
                                        names(columns.size()),
                                        limit);
                execute(connection, table);
                return execute(connection, "FROM result_for_people", records -> {
                    try {
                        reader.columns(
                                columns.stream().map(Column::name).toList(),
                                columns.stream().map(Column::typeName).toList());
                        boolean more = true;
                        while (more && records.next()) {
                            more = reader.record(bytes(records.getBlob(1)));
                        }
                        return !more;
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
            });
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** The names of the query's columns with DuckDB's types, in order. Reads footers only. */
    public Map<String, String> describe(Query query, List<LakeObject> objects, Schema schema) {
        return over(query, objects, schema, NO_NUMBER, "", (connection, columns, sql) -> {
            Map<String, String> types = new LinkedHashMap<>();
            columns.forEach(column -> types.put(column.name(), column.typeName()));
            return types;
        });
    }

    /** How many records each of these objects has, by URL. Reads footers only. */
    public Map<String, Long> recordCounts(List<LakeObject> objects) {
        try (Connection connection = newConnection()) {
            return execute(
                    connection,
                    "SELECT file_name, num_rows FROM parquet_file_metadata(%s)".formatted(ParquetScan.files(objects)),
                    footers -> {
                        Map<String, Long> counts = new LinkedHashMap<>();
                        while (footers.next()) {
                            counts.put(footers.getString(1), footers.getLong(2));
                        }
                        return counts;
                    });
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    private static <T> T execute(Connection connection, String sql, Footers.Rows<T> reader) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            return reader.of(rows);
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static byte[] bytes(Blob blob) throws SQLException {
        return blob.getBytes(1, (int) blob.length());
    }

    private static String names(int columns) {
        return IntStream.range(0, columns).mapToObj(i -> "c" + i).collect(Collectors.joining(", "));
    }

    /**
     * Cuts a big object into slices of whole row groups, each at least {@code bytes} large; a smaller one, and one whose
     * footer cannot be read, stays whole.
     */
    public List<LakeObject> slices(LakeObject object, long bytes) {
        if (object.size() < 2 * bytes) {
            return List.of(object);
        }
        try (Connection connection = newConnection();
                Statement statement = connection.createStatement();
                ResultSet footer =
                        statement.executeQuery("SELECT num_rows, num_row_groups FROM parquet_file_metadata(%s)"
                                .formatted(JsonRendering.literal(object.url())))) {
            footer.next();
            long rows = footer.getLong(1);
            long rowGroups = footer.getLong(2);
            if (rows <= 0 || rowGroups <= 0) {
                return List.of(object);
            }
            long slices = Math.min(rowGroups, object.size() / bytes);
            long rowsOfGroup = (rows + rowGroups - 1) / rowGroups;
            long groupsEach = (rowGroups + slices - 1) / slices;
            return object.slices(rows, rowsOfGroup * groupsEach);
        } catch (SQLException e) {
            // Reading its records says what is wrong with it.
            return List.of(object);
        }
    }

    /**
     * How many rows these objects have, from their footers; empty when one of them cannot be read.
     */
    public OptionalLong rows(List<LakeObject> objects) {
        try (Connection connection = newConnection();
                Statement statement = connection.createStatement();
                ResultSet footers = statement.executeQuery(
                        "SELECT sum(num_rows) FROM parquet_file_metadata(%s)".formatted(ParquetScan.files(objects)))) {
            footers.next();
            return OptionalLong.of(footers.getLong(1));
        } catch (SQLException e) {
            return OptionalLong.empty();
        }
    }

    /** How many records a statement of {@link #records} gives, and how many bytes of JSON. */
    public record Size(long records, long bytes) {}

    /** Runs a statement of {@link #records} to its end. */
    public Size measure(String statementText) {
        try (Connection connection = newConnection();
                Statement statement = connection.createStatement();
                ResultSet sums = statement.executeQuery(
                        "SELECT count(record), coalesce(sum(octet_length(record)), 0)::BIGINT FROM (" + statementText
                                + ")")) {
            sums.next();
            return new Size(sums.getLong(1), sums.getLong(2));
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    /** Runs a statement of {@link #records} to its end and tells what is wrong with it. */
    public DuckDbException whyItEnded(String statementText) {
        try (Connection connection = newConnection();
                Statement statement = connection.createStatement()) {
            statement
                    .executeQuery("SELECT sum(octet_length(record)) FROM (" + statementText + ")")
                    .close();
            return new DuckDbException(
                    Kind.BROKEN_OFF,
                    "it broke off in the middle and a second look found nothing wrong; it may have been replaced meanwhile");
        } catch (SQLException e) {
            return DuckDbException.of(e);
        }
    }

    /** Gives the database new keys for the bucket. */
    public void replaceKeys(Credentials credentials, Keys keys) {
        try {
            prepare(duckDb -> duckDb.createSecret(credentials, keys));
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    @Override
    public synchronized void close() {
        try {
            root.close();
        } catch (SQLException e) {
            throw failure(e);
        } finally {
            if (temporaryFolder != null) {
                temporaryFolder.close();
            }
        }
    }

    private void makeSandbox(
            Settings settings, Set<String> folders, @Nullable Credentials credentials, boolean smallObjects)
            throws SQLException {
        Path temp = engine.temporaryFolder().orElseGet(settings::temporaryFolder);
        // A folder of its own, which DuckDB removes again: it may be read from within the sandbox.
        TemporaryFolder folder = TemporaryFolder.in(temp);
        if (temporaryFolder != null) {
            temporaryFolder.close();
        }
        temporaryFolder = folder;
        Path folderOfCopies = folder.path().resolve("copies");
        copies.startIn(folderOfCopies);
        set("temp_directory", folder.path().resolve("spill").toString());
        settings.optional("duckdb.extension-directory").ifPresent(this::setExtensionDirectory);
        // DuckDB counts 16 bytes for a record however long it is; with its default it would keep 60,000 of them.
        set("streaming_buffer_size", "32KB");
        set("explain_output", "all");
        // So that it tells how far a statement is.
        set("enable_progress_bar", "true");
        set("enable_progress_bar_print", "false");
        set("progress_bar_time", "0");
        // Else that of the machine.
        set("TimeZone", "UTC");
        // DuckDB 1.5.5 answers min and max of a partition column with an INTERNAL error otherwise (gone in 1.5.6).
        set("disabled_optimizers", "statistics_propagation");
        set("autoinstall_known_extensions", "false");
        if (credentials == null) {
            set(Httpfs.UNVERIFIED, "false");
        } else {
            Httpfs.load(root, settings);
            set("http_timeout", settings.text("s3.timeout-seconds"));
            Network network = Network.of(settings, credentials);
            // Also where there is none: DuckDB would take HTTP_PROXY of the environment, whatever NO_PROXY says.
            set("http_proxy", network.proxyAddress());
            set("enable_server_cert_verification", "true");
            if (network.caFile() != null) {
                set("ca_cert_file", network.caFile().toAbsolutePath().toString());
            }
            set("enable_http_metadata_cache", "true");
            // Otherwise each request opens a connection of its own, over TLS with a handshake (the default after
            // 1.5.5).
            set("httpfs_connection_caching", "true");
            set("enable_external_file_cache", String.valueOf(smallObjects));
            set("allow_persistent_secrets", "false");
            // What follows a question mark in a URL would be options, such as another server; so it is part of the
            // name.
            set("s3_url_compatibility_mode", "true");
            createSecret(credentials, AwsKeys.resolve(credentials));
        }
        try (Statement statement = root.createStatement()) {
            statement.execute("SET allowed_directories=[%s]"
                    .formatted(Stream.concat(folders.stream(), Stream.of(folderOfCopies + "/"))
                            // As it is asked for, and as it is found.
                            .flatMap(one -> Stream.of(one, ParquetScan.withoutWildcards(one)))
                            .distinct()
                            .map(JsonRendering::literal)
                            .collect(Collectors.joining(", "))));
            statement.execute("SET enable_external_access=false");
        }
    }

    private void setExtensionDirectory(String folder) {
        try {
            set("extension_directory", folder);
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    private void set(String name, String value) throws SQLException {
        try (Statement statement = root.createStatement()) {
            statement.execute("SET %s=%s".formatted(name, JsonRendering.literal(value)));
        }
    }

    private synchronized void createSecret(Credentials credentials, Keys keys) throws SQLException {
        Map<String, Object> options = new LinkedHashMap<>();
        options.put("KEY_ID", keys.accessKey());
        options.put("SECRET", keys.secretKey());
        if (keys.sessionToken() != null) {
            options.put("SESSION_TOKEN", keys.sessionToken());
        }
        options.put("REGION", credentials.region());
        var endpoint = credentials.endpoint();
        if (endpoint != null) {
            options.put("ENDPOINT", endpoint.getRawAuthority() + endpoint.getRawPath());
            options.put("USE_SSL", String.valueOf(!"http".equals(endpoint.getScheme())));
            options.put("URL_STYLE", "path");
        }
        // Bound, not pasted: the text of the statement may turn up in an error.
        String parts = options.keySet().stream().map(name -> name + " ?").collect(Collectors.joining(", "));
        try (PreparedStatement statement =
                root.prepareStatement("CREATE OR REPLACE TEMPORARY SECRET lake (TYPE s3, " + parts + ")")) {
            int i = 1;
            for (Object value : options.values()) {
                statement.setObject(i++, value);
            }
            statement.execute();
        }
    }

    private interface Work<T> {
        T with(Connection connection, List<Column> columns, String sql) throws SQLException;
    }

    /**
     * Works with the query over these objects, which may widen the types of the dataset.
     *
     * @param number the name of a further column of the result, or none
     * @param ofRow what it has of each row of a scan
     */
    private <T> T over(
            Query query, List<LakeObject> objects, Schema schema, String number, String ofRow, Work<T> work) {
        try (Connection connection = newConnection()) {
            footers.require(schema, objects);
            while (true) {
                long version = schema.version();
                Binding.Bound bound = binding.of(query, schema, number);
                String scan =
                        ParquetScan.of(schema, copies, objects, query.use(), bound.virtualColumns(), number, ofRow);
                if (version == schema.version()) {
                    return work.with(
                            connection, bound.columns(), number.isEmpty() ? query.over(scan) : query.overBundle(scan));
                }
            }
        } catch (SQLException e) {
            if (RawCopies.helpWith(e) && copyOddOnes(objects, schema)) {
                return over(query, objects, schema, number, ofRow, work);
            }
            throw Binding.explained(query, e);
        }
    }

    private static ConnectorException failure(SQLException e) {
        DuckDbException read = DuckDbException.of(e);
        return new ConnectorException("DuckDB: " + read.getMessage(), read);
    }
}
