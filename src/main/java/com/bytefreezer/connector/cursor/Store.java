package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.cursor.Cursor.Delivered;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The database that holds a cursor. Safe for use by several threads. */
interface Store {
    /** Work with the store. Where its connection breaks it may be done once more. */
    interface Work<T> {
        T with(Connection connection) throws SQLException;
    }

    /** Names the store in messages. */
    String subject();

    /** SQL for the time in milliseconds, by the store's clock. */
    String now();

    /** Looks something up. */
    <T> T read(Work<T> work) throws SQLException;

    /** Does some work in one transaction, which is on disk when this returns. */
    <T> T write(Work<T> work) throws SQLException;

    /** As {@link #write}, but what was written last may be lost when the machine dies. */
    <T> T note(Work<T> work) throws SQLException;

    /**
     * Does nothing when there is room for what a run writes.
     *
     * @throws SQLException when there is none
     */
    void requireRoom() throws SQLException;

    /** Why it does not answer at the moment, where that is known. */
    default Optional<String> trouble() {
        return Optional.empty();
    }

    /**
     * As {@link #requireRoom}, but writes nothing, and may miss something.
     *
     * @throws SQLException when there is none
     */
    default void requireSpace() throws SQLException {}

    /** Keeps the claims alive that {@code held} names, from now on. */
    void renew(Supplier<Collection<String>> held);

    /** As {@link #write}, for a claim. It survives the death of the process; and that of the machine where others know of it. */
    <T> T claim(Work<T> work) throws SQLException;

    /** Claims the unit under the name {@code claim}, all of it or nothing. Whether it could. */
    boolean take(Connection connection, Delivered unit, String claim) throws SQLException;

    /** Whether the claim still holds; if so it holds until the end of the transaction. */
    boolean isHeld(Connection connection, Delivered unit, String claim) throws SQLException;

    /** Waits until no other replica is in a transaction on {@code name}. */
    void awaitOthers(Connection connection, String name) throws SQLException;

    /** SQL for whether a row of {@code claim} is one of a process that died. */
    String left();

    /** Deletes what is left of the claims of processes that died long ago; of all claims when {@code lane} is null. */
    void forgetClaims(Connection connection, @Nullable String lane) throws SQLException;

    /** Gives back what the store has open. */
    void close() throws SQLException;

    /** What a person can do about a failure of the store. */
    String advice(SQLException failure);

    // -- the same for callers that cannot mend anything: a failure is one line

    default <T> T reading(Work<T> work) {
        return explained("cannot be read", () -> read(work));
    }

    default <T> T writing(Work<T> work) {
        return explained("cannot be written", () -> write(work));
    }

    default <T> T claiming(Work<T> work) {
        return explained("cannot be written", () -> claim(work));
    }

    default <T> T noting(Work<T> work) {
        return explained("cannot be written", () -> note(work));
    }

    /** Something that the store may fail to do. */
    interface Attempt<T> {
        T make() throws SQLException;
    }

    default <T> T explained(String what, Attempt<T> attempt) {
        try {
            return attempt.make();
        } catch (SQLException e) {
            throw new ConnectorException(
                    new Problem(
                            Problem.Kind.NOT_RECORDED,
                            "",
                            "cursor %s: %s (%s).".formatted(subject(), what, message(e)),
                            "What was delivered since its last change will be delivered again.",
                            advice(e)),
                    e);
        }
    }

    /** In one line. */
    static String message(Throwable e) {
        String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
        return e.getMessage() == null
                ? e.getClass().getSimpleName()
                : e.getClass().getSimpleName() + ": " + message;
    }
}
