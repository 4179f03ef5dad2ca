package com.bytefreezer.connector.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes what no writer of Parquet should: any bytes as values of any type. A file has the columns {@code id}, which counts
 * from 0, and {@code v}; its values are neither encoded nor compressed.
 */
public final class RawParquet {
    /** In the order of the format's own numbers. */
    public enum Physical {
        BOOLEAN,
        INT32,
        INT64,
        INT96,
        FLOAT,
        DOUBLE,
        BYTE_ARRAY,
        FIXED_LEN_BYTE_ARRAY
    }

    /**
     * The type of the column v.
     *
     * @param length of each value of fixed length, or 0
     * @param converted the format's number of the older kind of annotation, or -1
     * @param logical the newer kind, or empty; {@code TIME}, {@code TIMESTAMP} (unit 1, 2, 3 for ms, µs, ns; negative when not
     *     in UTC), {@code DECIMAL} (precision, scale), {@code INT} (bits; negative when signed) or one without arguments
     */
    public record Type(Physical physical, int length, int converted, String logical, int first, int second) {
        @Override
        public String toString() {
            return "%s(%d) %d %s %d %d".formatted(physical, length, converted, logical, first, second);
        }
    }

    private static final List<String> LOGICAL = List.of(
            "",
            "STRING",
            "MAP",
            "LIST",
            "ENUM",
            "DECIMAL",
            "DATE",
            "TIME",
            "TIMESTAMP",
            "",
            "INT",
            "NULL",
            "JSON",
            "BSON",
            "UUID",
            "FLOAT16");

    private static final int I32 = 5;
    private static final int I64 = 6;
    private static final int BINARY = 8;
    private static final int LIST = 9;
    private static final int STRUCT = 12;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private int[] last = {0};
    private int depth;

    private RawParquet() {}

    /** The bytes of a value of 4 bytes. */
    public static byte[] of(int value) {
        return ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(value)
                .array();
    }

    /** The bytes of a value of 8 bytes. */
    public static byte[] of(long value) {
        return ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array();
    }

