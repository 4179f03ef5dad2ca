package com.bytefreezer.connector.query;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import org.jspecify.annotations.Nullable;

/** A problem at a place in the user's SQL. */
public final class SqlException extends ConnectorException {
    private static final long serialVersionUID = 1L;

    private final transient Position position;

    /**
     * A place in a text. Line and column count from 1; the column counts UTF-16 code units, like editors in browsers.
     */
    public record Position(int line, int column) {
        @Override
        public String toString() {
            return "line %d, column %d".formatted(line, column);
        }
    }

    SqlException(Position position, String what, String remedy) {
        this(position, what, Problem.NOTHING_EXPORTED, remedy, null);
    }

    /** A problem found while the query reads the data; the caller decides the effect. */
    SqlException(Position position, String what, String remedy, Throwable cause) {
        this(position, what, "", remedy, cause);
    }

    private SqlException(Position position, String what, String effect, String remedy, @Nullable Throwable cause) {
        super(new Problem(Problem.Kind.BAD_SQL, "", "SQL: %s: %s".formatted(position, what), effect, remedy), cause);
        this.position = position;
    }

    /** Its place. */
    public Position position() {
        return position;
    }
}
