package com.bytefreezer.connector.lane;

import com.bytefreezer.connector.delivery.Unit;
import com.bytefreezer.connector.lake.Lake;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.problem.Problem.Kind;
import com.bytefreezer.connector.query.DuckDbException;
import com.bytefreezer.connector.signs.Neighbour;
import java.util.Optional;
import java.util.stream.Stream;

/** Why a unit could not be read: whether other units may be the cause, and the remedy. */
record Trouble(Kind kind, Throwable failure) {
    static Trouble of(Throwable failure) {
        return new Trouble(Failures.kind(failure), failure);
    }

    boolean is(Kind one) {
        return kind == one;
    }

    /**
     * Whether the unit may succeed alone, with a database of its own.
     *
     * @param begun whether some of its records are delivered already; continuing after them with other bytes would lose
     *     some
     */
    boolean isWorthReadingAlone(boolean begun) {
        return kind == Kind.NO_MEMORY || kind == Kind.INTERNAL || (kind == Kind.BROKEN_OFF && !begun);
    }

    /** What happened, for a person. */
    String reason() {
        return switch (kind) {
            case NO_ROOM ->
                "DuckDB needs more space than duckdb.temp-folder has; free some space there, or raise duckdb.memory-limit";
            case NO_MEMORY ->
                cause(DuckDbException.class)
                        .map(full ->
                                "DuckDB needs more memory than duckdb.memory-limit, even when nothing else is read (%s); raise the limit"
                                        .formatted(full.usedMemory()))
                        .orElse(
                                "its records do not fit into the heap, even when nothing else is read; raise -Xmx (JAVA_OPTS)");
            // Without the connector's part of the SQL.
            default -> Failures.known(failure).saying("");
        };
    }

    /** The neighbour that the lane waits for because of this; a unit that the cursor cannot record says nothing of the lake. */
    Optional<Neighbour> blame(Unit unit) {
        return switch (kind) {
            case NO_ROOM -> Optional.of(Neighbour.DISK);
            case UNREACHABLE -> unit.notRecorded().isEmpty() ? Optional.of(Neighbour.LAKE) : Optional.empty();
            default -> Optional.empty();
        };
    }

    /**
     * The failure {@link Kind#GONE}, if the lake no longer has any of the unit's objects. DuckDB may fail to find a file for
     * other reasons; then it is another failure.
     */
    Throwable confirmedBy(Lake lake, Unit unit) {
        try {
            long gone = unit.objects().stream().filter(lake::isGone).count();
            if (gone == unit.objects().size()) {
                return failure;
            }
            String what = gone == 0
                    ? "DuckDB did not find it, but it exists"
                    : "%d of its objects have gone since they were listed".formatted(gone);
            return new ConnectorException(new Problem(Kind.OTHER, what), failure);
        } catch (ConnectorException e) {
            return e;
        }
    }

    private <T> Optional<T> cause(Class<T> type) {
        return Stream.iterate(failure, cause -> cause != null, Throwable::getCause)
                .filter(type::isInstance)
                .map(type::cast)
                .findFirst();
    }
}
