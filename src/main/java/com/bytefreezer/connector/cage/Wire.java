package com.bytefreezer.connector.cage;

import com.bytefreezer.connector.problem.Problem.Kind;
import com.bytefreezer.connector.query.DuckDbException;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Blob;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The protocol between a process and its {@link Cell}: a request, then its answer, over the child's standard input and
 * output.
 */
final class Wire {
    /** A larger value fails its statement, because both sides hold it in memory. */
    static final int MOST_BYTES = 64 * 1024 * 1024;

    static final byte DONE = 'd';
    static final byte FAILED = 'f';

    /** The kinds of requests. */
    enum Action {
        /** Opens a new database. The answer is the number of a connection. */
        CONNECT,
        /** Opens another connection to the database of a connection. The answer is its number. */
        COPY,
        /**
         * Runs a statement on a connection. The answer is the number of its result, or 0, and the names of the columns.
         */
        EXECUTE,
        /** Fetches the next rows of a result. The answer is empty after the last row. */
        FETCH,
        /** Closes a connection or rows. */
        CLOSE,
        /** Closes everything. */
        RESET
    }

    /**
     * One request.
     *
     * @param target the number of a connection or a result
     * @param values of the statement's parameters
     */
    record Request(Action action, int target, String sql, List<@Nullable Object> values) {}

    private Wire() {}

    static void write(DataOutputStream out, Request request) throws IOException {
        writeText(out, request.action.name());
        out.writeInt(request.target);
        writeText(out, request.sql);
        out.writeInt(request.values.size());
        for (Object value : request.values) {
            writeValue(out, value);
        }
        out.flush();
    }

    static Request readRequest(DataInputStream in) throws IOException {
        Action action = Action.valueOf(readText(in));
        int target = in.readInt();
        String sql = readText(in);
        int count = in.readInt();
        List<@Nullable Object> values = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            values.add(readValue(in));
        }
        return new Request(action, target, sql, values);
    }

    static void writeText(DataOutputStream out, String text) throws IOException {
        writeBytes(out, text.getBytes(StandardCharsets.UTF_8));
    }

    static String readText(DataInputStream in) throws IOException {
        return new String(readBytes(in), StandardCharsets.UTF_8);
    }

    /** Writes null, text, a number or bytes; anything else as text. */
    static void writeValue(DataOutputStream out, @Nullable Object value) throws IOException {
        if (value == null) {
            out.writeByte('n');
        } else if (value instanceof Integer number) {
            out.writeByte('i');
            out.writeInt(number);
        } else if (value instanceof Long number) {
            out.writeByte('l');
            out.writeLong(number);
        } else if (value instanceof byte[] bytes) {
            out.writeByte('b');
            writeBytes(out, bytes);
        } else {
            out.writeByte('t');
            writeText(out, value.toString());
        }
    }

    static @Nullable Object readValue(DataInputStream in) throws IOException {
        byte kind = in.readByte();
        return switch (kind) {
            case 'n' -> null;
            case 'i' -> (Object) in.readInt();
            case 'l' -> in.readLong();
            case 'b' -> readBytes(in);
            case 't' -> readText(in);
            default -> throw new IOException("no value begins with " + kind);
        };
    }

    /** Prepares a value of DuckDB's driver for writing. */
    static @Nullable Object plain(@Nullable Object value) throws SQLException {
        if (!(value instanceof Blob blob)) {
            return value;
        }
        if (blob.length() > MOST_BYTES) {
            throw new DuckDbException(Kind.NO_MEMORY, "a value has %d bytes".formatted(blob.length()));
        }
        return blob.getBytes(1, (int) blob.length());
    }

    static void writeFailure(DataOutputStream out, DuckDbException failure) throws IOException {
        out.writeByte(FAILED);
        writeText(out, failure.kind().name());
        writeText(out, failure.text());
    }

    static DuckDbException readFailure(DataInputStream in) throws IOException {
        Kind kind = Kind.valueOf(readText(in));
        return new DuckDbException(kind, readText(in));
    }

    private static void writeBytes(DataOutputStream out, byte[] bytes) throws IOException {
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static byte[] readBytes(DataInputStream in) throws IOException {
        int length = in.readInt();
        if (length < 0 || length > 4L * MOST_BYTES) {
            throw new IOException("no value has %d bytes".formatted(length));
        }
        return in.readNBytes(length);
    }
}
