package com.bytefreezer.connector.query;

import java.sql.SQLException;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.apache.camel.RuntimeCamelException;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a statement in blocks. Single rows would take a twentieth of an export's time, because each row is a record.
 *
 * <p>Used by one thread at a time.
 */
public interface Blocks extends AutoCloseable {
    /** Half the number that DuckDB returns at once. */
    int ROWS = 1024;

    /** Runs the statement; returns the names of the columns. */
    List<String> columns() throws SQLException;

    /** The values of each column of up to {@link #ROWS} rows; null after the last one. */
    Object @Nullable [][] next() throws SQLException;

    /** May be called again. */
    @Override
    void close() throws SQLException;

    /** The remaining blocks; a failure of the statement is thrown as a {@link RuntimeCamelException}. */
    default Iterator<Object[][]> iterator() {
        return new Iterator<>() {
            private Object @Nullable [][] ahead;

            @Override
            public boolean hasNext() {
                try {
                    ahead = ahead == null ? Blocks.this.next() : ahead;
                    return ahead != null;
                } catch (SQLException e) {
                    throw new RuntimeCamelException(e);
                }
            }

            @Override
            public Object[][] next() {
                Object[][] block = hasNext() ? ahead : null;
                if (block == null) {
                    throw new NoSuchElementException();
                }
                ahead = null;
                return block;
            }
        };
    }

    /** Runs a statement. */
    interface Opener {
        Blocks open() throws SQLException;
    }

    /** The source of a statement's rows: its own {@code opener}, or that of another statement that reads the same. */
    interface Source {
        /** @param reading equal for statements that return the same rows in the same order */
        Blocks open(String reading, Opener opener) throws SQLException;
    }
}
