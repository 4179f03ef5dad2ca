package com.bytefreezer.connector.query;

import com.bytefreezer.connector.problem.Problem.Kind;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.duckdb.DuckDBPreparedStatement;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a DuckDB statement, records first, as bytes. A separate thread runs the statement and reads a few blocks ahead. DuckDB works in the thread that asks, and Camel's split asks from any free thread: DuckDB would move between the caches of cores with each batch and need a third more time. Only that thread has the connection, so that nobody waits for a statement that DuckDB does not end.
 *
 * <p>Used by one thread at a time.
 */
final class ReadAhead implements Blocks {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final int AHEAD = 2;
    /** DuckDB plans in this thread, and a deep expression takes much stack. */
    private static final long STACK_BYTES = 8L * 1024 * 1024;

    private static final long LOOK_MS = 500;
    /** Time limit for DuckDB to end a cancelled statement. */
    private static final Duration GRACE = Duration.ofSeconds(5);

    private final Footers.Connections connections;
    private final String sql;
    private final Completion completion;
    private final Duration patience;
    private final Thread reader = new Thread(null, this::read, "read-ahead", STACK_BYTES);
    private final BlockingQueue<Step> steps = new ArrayBlockingQueue<>(AHEAD);
    private volatile @Nullable Statement statement;
    private volatile List<String> columns = List.of();
    private volatile boolean closed;
    /** Whether nobody waits for the reader any more. */
    private volatile boolean abandoned;

    /** The number of rows of the current statement that the reader has returned. */
    private long given;

    private boolean begun;
    /** The step without a block. */
    private @Nullable Step end;

    /** The next block, or the reason for its absence: the end or a failure. The first step only tells that the statement runs. */
    private record Step(
            Object @Nullable [] @Nullable [] block,
            @Nullable Throwable failure) {}

    /**
     * Starts to read.
     *
     * @param completion adds the missing parts of the statement's records
     * @param patience how long DuckDB may work without progress, apart from waits for the lake
     */
    ReadAhead(Footers.Connections connections, String sql, Completion completion, Duration patience) {
        this.connections = connections;
        this.sql = sql;
        this.completion = completion;
        this.patience = patience;
        reader.setDaemon(true);
        reader.start();
    }

    @Override
    public List<String> columns() throws SQLException {
        if (!begun) {
            begun = true;
            require(take());
        }
        return columns;
    }

    @Override
    public Object @Nullable [][] next() throws SQLException {
        columns();
        Step step = end == null ? take() : end;
        require(step);
        return step.block;
    }

    private static void require(Step step) throws SQLException {
        if (step.failure != null) {
            throw step.failure instanceof SQLException e
                    ? DuckDbException.of(e)
                    : new SQLException(step.failure.toString(), step.failure);
        }
    }

    /** Returns when reading has ended, or when DuckDB does not end in time. */
    @Override
    public void close() {
        closed = true;
        while (end == null) {
            take();
        }
    }

    private Step take() {
        Step step = uninterruptibly(this::await);
        if (step.block == null) {
            end = step;
        }
        return step;
    }

    /** The next step; fails if DuckDB makes no progress. */
    private Step await() throws InterruptedException {
        long worked = THREADS.getThreadCpuTime(reader.getId());
        long rows = -1;
        long cancelled = 0;
        while (true) {
            Step step = closed && cancelled == 0 ? steps.poll() : steps.poll(LOOK_MS, TimeUnit.MILLISECONDS);
            if (step != null) {
                return step.failure != null && cancelled != 0 && !closed ? noProgress() : step;
            }
            long now = THREADS.getThreadCpuTime(reader.getId());
            if (rows != rowsSeen()) {
                rows = rowsSeen();
                worked = now;
            }
            if (cancelled == 0 && (closed || now - worked > patience.toNanos())) {
                cancelled = System.nanoTime();
                cancel();
            } else if (cancelled != 0 && System.nanoTime() - cancelled > GRACE.toNanos()) {
                abandoned = true;
                return noProgress();
            }
        }
    }

    private Step noProgress() {
        return new Step(
                null,
                new DuckDbException(
                        Kind.NO_PROGRESS,
                        "DuckDB has made no progress in %d s of work (duckdb.no-progress-seconds)"
                                .formatted(patience.toSeconds())));
    }

    private void cancel() {
        try {
            Statement running = statement;
            if (running != null) {
                running.cancel();
            }
        } catch (SQLException e) {
            // The connection is closed, which the reader reports.
        }
    }

    /** The number of rows that DuckDB has read, returned or not. */
    private long rowsSeen() {
        try {
            return statement instanceof DuckDBPreparedStatement running
                    ? running.getQueryProgress().getRowsProcessed()
                    : 0;
        } catch (SQLException e) {
            // The statement has ended.
            return 0;
        }
    }

    private void read() {
        Step last;
        try {
            stream();
            last = new Step(null, null);
        } catch (Throwable e) {
            // Catches errors too, because the thread that waits for a block must get an answer.
            last = new Step(null, e);
        }
        put(last);
    }

    /** Continues with another statement, if there is one, after DuckDB breaks off. */
    private void stream() throws SQLException {
        Completion.Statement running = new Completion.Statement(sql, completion);
        while (true) {
            SQLException failure = null;
            try {
                if (readRows(running)) {
                    return;
                }
            } catch (SQLException e) {
                failure = e;
            }
            Completion.Statement next = closed || abandoned
                    ? null
                    : running.completion()
                            .again()
                            .after(running.sql(), failure, given)
                            .orElse(null);
            if (next == null) {
                if (failure != null) {
                    throw failure;
                }
                return;
            }
            running = next;
            given = 0;
        }
    }

    /** Whether everything is read. */
    private boolean readRows(Completion.Statement running) throws SQLException {
        try (Connection connection = connections.open();
                Statement opened = connection.createStatement()) {
            statement = opened;
            try (ResultSet rows = opened.executeQuery(running.sql())) {
                StreamedRecords records = new StreamedRecords(rows, running.completion());
                if (columns.isEmpty()) {
                    columns = records.columns();
                    put(new Step(new Object[0][], null));
                }
                while (!closed && !abandoned) {
                    Object[][] block = records.next();
                    if (block == null) {
                        return records.haveEnded();
                    }
                    given += block[0].length;
                    put(new Step(block, null));
                }
                return true;
            }
        }
    }

    private void put(Step step) {
        uninterruptibly(() -> {
            boolean taken = false;
            while (!taken && !abandoned) {
                taken = steps.offer(step, LOOK_MS, TimeUnit.MILLISECONDS);
            }
            return step;
        });
    }

    private interface Waiting<T> {
        T get() throws InterruptedException;
    }

    /** Neither side waits long. */
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
