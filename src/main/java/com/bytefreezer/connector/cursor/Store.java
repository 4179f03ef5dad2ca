package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import java.sql.SQLException;
import java.util.Optional;

/** The database of a cursor, in the process whose cursor it is. Safe for use by several threads. */
interface Store extends Database {
    /** Where it is; names it in messages. */
    StoreAddress address();

    ClaimTable claims();

    /** As {@link #write}, but what was written last may be lost when the machine dies. */
    <T> T note(Work<T> work) throws SQLException;

    /** As {@link #write}, for a claim. It survives the death of the process; and that of the machine where others know of it. */
    <T> T claim(Work<T> work) throws SQLException;

    /** Whether its disk has room for what is written; empty where the database itself tells that at each write. */
    Optional<DiskRoom> room();

    /** Why it does not answer at the moment, where that is known. */
    Optional<String> trouble();

    /** Gives back what the store has open. */
    void close() throws SQLException;

    /** What a person can do about a failure of the store. */
    String advice(SQLException failure);

    /** The disk under an embedded store. */
    interface DiskRoom {
        /**
         * Does nothing when there is room for what a run writes.
         *
         * @throws SQLException when there is none
         */
        void require() throws SQLException;

        /** The same, but writes nothing, and may miss something. */
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
                        "What was delivered since its last change will be delivered again.",
                        advice(reason)),
                reason);
    }

    /** In one line. */
    static String message(Throwable e) {
        String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
        return e.getMessage() == null
                ? e.getClass().getSimpleName()
                : e.getClass().getSimpleName() + ": " + message;
    }
}
