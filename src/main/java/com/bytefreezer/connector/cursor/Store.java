package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import java.sql.SQLException;
import java.util.Optional;

/** The database of a cursor, in the process that owns the cursor. Safe for use by several threads. */
interface Store extends Database {
    /** Its place; names it in messages. */
    StoreAddress address();

    ClaimTable claims();

    /** Like {@link #write}, but a crash of the machine may lose the last writes. */
    <T> T note(Work<T> work) throws SQLException;

    /** Like {@link #write}, for a claim. It survives a crash of the process, and, in a shared store, of the machine. */
    <T> T claim(Work<T> work) throws SQLException;

    /** The room on its disk; empty if the database itself reports a full disk at each write. */
    Optional<DiskRoom> room();

    /** Why it does not answer at the moment, if known. */
    Optional<String> trouble();

    /** Closes everything that the store has open. */
    void close() throws SQLException;

    /** The remedy for a failure of the store. */
    String advice(SQLException failure);

    /** The disk under an embedded store. */
    interface DiskRoom {
        /**
         * Checks that there is room for the writes of a run.
         *
         * @throws SQLException if there is none
         */
        void require() throws SQLException;

        /** The same without writing; it may miss a full disk. */
        void requireAtAGlance() throws SQLException;
    }

    default <T> T claiming(Work<T> work) {
        return explained("cannot be written", () -> claim(work));
    }

    default <T> T noting(Work<T> work) {
        return explained("cannot be written", () -> note(work));
    }

    @Override
    default ConnectorException failure(String what, SQLException reason) {
        return new ConnectorException(
                new Problem(
                        Problem.Kind.NOT_RECORDED,
                        "",
                        "cursor %s: %s (%s).".formatted(address().subject(), what, message(reason)),
                        "The connector will deliver again what it delivered since the last change of the cursor.",
                        advice(reason)),
                reason);
    }

    /** As one line. */
    static String message(Throwable e) {
        String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
        return e.getMessage() == null
                ? e.getClass().getSimpleName()
                : e.getClass().getSimpleName() + ": " + message;
    }
}