    /** The bytes of a value of any length. */
    public static byte[] ofLength(byte[] value) {
        return ByteBuffer.allocate(4 + value.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(value.length)
                .put(value)
                .array();
    }

    /**
     * What a writer claims of the values of the column v, true or not.
     *
     * @param min the bytes of the least one
     * @param max the bytes of the greatest one
     * @param nulls how many are NULL
     */
    public record Statistics(byte[] min, byte[] max, long nulls) {}

    /** Writes a file with a record for each value. */
    public static void write(Path file, Type type, List<byte[]> values) {
        write(file, type, values, null);
    }

    /** The same, with statistics. */
    public static void write(Path file, Type type, List<byte[]> values, @Nullable Statistics statistics) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        try {
            all.write("PAR1".getBytes(StandardCharsets.US_ASCII));
            ByteArrayOutputStream ids = new ByteArrayOutputStream();
            ByteArrayOutputStream data = new ByteArrayOutputStream();
            for (int i = 0; i < values.size(); i++) {
                ids.write(of((long) i));
                data.write(values.get(i));
            }
            int first = all.size();
            all.write(page(ids.toByteArray(), values.size()));
            int second = all.size();
            all.write(page(data.toByteArray(), values.size()));
            byte[] footer = new RawParquet().footer(type, values.size(), first, second, all.size(), statistics);
            all.write(footer);
            all.write(of(footer.length));
            all.write("PAR1".getBytes(StandardCharsets.US_ASCII));
            Files.createDirectories(file.getParent());
            Files.write(file, all.toByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] page(byte[] data, int count) {
        var head = new RawParquet();
        head.begin();
        head.i32(1, 0).i32(2, data.length).i32(3, data.length);
        head.struct(5).i32(1, count).i32(2, 0).i32(3, 3).i32(4, 3).end();
        head.end();
        head.out.writeBytes(data);
        return head.out.toByteArray();
    }

    private byte[] footer(Type type, int rows, int first, int second, int end, @Nullable Statistics statistics) {
        begin();
        i32(1, 1).list(2, STRUCT, 3);
        begin().text(4, "schema").i32(5, 2).end();
        begin().i32(1, Physical.INT64.ordinal()).i32(3, 0).text(4, "id").end();
        begin().i32(1, type.physical.ordinal());
        if (type.length > 0) {
            i32(2, type.length);
        }
        i32(3, 0).text(4, "v");
        if (type.converted >= 0) {
            i32(6, type.converted);
        }
        if (type.logical.equals("DECIMAL")) {
            i32(7, type.second).i32(8, type.first);
        }
        if (!type.logical.isEmpty()) {
            logical(type);
        }
        end();
        i64(3, rows).list(4, STRUCT, 1);
        begin().list(1, STRUCT, 2);
        chunk(Physical.INT64, "id", rows, first, second - first, null);
        chunk(type.physical, "v", rows, second, end - second, statistics);
        i64(2, end - first).i64(3, rows).end();
        end();
        return out.toByteArray();
    }

    private void logical(Type type) {
        struct(10).struct(LOGICAL.indexOf(type.logical));
        switch (type.logical) {
            case "DECIMAL" -> i32(1, type.second).i32(2, type.first);
            case "INT" -> {
                field(1, 3);
                out.write(Math.abs(type.first));
                field(2, type.first < 0 ? 1 : 2);
            }
            case "TIME", "TIMESTAMP" -> {
                field(1, type.first > 0 ? 1 : 2);
                struct(2).struct(Math.abs(type.first)).end().end();
            }
            default -> {
                // It has no arguments.
            }
        }
        end().end();
    }

    private void chunk(Physical physical, String name, int rows, int at, int size, @Nullable Statistics statistics) {
        begin().i64(2, at);
        struct(3).i32(1, physical.ordinal()).list(2, I32, 1).zigzag(0);
        list(3, BINARY, 1).bytes(name);
        i32(4, 0).i64(5, rows).i64(6, size).i64(7, size).i64(9, at);
        if (statistics != null) {
            // Old readers take the first two, others the last two.
            struct(12).value(1, statistics.max).value(2, statistics.min).i64(3, statistics.nulls);
            value(5, statistics.max).value(6, statistics.min).end();
        }
        end();
        end();
    }

    // -- Thrift's compact protocol

    private RawParquet begin() {
        if (++depth == last.length) {
            last = Arrays.copyOf(last, depth * 2);
        }
        last[depth] = 0;
        return this;
    }

    private RawParquet end() {
        out.write(0);
        depth--;
        return this;
    }

    private RawParquet struct(int id) {
        field(id, STRUCT);
        return begin();
    }

    private void field(int id, int type) {
        out.write(id - last[depth] << 4 | type);
        last[depth] = id;
    }

    private RawParquet i32(int id, int value) {
        field(id, I32);
        zigzag(value);
        return this;
    }

    private RawParquet i64(int id, long value) {
        field(id, I64);
        zigzag(value);
        return this;
    }

    private RawParquet text(int id, String text) {
        field(id, BINARY);
        bytes(text);
        return this;
    }

    private RawParquet value(int id, byte[] value) {
        field(id, BINARY);
        varint(value.length);
        out.writeBytes(value);
        return this;
    }

    private RawParquet list(int id, int type, int size) {
        field(id, LIST);
        out.write(size << 4 | type);
        return this;
    }

    private void bytes(String text) {
        varint(text.length());
        out.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
    }

    private void zigzag(long value) {
        varint(value << 1 ^ value >> 63);
    }

    private void varint(long value) {
        long rest = value;
        while (rest > 127) {
            out.write((int) (rest & 127 | 128));
            rest >>>= 7;
        }
        out.write((int) rest);
    }
}
