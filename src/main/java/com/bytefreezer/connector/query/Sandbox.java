package com.bytefreezer.connector.query;

import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.lake.AwsKeys;
import com.bytefreezer.connector.lake.Credentials;
import com.bytefreezer.connector.lake.Credentials.Keys;
import com.bytefreezer.connector.lake.Network;
import com.bytefreezer.connector.problem.ConnectorException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An in-memory DuckDB that can read the folders of one dataset and nothing else. After an internal error, a new one replaces it. Safe for use by several threads.
 */
final class Sandbox {
    private final Engine engine;
    private final long memoryLimit;
    /** The database; replaced after an internal error, see {@link #newConnection}. */
    private Connection root;

    /** The settings made on it, to be repeated on its replacement. */
    private final List<Preparation> preparations = new ArrayList<>();

    private @Nullable TemporaryFolder temporaryFolder;

    /** A step that turns a new database into a sandbox. */
    private interface Preparation {
        void of(Sandbox sandbox) throws SQLException;
    }

    /**
     * The data that it may read.
     *
     * @param credentials for the bucket; null for a local folder
     * @param smallObjects whether to cache reads from the bucket
     * @param copies the copies of objects, in a folder that it may read, too
     * @param lookups the lookups, read once before the sandbox closes
     */
    record Reach(
            Settings settings,
            Set<String> folders,
            @Nullable Credentials credentials,
            boolean smallObjects,
            RawCopies copies,
            LookupTables lookups) {}

    private Sandbox(Engine engine, long memoryLimit) throws SQLException {
        this.engine = engine;
        this.memoryLimit = memoryLimit;
        root = engine.connect();
    }

    /**
     * Opens it; {@link #lock} completes it.
     *
     * @param memory the limit in bytes
     */
    static Sandbox open(Engine engine, long memory, Reach reach) throws SQLException {
        Sandbox sandbox = new Sandbox(engine, memory);
        try {
            sandbox.prepare(one -> {
                one.set("memory_limit", memory + "B");
                one.complete(reach);
            });
            return sandbox;
        } catch (SQLException | ConnectorException e) {
            sandbox.root.close();
            throw e;
        }
    }

    private synchronized void prepare(Preparation preparation) throws SQLException {
        preparation.of(this);
        preparations.add(preparation);
    }

    /**
     * A copy of the first connection, because some settings belong to a connection (streaming_buffer_size).
     *
     * <p>After an internal error, DuckDB no longer answers. Then this is a connection to a replacement, so that the error costs only the statements that were running.
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

    /** In bytes. */
    long memoryLimit() {
        return memoryLimit;
    }

    /** Its memory in bytes. */
    long memory() throws SQLException {
        try (Connection connection = newConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT sum(memory_usage_bytes)::BIGINT FROM duckdb_memory()")) {
            row.next();
            return row.getLong(1);
        }
    }

    /** Limits its space in the temporary folder; a statement that needs more fails. */
    void limitTemporaryFiles(long bytes) throws SQLException {
        prepare(one -> one.set("max_temp_directory_size", bytes + "B"));
    }

    /** Locks the configuration: from now on, no setting can be changed. */
    void lock(int threads) throws SQLException {
        prepare(one -> {
            one.set("threads", String.valueOf(threads));
            one.set("lock_configuration", "true");
        });
    }

    /** Gives the database new keys for the bucket. */
    void replaceKeys(Credentials credentials, Keys keys) throws SQLException {
        prepare(one -> one.createSecret(credentials, keys));
    }

    synchronized void close() throws SQLException {
        try {
            root.close();
        } finally {
            if (temporaryFolder != null) {
                temporaryFolder.close();
            }
        }
    }

    private void complete(Reach reach) throws SQLException {
        Settings settings = reach.settings;
        Credentials credentials = reach.credentials;
        Path temp = engine.temporaryFolder().orElseGet(settings::temporaryFolder);
        // A separate folder, which DuckDB removes again: statements in the sandbox may read it.
        TemporaryFolder folder = TemporaryFolder.in(temp);
        if (temporaryFolder != null) {
            temporaryFolder.close();
        }
        temporaryFolder = folder;
        Path folderOfCopies = folder.path().resolve("copies");
        reach.copies.startIn(folderOfCopies);
        set("temp_directory", folder.spill().toString());
        String extensions = settings.optional("duckdb.extension-directory").orElse(null);
        if (extensions != null) {
            set("extension_directory", extensions);
        }
        // DuckDB counts 16 bytes for a record of any length; with its default, it would keep 60,000 of them.
        set("streaming_buffer_size", "32KB");
        set("explain_output", "all");
        // Needed for the progress of a statement.
        set("enable_progress_bar", "true");
        set("enable_progress_bar_print", "false");
        set("progress_bar_time", "0");
        // Otherwise it would be that of the machine.
        set("TimeZone", "UTC");
        // Otherwise, DuckDB 1.5.5 fails with an INTERNAL error at min and max of a partition column (fixed in 1.5.6).
        set("disabled_optimizers", "statistics_propagation" + (reach.lookups.hashed() ? ",build_side_probe_side" : ""));
        set("autoinstall_known_extensions", "false");
        // Otherwise, DuckDB keeps what it has read until its memory is full. The system already caches files.
        set("enable_external_file_cache", String.valueOf(credentials != null && reach.smallObjects));
        if (credentials == null) {
            set(Httpfs.UNVERIFIED, "false");
        } else {
            Httpfs.load(root, settings);
            set("http_timeout", settings.text("s3.timeout-seconds"));
            Network network = Network.of(settings, credentials);
            // Even without a proxy: DuckDB would use HTTP_PROXY of the environment and ignore NO_PROXY.
            set("http_proxy", network.proxyAddress());
            set("enable_server_cert_verification", "true");
            if (network.caFile() != null) {
                set("ca_cert_file", network.caFile().toAbsolutePath().toString());
            }
            set("enable_http_metadata_cache", "true");
            // Otherwise each request opens a new connection, with a handshake for TLS (the default after 1.5.5).
            set("httpfs_connection_caching", "true");
            set("allow_persistent_secrets", "false");
            // Text after a question mark in a URL would be options, such as another server; this makes it part of the
            // name.
            set("s3_url_compatibility_mode", "true");
            createSecret(credentials, AwsKeys.resolve(credentials));
        }
        reach.lookups.load(root);
        try (Statement statement = root.createStatement()) {
            statement.execute("SET allowed_directories=[%s]"
                    .formatted(Stream.concat(reach.folders.stream(), Stream.of(folderOfCopies + "/"))
                            // The path as requested, and the real one.
                            .flatMap(one -> Stream.of(one, ParquetScan.withoutWildcards(one)))
                            .distinct()
                            .map(DuckDb::literal)
                            .collect(Collectors.joining(", "))));
            statement.execute("SET enable_external_access=false");
        }
    }

    private void set(String name, String value) throws SQLException {
        try (Statement statement = root.createStatement()) {
            statement.execute("SET %s=%s".formatted(name, DuckDb.literal(value)));
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
        // A parameter, because the text of the statement may appear in an error.
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
}
