package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.config.Settings;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;

/** Where a cursor's store is. */
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

    /** Whether a store can be there; if not, who looks sees an empty one. */
    boolean mayExist();

    /**
     * Opens the store for the process whose cursor it is, and makes it where it is missing.
     *
     * @throws com.bytefreezer.connector.problem.ConnectorException when it cannot be opened, or is another process's
     */
    Store open();

    /** Connects to look, while this or another process writes. Changes nothing and holds up nobody. */
    Connection toRead() throws SQLException;

    /** Connects to write beside the process whose cursor it is. Its transactions are short, or the server ends them. */
    Connection toWrite() throws SQLException;
}
