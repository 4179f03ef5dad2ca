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
import java.util.Map;
import java.util.TreeMap;

/** Turns a Parquet file into one of another writer, by its schema. */
public final class OtherWriter {
    private static final int SCHEMA = 2;
    private static final int NAME = 4;
    private static final int CONVERTED = 6;
    private static final int SCALE = 7;
    private static final int PRECISION = 8;
    private static final int LOGICAL = 10;

    private static final int I32 = 5;
    private static final int LIST = 9;
    private static final int STRUCT = 12;
    /** The newer kind by the older: UTF8, MAP, LIST, ENUM, DATE, JSON. */
    private static final Map<Integer, Integer> ALIKE = Map.of(0, 1, 1, 2, 3, 3, 4, 4, 6, 6, 19, 12);

    private static final int DECIMAL = 5;
    private static final int INT = 10;
    private static final int UINT_8 = 11;
    private static final int INT_8 = 15;
    private static final int INT_64 = 18;

    private final byte[] bytes;
    private int at;

    /** A field: its type, and its bytes. */
    private record Field(int type, byte[] bytes) {}

    private OtherWriter(byte[] bytes, int at) {
        this.bytes = bytes;
        this.at = at;
    }

    /** One that knows only the newer kind of annotation: every ConvertedType becomes a LogicalType. */
    public static void only(Path file) {
        rewrite(file, OtherWriter::annotate);
    }

    /** One whose DECIMALs have so many digits, at most 63. */
    public static void widen(Path file, int digits) {
        rewrite(file, element -> {
            if (element.containsKey(PRECISION)) {
                element.put(PRECISION, new Field(I32, new byte[] {(byte) (digits << 1)}));
                element.remove(LOGICAL);
            }
        });
    }

    /** One that gives the groups and columns other names. */
    public static void rename(Path file, Map<String, String> names) {
        rewrite(file, element -> {
            Field name = element.get(NAME);
            String other = names.get(new String(name.bytes, 1, name.bytes.length - 1, StandardCharsets.UTF_8));
            if (other != null) {
                byte[] text = other.getBytes(StandardCharsets.UTF_8);
                element.put(
                        NAME,
                        new Field(
                                name.type,
                                ByteBuffer.allocate(text.length + 1)
                                        .put((byte) text.length)
                                        .put(text)
                                        .array()));
            }
        });
    }

    private interface Change {
        void make(Map<Integer, Field> element);
    }

    private static void rewrite(Path file, Change change) {
        try {
            byte[] all = Files.readAllBytes(file);
            int end = all.length - 8;
            int length = ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN).getInt(end);
            var footer = new OtherWriter(all, end - length);
            Map<Integer, Field> fields = footer.fields();
            fields.computeIfPresent(
                    SCHEMA, (id, schema) -> new Field(LIST, new OtherWriter(schema.bytes, 0).schema(change)));
            byte[] written = written(fields);
            var out = new ByteArrayOutputStream();
            out.write(all, 0, end - length);
            out.writeBytes(written);
            out.writeBytes(RawParquet.of(written.length));
            out.write(all, all.length - 4, 4);
            Files.write(file, out.toByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private byte[] schema(Change change) {
        int count = listSize();
        var out = new ByteArrayOutputStream();
        out.write(bytes, 0, at);
        for (int i = 0; i < count; i++) {
            Map<Integer, Field> element = fields();
            change.make(element);
            out.writeBytes(written(element));
        }
        return out.toByteArray();
    }

    private static void annotate(Map<Integer, Field> element) {
        Field converted = element.get(CONVERTED);
        if (converted != null) {
            byte[] newer = logical(zigzag(converted), element);
            if (newer.length > 0 || element.containsKey(LOGICAL)) {
                element.remove(CONVERTED);
                element.remove(SCALE);
                element.remove(PRECISION);
            }
            if (newer.length > 0) {
                element.put(LOGICAL, new Field(STRUCT, newer));
            }
        }
    }

    /** The newer annotation; empty if the older one stays or the newer one is there. */
    private static byte[] logical(int converted, Map<Integer, Field> element) {
        Integer alike = ALIKE.get(converted);
        if (alike != null) {
            return written(new TreeMap<>(Map.of(alike, new Field(STRUCT, new byte[1]))));
        }
        if (converted == DECIMAL) {
            byte[] decimal = written(new TreeMap<>(Map.of(1, element.get(SCALE), 2, element.get(PRECISION))));
            return written(new TreeMap<>(Map.of(DECIMAL, new Field(STRUCT, decimal))));
        }
        if (converted >= UINT_8 && converted <= INT_64) {
            int bits = 8 << (converted - UINT_8) % 4;
            int isSigned = converted >= INT_8 ? 1 : 2;
            byte[] integer = written(new TreeMap<>(
                    Map.of(1, new Field(3, new byte[] {(byte) bits}), 2, new Field(isSigned, new byte[0]))));
            return written(new TreeMap<>(Map.of(INT, new Field(STRUCT, integer))));
        }
        return new byte[0];
    }

    // -- Thrift's compact protocol

    private static int zigzag(Field field) {
        long number = new OtherWriter(field.bytes, 0).number();
        return (int) ((number >>> 1) ^ -(number & 1));
    }

    private static byte[] written(Map<Integer, Field> fields) {
        var out = new ByteArrayOutputStream();
        int last = 0;
        for (var field : fields.entrySet()) {
            out.write(field.getKey() - last << 4 | field.getValue().type);
            out.writeBytes(field.getValue().bytes);
            last = field.getKey();
        }
        out.write(0);
        return out.toByteArray();
    }

    private Map<Integer, Field> fields() {
        Map<Integer, Field> fields = new TreeMap<>();
        int id = 0;
        for (int head = bytes[at++]; head != 0; head = bytes[at++]) {
            id += head >> 4 & 15;
            int from = at;
            skip(head & 15);
            fields.put(id, new Field(head & 15, Arrays.copyOfRange(bytes, from, at)));
        }
        return fields;
    }

    private void skip(int type) {
        switch (type) {
            case 1, 2 -> {
                // The value is the type.
            }
            case 3 -> at++;
            case 4, I32, 6 -> number();
            case 7 -> at += 8;
            case 8 -> {
                int length = (int) number();
                at += length;
            }
            case LIST -> {
                int elements = bytes[at] & 15;
                for (int count = listSize(); count > 0; count--) {
                    skip(elements);
                }
            }
            default -> fields();
        }
    }

    private int listSize() {
        int head = bytes[at++] >> 4 & 15;
        return head == 15 ? (int) number() : head;
    }

    private long number() {
        long number = 0;
        for (int shift = 0; ; shift += 7) {
            int next = bytes[at++];
            number |= (long) (next & 127) << shift;
            if (next >= 0) {
                return number;
            }
        }
    }
}
