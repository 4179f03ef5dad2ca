package com.bytefreezer.connector.cursor;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
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
        return DriverManager.getConnection("jdbc:sqlite:file:" + file + "?mode=ro" + immutable());
    }

    /** Where nobody has the file open, SQLite would make the file of its journal, also to read. */
    private String immutable() {
        Path folder = file.getParent();
        boolean closed = !Files.exists(Path.of(file + "-wal"));
        return closed && folder != null && !Files.isWritable(folder) ? "&immutable=1" : "";
    }

    @Override
    public Connection toWrite() throws SQLException {
        // Not deferred: what only read at first could not write once another has written.
        Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file + "?transaction_mode=IMMEDIATE");
        try (Statement statement = connection.createStatement()) {
            // A run that is missing after a power cut is no loss.
            statement.execute("PRAGMA synchronous=NORMAL");
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }
}
