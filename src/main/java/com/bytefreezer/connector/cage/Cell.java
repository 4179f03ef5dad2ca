package com.bytefreezer.connector.cage;

import com.bytefreezer.connector.cage.Wire.Action;
import com.bytefreezer.connector.cage.Wire.Request;
import com.bytefreezer.connector.disk.ScratchFolder;
import com.bytefreezer.connector.query.DuckDbException;
import com.bytefreezer.connector.query.Engine;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A process with a DuckDB, for one caller at a time. Whatever ends it, only its own statements fail. Safe for use by
 * several threads, which wait for each other; {@link #kill} does not wait.
 */
public final class Cell implements Engine {
    private static final int KILL = 128 + 9;

    private final Process process;
    private final Path folder;
    private final DataInputStream in;
    private final DataOutputStream out;
    private boolean ready;

    private volatile @Nullable String whyKilled;
    private volatile CompletableFuture<?> awaited = CompletableFuture.completedFuture("");
    private final ExecutorService ears = Executors.newSingleThreadExecutor(Cell::thread);

    Cell(Process process, Path folder) {
        this.process = process;
        this.folder = folder;
        in = new DataInputStream(new BufferedInputStream(process.getInputStream(), 64 * 1024));
        out = new DataOutputStream(new BufferedOutputStream(process.getOutputStream()));
    }

    /** Reads the content of an answer. */
    interface Reader<T> {
        T read(DataInputStream in) throws IOException;
    }

    @Override
    public Connection connect() throws SQLException {
        return CagedConnection.of(this, ask(Action.CONNECT, 0));
    }

    @Override
    public Connection copy(Connection connection) throws SQLException {
        return CagedConnection.of(this, ask(Action.COPY, CagedConnection.number(connection)));
    }

    @Override
    public Optional<Path> temporaryFolder() {
        return Optional.of(folder);
    }

    /** Waits until it is ready. */
    synchronized void awaitReady() throws SQLException {
        if (!ready) {
            answer(in -> "");
            ready = true;
        }
    }

    int ask(Action action, int target) throws SQLException {
        return ask(new Request(action, target, "", List.of()), DataInputStream::readInt);
    }

    synchronized <T> T ask(Request request, Reader<T> reader) throws SQLException {
        awaitReady();
        try {
            Wire.write(out, request);
        } catch (IOException e) {
            throw gone(e);
        }
        return answer(reader);
    }

    /** Another thread reads the pipe: only the end of the process ends a blocked read, and that takes a while. */
    private <T> T answer(Reader<T> reader) throws SQLException {
        CompletableFuture<T> coming = new CompletableFuture<>();
        awaited = coming;
        if (whyKilled != null) {
            throw gone(new IOException("killed"));
        }
        try {
            ears.execute(() -> {
                try {
                    coming.complete(read(reader));
                } catch (IOException | SQLException | RuntimeException | Error e) {
                    // Catches errors too, such as an answer that does not fit into memory, because a caller waits.
                    coming.completeExceptionally(e);
                }
            });
            return coming.get();
        } catch (RejectedExecutionException e) {
            // Closed meanwhile, as at a stop.
            throw gone(e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof DuckDbException failure) {
                throw failure;
            }
            throw gone(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw gone(e);
        }
    }

    private <T> T read(Reader<T> reader) throws IOException, SQLException {
        byte kind = in.readByte();
        if (kind == Wire.DONE) {
            return reader.read(in);
        }
        if (kind == Wire.FAILED) {
            throw Wire.readFailure(in);
        }
        throw new IOException("no answer begins with " + kind);
    }

    /** The process has ended, or its answer is invalid. */
    private SQLException gone(Exception e) {
        if (whyKilled == null) {
            awaitExit();
        }
        process.destroyForcibly();
        return new SQLException("the process of DuckDB has ended", e);
    }

    /** A process that has closed the pipe is about to end, and its exit code shows why. */
    private void awaitExit() {
        try {
            process.waitFor(1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Closes everything open in it; returns whether it can be used again. */
    boolean reset() {
        try {
            ask(Action.RESET, 0);
            return true;
        } catch (SQLException e) {
            return false;
        }
    }

    boolean isAlive() {
        return whyKilled == null && process.isAlive();
    }

    /** The memory of the process, in bytes; 0 if the system does not say. */
    public long memory() {
        try {
            String[] pages = Files.readString(Path.of("/proc/%d/statm".formatted(process.pid())))
                    .split(" ");
            return Long.parseLong(pages[1]) * 4096;
        } catch (IOException | RuntimeException e) {
            // Not Linux, or the process has ended.
            return 0;
        }
    }

    /**
     * Ends it at once; its statements fail.
     *
     * @param why one line for those whose statements fail
     */
    public void kill(String why) {
        if (whyKilled == null) {
            whyKilled = why;
        }
        process.destroyForcibly();
        awaited.completeExceptionally(new IOException("killed"));
    }

    /** Why it no longer works, in one line for the person whose statement it was; empty while it works. */
    public Optional<String> end() {
        if (whyKilled == null && process.isAlive()) {
            return Optional.empty();
        }
        if (whyKilled != null) {
            return Optional.of(whyKilled);
        }
        int code = process.exitValue();
        return Optional.of(
                code == KILL
                        ? "The system ended the query's process, most likely because memory ran out. Choose a smaller range, fewer columns or no sorting."
                        : "The query ended DuckDB's process (exit code %d). Nothing else is affected. Rewrite the query."
                                .formatted(code));
    }

    private static Thread thread(Runnable task) {
        Thread thread = new Thread(task, "cell");
        thread.setDaemon(true);
        return thread;
    }

    /** Ends it and removes its files. */
    void close() {
        kill("The connector is stopping.");
        ears.shutdown();
        try {
            process.waitFor(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        ScratchFolder.remove(folder);
    }
}
