package com.bytefreezer.connector.lane;

import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.problem.Problem.Kind;
import com.bytefreezer.connector.query.DuckDbException;
import java.util.Optional;
import java.util.stream.Stream;

/** What kept a unit from being read: whether it may be the others' doing, and what a person can do about it. */
record Trouble(Kind kind, Throwable failure) {
    static Trouble of(Throwable failure) {
        return new Trouble(Failures.kind(failure), failure);
    }

    boolean is(Kind one) {
        return kind == one;
    }

    /**
     * Whether it may go better when nothing else is done, with a database of its own.
     *
     * @param begun whether records of it are delivered already; to go on after them in other bytes would lose some
     */
    boolean isWorthReadingAlone(boolean begun) {
        return kind == Kind.NO_MEMORY || kind == Kind.INTERNAL || (kind == Kind.BROKEN_OFF && !begun);
    }

    /** What happened, for a person. */
    String reason() {
        return switch (kind) {
            case NO_ROOM ->
                "DuckDB needs more room than there is in duckdb.temp-folder; make room, or raise duckdb.memory-limit";
            case NO_MEMORY ->
                cause(DuckDbException.class)
                        .map(full ->
                                "DuckDB needs more memory than duckdb.memory-limit, even when it is read alone (%s); raise it"
                                        .formatted(full.usedMemory()))
                        .orElse(
                                "its records do not fit into the heap, even when they are read alone; raise -Xmx (JAVA_OPTS)");
            // Without the connector's part of the SQL.
            default -> Failures.known(failure).saying("");
        };
    }

    private <T> Optional<T> cause(Class<T> type) {
        return Stream.iterate(failure, cause -> cause != null, Throwable::getCause)
                .filter(type::isInstance)
                .map(type::cast)
                .findFirst();
    }
}
