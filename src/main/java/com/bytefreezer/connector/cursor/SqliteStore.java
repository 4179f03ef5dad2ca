package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.ConnectorException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** The store of a single connector, an embedded SQLite file. A second process on the same file is refused. */
final class SqliteStore implements Store {
    private static final String DAMAGED =
            "The file is damaged: put back a copy of it, or remove it, and all is delivered again.";

    private static final Schema.Dialect DIALECT = new Schema.Dialect("TEXT", " WITHOUT ROWID");

    private final Path file;
    private final FileChannel fileLock;
    private final Connection durable;
    private final Connection quick;

    private SqliteStore(Path file, FileChannel fileLock) throws SQLException {
        this.file = file;
        this.fileLock = fileLock;
        durable = connect(file, "FULL");
        write(connection -> Schema.update(connection, DIALECT, subject()));
        quick = connect(file, "NORMAL");
    }

    static Store at(Path file) {
        Path store = besideLegacy(file.toAbsolutePath());
        FileChannel fileLock = null;
        try {
            Path folder = store.getParent();
            if (folder != null) {
                Files.createDirectories(folder);
            }
            fileLock = FileChannel.open(
                    store.resolveSibling(store.getFileName() + ".lock"),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE);
            if (!isLocked(fileLock)) {
                throw new ConnectorException(
                        "cursor %s: another connector is using it. Not started. Stop that one, or give this one its own cursor.file."
                                .formatted(store));
            }
            return new SqliteStore(store, fileLock);
        } catch (IOException | SQLException | ConnectorException e) {
            closeQuietly(fileLock, e);
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
        return file.toString();
    }

    @Override
    public String now() {
        return "CAST(unixepoch('subsec') * 1000 AS INTEGER)";
    }

    @Override
    public void requireRoom() {}

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

    private synchronized <T> T inTransaction(Connection connection, Work<T> work) throws SQLException {
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

    // The file is this process's alone, and so is every unit.

    @Override
    public void renew(Supplier<Collection<String>> held) {}

    @Override
    public boolean take(Connection connection, Cursor.Delivered unit, String claim) {
        return true;
    }

    @Override
    public boolean isHeld(Connection connection, Cursor.Delivered unit, String claim) {
        return true;
    }

    @Override
    public void awaitOthers(Connection connection, String name) {}

    @Override
    public void release(Connection connection, String claim) {}

    @Override
    public void forgetClaims(Connection connection, @Nullable String lane) {}

    @Override
    public synchronized void close() throws SQLException {
        try {
            quick.close();
            durable.close();
        } finally {
            closeQuietly(fileLock, null);
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

    private static boolean isLocked(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    static Path besideLegacy(Path file) {
        String name = String.valueOf(file.getFileName());
        return name.endsWith(".json") ? file.resolveSibling(name.replaceAll("\\.json$", ".db")) : file;
    }

    private static void closeQuietly(@Nullable FileChannel channel, @Nullable Exception during) {
        if (channel == null) {
            return;
        }
        try {
            channel.close();
        } catch (IOException e) {
            if (during != null) {
                during.addSuppressed(e);
            }
        }
    }
}
