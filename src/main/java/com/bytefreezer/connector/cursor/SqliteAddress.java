package com.bytefreezer.connector.cursor;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/** A store in a file. */
record SqliteAddress(Path file) implements StoreAddress {
    /** @param given its name; for the original's {@code cursor.json} the store is {@code cursor.db} beside it */
    static SqliteAddress of(Path given) {
        Path file = given.toAbsolutePath();
        String name = String.valueOf(file.getFileName());
        return new SqliteAddress(
                name.endsWith(".json") ? file.resolveSibling(name.replaceAll("\\.json$", ".db")) : file);
    }

    @Override
    public String subject() {
        return file.toString();
    }

    @Override
    public Dialect dialect() {
        return Dialect.SQLITE;
    }

    @Override
    public boolean mayExist() {
        return Files.exists(file);
    }

    @Override
    public Store open() {
        return SqliteStore.open(this);
    }

    @Override
    public Connection toRead() throws SQLException {
        return Sqlite.connect("file:" + file + "?mode=ro" + immutable());
    }

    /** If no process has the file open, SQLite would create a journal file even for reading. */
    private String immutable() {
        Path folder = file.getParent();
        boolean closed = !Files.exists(Path.of(file + "-wal"));
        return closed && folder != null && !Files.isWritable(folder) ? "&immutable=1" : "";
    }

    @Override
    public Connection toWrite() throws SQLException {
        // Not deferred: a transaction that has only read could not write after another one has written.
        Connection connection = Sqlite.connect(file + "?transaction_mode=IMMEDIATE");
        try (Statement statement = connection.createStatement()) {
            // Losing the last run in a power cut does no harm.
            statement.execute("PRAGMA synchronous=NORMAL");
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }
}
