package com.bytefreezer.connector.cage;

import com.bytefreezer.connector.cage.Wire.Request;
import com.bytefreezer.connector.disk.ScratchFolder;
import com.bytefreezer.connector.problem.Problem.Kind;
import com.bytefreezer.connector.query.DuckDbException;
import com.bytefreezer.connector.query.Engine;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * The worker in a cell's process. It executes requests one after the other with DuckDB. It may be ended at any time,
 * and ends by itself when no caller is left.
 */
public final class Inmate {
    /** Size of one answer, in rows and approximately in bytes. */
    private static final int MOST_ROWS = 1024;

    private static final int MOST_BYTES = 1024 * 1024;
    private static final long STACK = 16L * 1024 * 1024;

    private final DataOutputStream out =
            new DataOutputStream(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 64 * 1024));
    private final BlockingQueue<Request> requests = new LinkedBlockingQueue<>();
    /** Connections and rows, each with its number. */
    private final Map<Integer, AutoCloseable> open = new LinkedHashMap<>();

    private int last;

    private Inmate() {}

    /**
     * Works until standard input ends, and then removes {@code folder}.
     *
     * @throws IOException if nobody reads its answers
     */
    public static void work(Path folder) throws IOException {
        offerToTheKernel();
        Inmate inmate = new Inmate();
        // DuckDB cannot be interrupted, so another thread notices that the parent has ended.
        Thread ears = new Thread(() -> inmate.listen(folder), "ears");
        ears.setDaemon(true);
        ears.start();
        Thread hands = new Thread(null, inmate::answer, "hands", STACK);
        hands.start();
    }

    /** If memory runs out, the kernel should end this process, not its parent. */
    private static void offerToTheKernel() {
        try {
            Files.writeString(Path.of("/proc/self/oom_score_adj"), "1000");
        } catch (IOException e) {
            // Not Linux, or not allowed.
        }
    }

    private void listen(Path folder) {
        try (DataInputStream in = new DataInputStream(new FileInputStream(FileDescriptor.in))) {
            while (true) {
                requests.add(Wire.readRequest(in));
            }
        } catch (IOException e) {
            // The parent has ended, or has no more requests.
        }
        remove(folder);
        Runtime.getRuntime().halt(0);
    }

    private static void remove(Path folder) {
        try {
            ScratchFolder.delete(folder);
        } catch (IOException | UncheckedIOException e) {
            // The parent has done this already.
        }
    }

    private void answer() {
        try {
            warm();
            out.writeByte(Wire.DONE);
            out.flush();
            while (true) {
                answer(requests.take());
                out.flush();
            }
        } catch (IOException | InterruptedException e) {
            Runtime.getRuntime().halt(1);
        }
    }

    /** Loads the library before the first statement. */
    private static void warm() {
        try (Connection connection = Engine.HERE.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("SELECT json_serialize_sql('SELECT 1')");
        } catch (SQLException e) {
            // The first statement reports it.
        }
    }

    private void answer(Request request) throws IOException {
        switch (request.action()) {
            case CONNECT -> done(() -> number(Engine.HERE.connect()));
            case COPY -> done(() -> number(Engine.HERE.copy(connection(request))));
            case EXECUTE -> execute(request);
            case FETCH -> fetch(request);
            case CLOSE ->
                done(() -> {
                    close(open.remove(request.target()));
                    return 0;
                });
            case RESET ->
                done(() -> {
                    // In reverse order: a result before its connection.
                    List<AutoCloseable> all = new ArrayList<>(open.values());
                    open.clear();
                    for (int i = all.size() - 1; i >= 0; i--) {
                        close(all.get(i));
                    }
                    return 0;
                });
        }
    }

    private interface Work<T> {
        T get() throws SQLException;
    }

    private void done(Work<Integer> work) throws IOException {
        answered(work, out::writeInt);
    }

    private interface Answer<T> {
        void write(T result) throws IOException;
    }

    /** Does all work first, so that an answer never fails halfway. */
    private <T> void answered(Work<T> work, Answer<T> answer) throws IOException {
        T result;
        try {
            result = work.get();
        } catch (SQLException e) {
            Wire.writeFailure(out, DuckDbException.of(e));
            return;
        } catch (RuntimeException e) {
            Wire.writeFailure(out, new DuckDbException(Kind.OTHER, e.toString()));
            return;
        } catch (OutOfMemoryError e) {
            Wire.writeFailure(out, new DuckDbException(Kind.NO_MEMORY, e.toString()));
            return;
        }
        out.writeByte(Wire.DONE);
        answer.write(result);
    }

    private int number(AutoCloseable opened) {
        last++;
        open.put(last, opened);
        return last;
    }

    private Connection connection(Request request) throws SQLException {
        if (open.get(request.target()) instanceof Connection connection) {
            return connection;
        }
        throw new SQLException("the connection is closed");
    }

    private static void close(AutoCloseable opened) throws SQLException {
        if (opened == null) {
            return;
        }
        try {
            if (opened instanceof ResultSet rows) {
                rows.getStatement().close();
            }
            opened.close();
        } catch (SQLException e) {
            throw e;
        } catch (Exception e) {
            throw new SQLException(e);
        }
    }

    private record Begun(int rows, List<String> columns) {}

    private void execute(Request request) throws IOException {
        answered(() -> begin(request), begun -> {
            out.writeInt(begun.rows);
            out.writeInt(begun.columns.size());
            for (String column : begun.columns) {
                Wire.writeText(out, column);
            }
        });
    }

    private Begun begin(Request request) throws SQLException {
        Connection connection = connection(request);
        boolean isPrepared = !request.values().isEmpty();
        Statement statement = isPrepared ? connection.prepareStatement(request.sql()) : connection.createStatement();
        boolean hasRows = false;
        try {
            if (statement instanceof PreparedStatement prepared && isPrepared) {
                for (int i = 0; i < request.values().size(); i++) {
                    prepared.setObject(i + 1, request.values().get(i));
                }
                hasRows = prepared.execute();
            } else {
                hasRows = statement.execute(request.sql());
            }
            if (!hasRows) {
                return new Begun(0, List.of());
            }
            ResultSet rows = statement.getResultSet();
            List<String> columns = new ArrayList<>();
            for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                columns.add(rows.getMetaData().getColumnLabel(i));
            }
            return new Begun(number(rows), columns);
        } finally {
            if (!hasRows) {
                statement.close();
            }
        }
    }

    private void fetch(Request request) throws IOException {
        answered(() -> next(request), rows -> {
            out.writeInt(rows.size());
            for (Object[] row : rows) {
                for (Object value : row) {
                    Wire.writeValue(out, value);
                }
            }
        });
    }

    private List<Object[]> next(Request request) throws SQLException {
        if (!(open.get(request.target()) instanceof ResultSet rows)) {
            throw new SQLException("the result is closed");
        }
        int columns = rows.getMetaData().getColumnCount();
        List<Object[]> block = new ArrayList<>();
        long bytes = 0;
        while (block.size() < MOST_ROWS && bytes < MOST_BYTES && rows.next()) {
            Object[] row = new Object[columns];
            for (int i = 0; i < columns; i++) {
                row[i] = Wire.plain(rows.getObject(i + 1));
                bytes += row[i] instanceof byte[] value
                        ? value.length
                        : String.valueOf(row[i]).length();
            }
            block.add(row);
        }
        return block;
    }
}
