package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.problem.ConnectorException;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** The store of a single connector, an embedded SQLite file. A second process on the same file is refused. */
final class SqliteStore implements Store {
    private static final String DAMAGED =
            "The file is damaged: put back a copy of it, or remove it, and all is delivered again.";

    private static final Schema.Dialect DIALECT = new Schema.Dialect("TEXT", " WITHOUT ROWID");

    static final String LEFT = "true";
    static final String NOW = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";

    private static final Logger LOG = LoggerFactory.getLogger(SqliteStore.class);

    private final CursorFile file;
    private final Connection durable;
    private final Connection quick;

    private SqliteStore(CursorFile file) throws SQLException, IOException {
        this.file = file;
        file.requireAlone();
        durable = connect(file.path(), "FULL");
        file.remember();
        write(connection -> Schema.update(connection, DIALECT, subject()));
        quick = connect(file.path(), "NORMAL");
        if (file.isNew()) {
            LOG.info("cursor {}: it is new. Everything from cursor.start on is delivered.", file.path());
        }
    }

    static Store at(Path given) {
        Path store = besideLegacy(given.toAbsolutePath());
        CursorFile file = null;
        try {
            file = CursorFile.lock(store);
            return new SqliteStore(file);
        } catch (IOException | SQLException | ConnectorException e) {
            closeQuietly(file, e);
            if (e instanceof ConnectorException known) {
                throw known;
            }
            String advice = is(SQLiteErrorCode.SQLITE_CORRUPT, e)
                    ? DAMAGED
                    : is(SQLiteErrorCode.SQLITE_NOTADB, e)
                            ? "It is no cursor: put back a copy of it, or set cursor.file (CURSOR_FILE) to another file."
                            : "Set cursor.file (CURSOR_FILE) to a file that this user may write, and check the free space.";
            throw new ConnectorException(
                    "cursor %s: cannot be opened (%s). Not started. %s".formatted(store, Store.message(e), advice), e);
        }
    }

    @Override
    public String subject() {
        return file.path().toString();
    }

    @Override
    public String now() {
        return NOW;
    }

    @Override
    public void requireRoom() throws SQLException {
        try {
            file.requireRoom();
        } catch (IOException e) {
            throw new SQLException(e.getMessage(), e);
        }
    }

    @Override
    public void requireSpace() throws SQLException {
        try {
            file.requireSpace();
        } catch (IOException e) {
            throw new SQLException(e.getMessage(), e);
        }
    }

    @Override
    public String advice(SQLException failure) {
        return is(SQLiteErrorCode.SQLITE_CORRUPT, failure) ? DAMAGED : "Check the free space and the permissions.";
    }

    private static boolean is(SQLiteErrorCode code, Exception failure) {
        return failure instanceof SQLiteException sqlite && (sqlite.getResultCode().code & 0xff) == code.code;
    }

    static long deliveredIn(Path file) {
        // Not read-only: what a killed process leaves has to be recovered first.
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:file:" + file + "?mode=rw");
                Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery("SELECT sum(accepted + duplicates + dead_lettered) FROM object")) {
            return row.getLong(1);
        } catch (SQLException notYet) {
            return 0;
        }
    }

    @Override
    public synchronized <T> T read(Work<T> work) throws SQLException {
        return work.with(durable);
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
        try (Statement statement = connection.createStatement()) {
            statement.execute("BEGIN IMMEDIATE");
            try {
                T result = work.with(connection);
                statement.execute("COMMIT");
                return result;
            } catch (SQLException | RuntimeException e) {
                rollBack(statement, e);
                throw e;
            }
        }
    }

    private static void rollBack(Statement statement, Exception reason) {
        try {
            statement.execute("ROLLBACK");
        } catch (SQLException e) {
            // SQLite has done so by itself, for example when the disk is full.
            reason.addSuppressed(e);
        }
    }

    // The file is this process's alone, and so is every unit. Between two runs of a lane it holds no claim.

    private static final String TAKE = "INSERT INTO claim (lane, key, holder, content, begun) VALUES (?, ?, ?, ?, 1)"
            + " ON CONFLICT (lane, key) DO UPDATE SET holder = excluded.holder, content = excluded.content, "
            + ClaimTable.BEGUN_AGAIN;

    @Override
    public void renew(Supplier<Collection<String>> held) {}

    @Override
    public boolean take(Connection connection, Cursor.Delivered unit, String claim) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(TAKE)) {
            for (Map.Entry<String, String> row : ClaimTable.rows(unit).entrySet()) {
                statement.setString(1, unit.lane().toString());
                statement.setString(2, row.getKey());
                statement.setString(3, claim);
                statement.setString(4, row.getValue());
                statement.addBatch();
            }
            statement.executeBatch();
            return true;
        }
    }

    @Override
    public String left() {
        return LEFT;
    }

    @Override
    public boolean isHeld(Connection connection, Cursor.Delivered unit, String claim) {
        return true;
    }

    @Override
    public void awaitOthers(Connection connection, String name) {}

    @Override
    public void forgetClaims(Connection connection, @Nullable String lane) throws SQLException {
        if (lane == null) {
            try (Statement statement = connection.createStatement()) {
                statement.executeUpdate("DELETE FROM claim");
            }
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
        Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA journal_mode=WAL");
            statement.execute("PRAGMA synchronous=" + synchronous);
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
        return connection;
    }

    static Path besideLegacy(Path file) {
        String name = String.valueOf(file.getFileName());
        return name.endsWith(".json") ? file.resolveSibling(name.replaceAll("\\.json$", ".db")) : file;
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
