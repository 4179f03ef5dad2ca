package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** The store of a single connector: an embedded SQLite file. Refuses a second process on the same file. */
final class SqliteStore implements Store {
    private static final String DAMAGED =
            "The file is damaged: restore a copy of it, or remove it; then everything is delivered again.";

    /** How long a transaction waits for another program that writes, such as a backup. */
    private static final int PATIENCE_MS = 10_000;

    /** The size to which SQLite cuts an empty write-ahead log that has grown large, for example during a long read. */
    private static final int LOG_BYTES = 16 * 1024 * 1024;

    private static final Logger LOG = LoggerFactory.getLogger(SqliteStore.class);

    private final CursorFile file;
    private final Connection durable;
    private final Connection quick;
    private final ClaimTable claims = ClaimTable.ofOneProcess();

    private SqliteStore(CursorFile file) throws SQLException, IOException {
        this.file = file;
        file.requireAlone();
        durable = connect(file.path(), "FULL");
        file.remember();
        write(sql -> {
            Tables.update(sql, file.path().toString());
            return true;
        });
        quick = connect(file.path(), "NORMAL");
        file.warning().ifPresent(line -> LOG.warn("cursor {}: {}", file.path(), line));
    }

    static Store open(SqliteAddress address) {
        CursorFile file = null;
        try {
            file = CursorFile.lock(address.file());
            return new SqliteStore(file);
        } catch (IOException | SQLException | ConnectorException e) {
            closeQuietly(file, e);
            if (e instanceof ConnectorException known) {
                throw known;
            }
            String advice = is(SQLiteErrorCode.SQLITE_CORRUPT, e)
                    ? DAMAGED
                    : is(SQLiteErrorCode.SQLITE_NOTADB, e)
                            ? "It is not a cursor: restore a copy of it, or set cursor.file (CURSOR_FILE) to another file."
                            : "Set cursor.file (CURSOR_FILE) to a file that this user may write, and check the free space.";
            throw new ConnectorException(
                    Problem.ofStart(
                            "cursor %s: cannot be opened (%s).".formatted(address.subject(), Store.message(e)), advice),
                    e);
        }
    }

    @Override
    public StoreAddress address() {
        return new SqliteAddress(file.path());
    }

    @Override
    public ClaimTable claims() {
        return claims;
    }

    @Override
    public Optional<DiskRoom> room() {
        return Optional.of(file);
    }

    /** A file always answers or fails. */
    @Override
    public Optional<String> trouble() {
        return Optional.empty();
    }

    @Override
    public String advice(SQLException failure) {
        return is(SQLiteErrorCode.SQLITE_CORRUPT, failure)
                ? DAMAGED
                : is(SQLiteErrorCode.SQLITE_BUSY, failure)
                        ? "Another program has been writing to the file for %d s: stop it."
                                .formatted(PATIENCE_MS / 1000)
                        : "Check the free space and the permissions.";
    }

    /** Whether SQLite reports this code, whatever its extension. */
    static boolean is(SQLiteErrorCode code, Exception failure) {
        return failure instanceof SQLiteException sqlite && (sqlite.getResultCode().code & 0xff) == code.code;
    }

    @Override
    public synchronized <T> T read(Work<T> work) throws SQLException {
        return work.with(new Sql(durable, Dialect.SQLITE));
    }

    @Override
    public <T> T write(Work<T> work) throws SQLException {
        return inTransaction(durable, work);
    }

    @Override
    public <T> T note(Work<T> work) throws SQLException {
        return inTransaction(quick, work);
    }

    @Override
    public <T> T claim(Work<T> work) throws SQLException {
        return note(work);
    }

    private synchronized <T> T inTransaction(Connection connection, Work<T> work) throws SQLException {
        file.requireSame();
        Sql sql = new Sql(connection, Dialect.SQLITE);
        sql.execute("BEGIN IMMEDIATE");
        try {
            T result = work.with(sql);
            sql.execute("COMMIT");
            return result;
        } catch (SQLException | RuntimeException e) {
            rollBack(sql, e);
            throw e;
        }
    }

    private static void rollBack(Sql sql, Exception reason) {
        try {
            sql.execute("ROLLBACK");
        } catch (SQLException e) {
            // SQLite has rolled back itself, for example because the disk is full.
            reason.addSuppressed(e);
        }
    }

    @Override
    public synchronized void close() throws SQLException {
        try {
            quick.close();
            durable.close();
        } finally {
            closeQuietly(file, null);
        }
    }

    private static Connection connect(Path file, String synchronous) throws SQLException {
        Connection connection = Sqlite.connect(file.toString());
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA journal_mode=WAL");
            statement.execute("PRAGMA synchronous=" + synchronous);
            statement.execute("PRAGMA busy_timeout=" + PATIENCE_MS);
            statement.execute("PRAGMA journal_size_limit=" + LOG_BYTES);
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
        return connection;
    }

    private static void closeQuietly(@Nullable CursorFile file, @Nullable Exception during) {
        if (file == null) {
            return;
        }
        try {
            file.close();
        } catch (IOException e) {
            if (during != null) {
                during.addSuppressed(e);
            }
        }
    }
}
