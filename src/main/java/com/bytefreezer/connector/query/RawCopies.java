package com.bytefreezer.connector.query;

import com.bytefreezer.connector.disk.PrivateFiles;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.problem.Problem.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Copies of objects with values that DuckDB cannot read: a text that is not UTF-8, a text that is not JSON in a JSON column, a time out of range. One such value would prevent DuckDB from reading the whole object. So the copy has a {@link RawFooter}, and each value is converted separately. Safe for use by several threads.
 */
final class RawCopies {
    /** Messages of DuckDB 1.5.5 about such values. */
    /** The end of a file after its footer: the length, and the name of the format. */
    private static final int TAIL = 8;

    private static final byte[] MAGIC = {'P', 'A', 'R', '1'};

    private static final Leaves.Change TYPED = new Leaves.Change() {
        @Override
        public boolean concerns(ColumnType from, ColumnType to) {
            // Bytes instead of a DOUBLE are a DECIMAL, which is left to Meaning.
            return !from.equals(to) && !to.equals(Widening.NOTHING) && !to.is("DOUBLE");
        }

        @Override
        public String of(ColumnType from, ColumnType to, String x) {
            if (!from.is("BLOB")) {
                // Milliseconds, within the range of microseconds.
                return "CASE WHEN %1$s BETWEEN -9223372022400000 AND 9223372036854775 THEN make_timestamp(%1$s * 1000)::%2$s END"
                        .formatted(x, to);
            }
            String text = JsonRendering.text(from, x);
            return to.is("JSON")
                    ? "CASE WHEN json_valid(%1$s) THEN %1$s ELSE to_json(%1$s) END::JSON".formatted(text)
                    : text;
        }
    };

    private volatile Path folder = Path.of("");
    private final Map<LakeObject, Copy> copies = new ConcurrentHashMap<>();

    /**
     * A copy.
     *
     * @param types the types of its columns in DuckDB
     */
    record Copy(Path file, List<ColumnType> types) {}

    /** Reads an object of a bucket as a whole. */
    interface Fetch {
        byte[] get(LakeObject object) throws SQLException;
    }

    /** Finds the types of a file's columns. */
    interface Describe {
        List<ColumnType> types(Path file) throws SQLException;
    }

    /** Forgets all copies; new ones are made in this folder, which need not exist. */
    void startIn(Path newFolder) {
        copies.clear();
        folder = newFolder;
    }

    /** Whether DuckDB failed because of a value that it can read from a copy. */
    static boolean helpWith(SQLException failure) {
        return DuckDbException.of(failure).kind() == Kind.ODD_VALUE;
    }

    Optional<Copy> of(LakeObject object) {
        return Optional.ofNullable(copies.get(object.whole()));
    }

    /** A name in the folder, which is there, for a file that DuckDB may write and read. */
    Path newFile() throws IOException {
        PrivateFiles.createFolders(folder);
        return folder.resolve(UUID.randomUUID() + ".parquet");
    }

    /** Makes the copy of an object. */
    void add(LakeObject object, Fetch fetch, Describe describe) throws SQLException {
        try {
            Path file = newFile();
            try (FileChannel out = PrivateFiles.openNew(file)) {
                if (object.url().startsWith("s3://")) {
                    writeAll(out, ByteBuffer.wrap(fetch.get(object)));
                } else {
                    copy(Path.of(object.url()), out);
                }
            }
            replaceFooter(file);
            copies.put(object.whole(), new Copy(file, describe.types(file)));
        } catch (IOException e) {
            throw new SQLException("no copy of it can be made (%s)".formatted(e), e);
        }
    }

    private static void copy(Path object, FileChannel out) throws IOException {
        try (FileChannel in = FileChannel.open(object, StandardOpenOption.READ)) {
            for (long at = 0; at < in.size(); ) {
                at += in.transferTo(at, in.size() - at, out);
            }
        }
    }

    private static void replaceFooter(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            long end = channel.size() - TAIL;
            int length = read(channel, end, Integer.BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .getInt();
            if (length < 0 || length > end) {
                throw new IOException("not a Parquet footer");
            }
            byte[] footer = RawFooter.of(read(channel, end - length, length).array());
            channel.truncate(end - length);
            channel.position(end - length);
            writeAll(
                    channel,
                    ByteBuffer.allocate(footer.length + TAIL)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .put(footer)
                            .putInt(footer.length)
                            .put(MAGIC)
                            .flip());
        }
    }

    private static ByteBuffer read(FileChannel channel, long from, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, from + buffer.position()) < 0) {
                throw new IOException("it ends early");
            }
        }
        return buffer.flip();
    }

    private static void writeAll(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /**
     * The expression that converts a value of a copy to its type in the object. Bytes that are not text become base64, a text that is not JSON becomes a JSON string, and a time out of DuckDB's range becomes NULL.
     *
     * @param raw the type in the copy
     */
    static String typed(ColumnType raw, ColumnType type, String x) {
        return Leaves.change(raw, type, x, TYPED);
    }
}
