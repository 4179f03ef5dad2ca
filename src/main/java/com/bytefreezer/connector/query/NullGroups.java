package com.bytefreezer.connector.query;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Puts into records what DuckDB leaves out of them: the members of a group of columns that are all NULL. In records of hundreds
 * of columns that is nearly everything, and to write it twice costs more than all the rest. Immutable.
 */
final class NullGroups {
    /** Where nothing is left out. */
    static final NullGroups NONE = new NullGroups(List.of());

    private final byte[][] members;

    /** @param members of each group */
    NullGroups(List<String> members) {
        this.members = members.stream()
                .map(text -> text.getBytes(StandardCharsets.UTF_8))
                .toArray(byte[][]::new);
    }

    /** @param record what {@link RowRendering#shortRecord} gives */
    byte[] completed(byte[] record) {
        if (members.length == 0) {
            return record;
        }
        int[] ends = new int[members.length];
        int size = record.length - members.length + 1;
        int group = 0;
        // The first group begins after a brace, the last one ends before one.
        int begin = 1;
        for (int i = 1; i < record.length; i++) {
            if (record[i] == RowRendering.END_OF_GROUP || i == record.length - 1) {
                ends[group] = i;
                size += i == begin ? members[group].length : 0;
                begin = i + 1;
                group++;
            }
        }
        byte[] all = new byte[size];
        all[0] = '{';
        int length = 1;
        begin = 1;
        for (int i = 0; i < ends.length; i++) {
            byte[] from = ends[i] == begin ? members[i] : record;
            int offset = ends[i] == begin ? 0 : begin;
            int count = ends[i] == begin ? from.length : ends[i] - begin;
            System.arraycopy(from, offset, all, length, count);
            length += count;
            begin = ends[i] + 1;
        }
        all[length] = '}';
        return all;
    }
}
