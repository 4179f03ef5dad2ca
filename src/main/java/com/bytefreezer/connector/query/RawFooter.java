package com.bytefreezer.connector.query;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A Parquet footer with less information about columns: texts and wide DECIMALs are bytes, and milliseconds are numbers, so that DuckDB reads them without a check of their values. Thrift's compact protocol: https://parquet.apache.org/docs/file-format/metadata/.
 */
final class RawFooter {
    // Field numbers of FileMetaData, SchemaElement, LogicalType and TimestampType.
    private static final int SCHEMA = 2;
    private static final int PHYSICAL = 1;
    private static final int CONVERTED = 6;
    private static final int PRECISION = 8;
    private static final int LOGICAL = 10;
    private static final int TIMESTAMP = 8;
    private static final int UNIT = 2;
    /** UTF8, ENUM, TIMESTAMP_MILLIS, JSON and BSON. */
    private static final Set<Long> CONVERTED_TYPES = Set.of(0L, 4L, 9L, 19L, 20L);
    /** STRING, ENUM, JSON and BSON. */
    private static final Set<Integer> LOGICAL_TYPES = Set.of(1, 4, 12, 13);

    private static final int MILLIS = 1;
    private static final int DECIMAL = 5;
    private static final int DECIMAL_PRECISION = 2;

    private static final int LIST = 9;
    private static final int STRUCT = 12;
    private static final int DEEPEST = 64;

    private final byte[] bytes;
    private int at;

    /** A field of a structure; its value is at {@code from} to {@code to}. */
    private record Field(int id, int type, int from, int to) {}

    private RawFooter(byte[] bytes, int at) {
        this.bytes = bytes;
        this.at = at;
    }

    /**
     * The same footer with less information.
     *
     * @throws IOException if it is not a footer
     */
    static byte[] of(byte[] footer) throws IOException {
        try {
            ByteArrayOutputStream out = new ByteArrayOutputStream(footer.length);
            int last = 0;
            for (Field field : new RawFooter(footer, 0).fields(0)) {
                writeHead(out, field, last);
                last = field.id;
                if (field.id == SCHEMA && field.type == LIST) {
                    new RawFooter(footer, field.from).writeSchema(out);
                } else {
                    out.write(footer, field.from, field.to - field.from);
                }
            }
            out.write(0);
            return out.toByteArray();
        } catch (IndexOutOfBoundsException | ArithmeticException e) {
            throw new IOException("not a Parquet footer", e);
        }
    }

    private void writeSchema(ByteArrayOutputStream out) throws IOException {
        int from = at;
        long count = listSize();
        out.write(bytes, from, at - from);
        for (long i = 0; i < count; i++) {
            List<Field> fields = fields(0);
            boolean says = find(fields, PHYSICAL).isPresent() && isToBeRaw(fields);
            int last = 0;
            for (Field field : fields) {
                if (!says || (field.id != CONVERTED && field.id != LOGICAL)) {
                    writeHead(out, field, last);
                    out.write(bytes, field.from, field.to - field.from);
                    last = field.id;
                }
            }
            out.write(0);
        }
    }

    private boolean isToBeRaw(List<Field> element) throws IOException {
        Optional<Field> logical = find(element, LOGICAL);
        if (logical.isPresent()) {
            Field kind = inside(logical.get()).get(0);
            if (kind.id == DECIMAL) {
                return isWide(find(inside(kind), DECIMAL_PRECISION));
            }
            if (kind.id != TIMESTAMP) {
                return LOGICAL_TYPES.contains(kind.id);
            }
            Optional<Field> unit = find(inside(kind), UNIT);
            return unit.isPresent() && inside(unit.get()).get(0).id == MILLIS;
        }
        Optional<Field> converted = find(element, CONVERTED);
        if (converted.isEmpty()) {
            return false;
        }
        long type = number(converted.get());
        return type == DECIMAL ? isWide(find(element, PRECISION)) : CONVERTED_TYPES.contains(type);
    }

    private boolean isWide(Optional<Field> precision) {
        return precision.isPresent() && number(precision.get()) > ColumnType.MOST_DIGITS;
    }

    private long number(Field field) {
        return zigzag(new RawFooter(bytes, field.from).number());
    }

    private List<Field> inside(Field field) throws IOException {
        return new RawFooter(bytes, field.from).fields(0);
    }

    private static Optional<Field> find(List<Field> fields, int id) {
        return fields.stream().filter(field -> field.id == id).findFirst();
    }

    /** Reads a structure to its end. */
    private List<Field> fields(int depth) throws IOException {
        List<Field> fields = new ArrayList<>();
        int id = 0;
        for (int head = bytes[at++]; head != 0; head = bytes[at++]) {
            int delta = (head >> 4) & 15;
            id = delta == 0 ? (int) zigzag(number()) : id + delta;
            int from = at;
            skip(head & 15, depth);
            fields.add(new Field(id, head & 15, from, at));
        }
        return fields;
    }

    private static void writeHead(ByteArrayOutputStream out, Field field, int last) {
        int delta = field.id - last;
        if (delta > 0 && delta < 16) {
            out.write((delta << 4) | field.type);
        } else {
            out.write(field.type);
            for (int rest = (field.id << 1) ^ (field.id >> 31); ; rest >>>= 7) {
                if (rest < 128) {
                    out.write(rest);
                    return;
                }
                out.write((rest & 127) | 128);
            }
        }
    }

    private void skip(int type, int depth) throws IOException {
        if (depth > DEEPEST) {
            throw new IOException("structures in structures");
        }
        switch (type) {
            case 1, 2 -> {
                // The value is the type.
            }
            case 3 -> at++;
            case 4, 5, 6 -> number();
            case 7 -> at += 8;
            case 8 -> {
                long length = number();
                at = Math.toIntExact(at + length);
            }
            case LIST, 10 -> {
                int elements = bytes[at] & 15;
                long count = listSize();
                for (long i = 0; i < count; i++) {
                    // Here a boolean takes a byte.
                    skip(elements <= 2 ? 3 : elements, depth + 1);
                }
            }
            case STRUCT -> fields(depth + 1);
            default -> throw new IOException("no type " + type);
        }
    }

    private long listSize() {
        int head = bytes[at++];
        int count = (head >> 4) & 15;
        return count == 15 ? number() : count;
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

    private static long zigzag(long number) {
        return (number >>> 1) ^ -(number & 1);
    }
}
