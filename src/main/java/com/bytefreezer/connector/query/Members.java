package com.bytefreezer.connector.query;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Makes records from values: adds the names and the NULLs. In records of hundreds of columns these are almost everything, and they cost DuckDB more than all the rest. Without NULLs, few names are left, and DuckDB writes them. Immutable.
 */
final class Members {
    /** For statements in which DuckDB writes whole records. */
    static final Members NONE = new Members(List.of(), false);

    /** Marks each value; never occurs in JSON. */
    private static final byte BEGIN = 1;
    /** The length of the column's number after the mark, in digits of six bits. */
    private static final int DIGITS = 3;

    private static final char ZERO = '0';
    private static final byte[] NULL = "null".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] EMPTY = {'{', '}'};

    /** All names, each after a comma and with a NULL. */
    private final byte[] nulls;
    /** The end of each value there. */
    private final int[] ends;

    private final boolean omitNulls;

    /**
     * @param names in the order of the columns
     * @param omitNulls leaves out NULLs instead of writing null
     */
    Members(List<String> names, boolean omitNulls) {
        this.omitNulls = omitNulls;
        StringBuilder all = new StringBuilder();
        ends = new int[names.size()];
        int bytes = 0;
        for (int i = 0; i < ends.length; i++) {
            String member = "," + JsonRendering.jsonText(names.get(i)) + ":null";
            bytes += member.getBytes(StandardCharsets.UTF_8).length;
            ends[i] = bytes;
            all.append(member);
        }
        nulls = all.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** The text before a value of column {@code number}. */
    static String mark(int number) {
        StringBuilder mark = new StringBuilder().append((char) BEGIN);
        for (int shift = 6 * (DIGITS - 1); shift >= 0; shift -= 6) {
            mark.append((char) (ZERO + (number >> shift & 63)));
        }
        return mark.toString();
    }

    /**
     * @param values the result of {@link RowRendering#shortRecord}: a brace, then the marked values in the order of the columns; without NULLs each value after a comma and its name, then a brace. The record may replace it.
     */
    byte[] completed(byte[] values) {
        if (ends.length == 0) {
            return values;
        }
        return omitNulls ? begun(values) : withNulls(values);
    }

    /** Puts the brace in the place of the first comma. */
    private static byte[] begun(byte[] values) {
        if (values.length == 1) {
            return EMPTY;
        }
        values[0] = '{';
        return values;
    }

    private byte[] withNulls(byte[] values) {
        int[] marks = new int[32];
        int count = 0;
        for (int i = 1; i < values.length; i++) {
            if (values[i] == BEGIN) {
                if (count + 1 == marks.length) {
                    marks = Arrays.copyOf(marks, 2 * count);
                }
                marks[count++] = i;
            }
        }
        marks[count] = values.length;
        byte[] record = new byte[length(values.length - marks[0], count)];
        int length = 0;
        int copied = 0;
        for (int i = 0; i < count; i++) {
            int column = column(values, marks[i]);
            length = put(nulls, copied, ends[column] - NULL.length, record, length);
            copied = ends[column];
            length = put(values, marks[i] + 1 + DIGITS, marks[i + 1], record, length);
        }
        length = put(nulls, copied, nulls.length, record, length);
        // It replaces the first comma.
        record[0] = '{';
        record[length] = '}';
        return record;
    }

    private int length(int marked, int count) {
        return nulls.length + 1 + marked - count * (1 + DIGITS + NULL.length);
    }

    private static int column(byte[] values, int mark) {
        int number = 0;
        for (int i = 1; i <= DIGITS; i++) {
            number = number << 6 | values[mark + i] - ZERO;
        }
        return number;
    }

    private static int put(byte[] from, int begin, int end, byte[] to, int at) {
        System.arraycopy(from, begin, to, at, end - begin);
        return at + end - begin;
    }
}
