package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.problem.ConnectorException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A store that this or another process owns: opens a connection for each piece of work and keeps nothing open in
 * between. Reading takes no lock and changes nothing; a store that does not exist yet is empty. Safe for use by several
 * threads.
 */
final class Visit implements Database {
    /** The connection of a thread that asks many questions. */
    private static final ThreadLocal<@Nullable Shared> SHARED = new ThreadLocal<>();

    private record Shared(StoreAddress address, Sql sql) {}

    private final StoreAddress address;
    /** Whether it has all tables; once true, always true. */
    private volatile boolean isComplete;

    Visit(StoreAddress address) {
        this.address = address;
    }

    static Visit of(Settings settings) {
        return new Visit(StoreAddress.of(settings));
    }

    /** Whether a process has ever opened the store. */
    boolean finds() {
        return address.mayExist() && reading(sql -> sql.hasTable("schema_version"));
    }

    /** False if the store certainly does not exist; asks no store. */
    boolean mayExist() {
        return address.mayExist();
    }

    /** Answers all {@code questions} of this thread over one connection. */
    <T> T together(Supplier<T> questions) {
        if (SHARED.get() != null) {
            return questions.get();
        }
        return reading(sql -> {
            SHARED.set(new Shared(address, sql));
            try {
                return questions.get();
            } finally {
                SHARED.remove();
            }
        });
    }

    @Override
    public <T> T read(Work<T> work) throws SQLException {
        Shared open = SHARED.get();
        if (open != null && open.address.equals(address)) {
            return work.with(open.sql);
        }
        if (address.mayExist()) {
            try (Connection connection = address.toRead()) {
                Sql sql = new Sql(connection, address.dialect());
                if (isComplete(sql)) {
                    return work.with(sql);
                }
            }
        }
        try (Connection connection = Sqlite.connect(":memory:")) {
            Sql empty = new Sql(connection, Dialect.SQLITE);
            Tables.update(empty, address.subject());
            return work.with(empty);
        }
    }

    private boolean isComplete(Sql sql) throws SQLException {
        if (!isComplete && sql.hasTable("schema_version")) {
            Tables.requireCurrent(sql, address.subject());
            isComplete = sql.hasTable("total");
        }
        return isComplete;
    }

    @Override
    public <T> T write(Work<T> work) throws SQLException {
        try (Connection connection = address.toWrite()) {
            // Closing the connection rolls back an uncommitted transaction.
            connection.setAutoCommit(false);
            T result = work.with(new Sql(connection, address.dialect()));
            connection.commit();
            return result;
        }
    }

    /** Does some work like {@link #write} and rolls it back. */
    void tryToWrite(Work<?> work) throws SQLException {
        try (Connection connection = address.toWrite()) {
            connection.setAutoCommit(false);
            work.with(new Sql(connection, address.dialect()));
            connection.rollback();
        }
    }

    @Override
    public ConnectorException failure(String what, SQLException reason) {
        return new ConnectorException(
                "history in %s: %s (%s). Check the free space and the permissions."
                        .formatted(address.subject(), what, reason.getMessage()),
                reason);
    }
}
