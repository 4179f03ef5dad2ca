package com.bytefreezer.connector.query;

import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a result of DuckDB, records first, as bytes. A thread of its own reads them a few blocks before they are
 * asked for: Camel's split asks in whichever thread is free, and DuckDB, which works in the thread that asks, would move
 * from one core's cache to another's with each batch and need a third more time.
 *
 * <p>Used by one thread at a time.
 */
final class ReadAhead implements Blocks {
    private static final int AHEAD = 2;

    private final ResultSet rows;
    private final List<String> columns = new ArrayList<>();
    private final BlockingQueue<Step> steps = new ArrayBlockingQueue<>(AHEAD);
    private volatile boolean closed;
    /** The one that has no block. */
    private @Nullable Step end;

    /** The next block, or why there is none: nothing is wrong, or a failure. */
    private record Step(
            Object @Nullable [] @Nullable [] block,
            @Nullable Throwable failure) {}

    /** Begins to read. */
    ReadAhead(ResultSet rows) throws SQLException {
        this.rows = rows;
        ResultSetMetaData metaData = rows.getMetaData();
        for (int i = 1; i <= metaData.getColumnCount(); i++) {
            columns.add(metaData.getColumnLabel(i));
        }
        Thread reader = new Thread(this::read, "read-ahead");
        reader.setDaemon(true);
        reader.start();
    }

    @Override
    public List<String> columns() {
        return columns;
    }

    @Override
    public Object @Nullable [][] next() throws SQLException {
        Step step = end == null ? take() : end;
        if (step.failure != null) {
            throw step.failure instanceof SQLException e ? e : new SQLException(step.failure.toString(), step.failure);
        }
        return step.block;
    }

    /** Returns when nothing is being read any more. */
    @Override
    public void close() throws SQLException {
        if (end == null) {
            closed = true;
            try {
                rows.getStatement().cancel();
            } catch (SQLException e) {
                // It has closed itself, which the reader tells.
            }
        }
        while (end == null) {
            take();
        }
        rows.close();
    }

    private Step take() {
        Step step = uninterruptibly(steps::take);
        if (step.block == null) {
            end = step;
        }
        return step;
    }

    private void read() {
        boolean goesOn = true;
        while (goesOn) {
            Step step = step();
            goesOn = step.block != null;
            uninterruptibly(() -> {
                steps.put(step);
                return step;
            });
        }
    }

    private Step step() {
        try {
            return new Step(closed ? null : block(), null);
        } catch (Throwable e) {
            // Also an error: whoever waits for a block must hear of it.
            return new Step(null, e);
        }
    }

    private Object @Nullable [][] block() throws SQLException {
        Object[][] block = new Object[columns.size()][ROWS];
        int count = 0;
        while (count < ROWS && rows.next()) {
            block[0][count] = rows.getBytes(1);
            for (int column = 1; column < block.length; column++) {
                block[column][count] = rows.getObject(column + 1);
            }
            count++;
        }
        if (count < ROWS) {
            for (int column = 0; column < block.length; column++) {
                block[column] = Arrays.copyOf(block[column], count);
            }
        }
        return count == 0 ? null : block;
    }

    private interface Waiting<T> {
        T get() throws InterruptedException;
    }

    /** Neither side waits long for the other. */
    private static <T> T uninterruptibly(Waiting<T> waiting) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return waiting.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
