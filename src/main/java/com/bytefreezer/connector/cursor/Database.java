package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.problem.ConnectorException;
import java.sql.SQLException;

/** A database that holds a cursor. Safe for use by several threads. */
interface Database {
    /** Work with the database. It may run again if the connection breaks. */
    interface Work<T> {
        T with(Sql sql) throws SQLException;
    }

    /** Something that the database may fail to do. */
    interface Attempt<T> {
        T make() throws SQLException;
    }

    /** Reads something. */
    <T> T read(Work<T> work) throws SQLException;

    /** Does some work in one transaction, which is on disk when this returns. */
    <T> T write(Work<T> work) throws SQLException;

    /**
     * A failure in one line.
     *
     * @param what the failed action, such as {@code cannot be read}
     */
    ConnectorException failure(String what, SQLException reason);

    // -- the same for callers that cannot fix anything

    default <T> T reading(Work<T> work) {
        return explained("cannot be read", () -> read(work));
    }

    default <T> T writing(Work<T> work) {
        return explained("cannot be written", () -> write(work));
    }

    default <T> T explained(String what, Attempt<T> attempt) {
        try {
            return attempt.make();
        } catch (SQLException e) {
            throw failure(what, e);
        }
    }
}
