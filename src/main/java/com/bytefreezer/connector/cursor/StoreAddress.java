package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.config.Settings;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;

/** The place of a cursor's store. */
sealed interface StoreAddress permits SqliteAddress, PostgresAddress {
    /** The one that the settings name. */
    static StoreAddress of(Settings settings) {
        return settings.optional("cursor.url")
                .<StoreAddress>map(url -> new PostgresAddress(
                        url,
                        settings.optional("cursor.username"),
                        settings.optional("cursor.password"),
                        settings.integer("cursor.claim-seconds")))
                .orElseGet(() -> SqliteAddress.of(Path.of(settings.text("cursor.file"))));
    }

    /** Names it in messages. */
    String subject();

    Dialect dialect();

    /** Whether a store may exist there; if not, readers see an empty one. */
    boolean mayExist();

    /**
     * Opens the store for the process that owns the cursor; creates it if it is missing.
     *
     * @throws com.bytefreezer.connector.problem.ConnectorException if it cannot be opened, or another process has it
     */
    Store open();

    /** Connects for reading, while this or another process writes. Changes nothing and holds up no one. */
    Connection toRead() throws SQLException;

    /**
     * Connects for writing beside the process that owns the cursor. Its transactions are short, or the server ends
     * them.
     */
    Connection toWrite() throws SQLException;
}
