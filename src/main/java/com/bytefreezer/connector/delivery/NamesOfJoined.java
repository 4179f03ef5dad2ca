package com.bytefreezer.connector.delivery;

import com.bytefreezer.connector.query.ParquetScan;
import java.util.HashMap;
import java.util.Map;

/**
 * Names the records of joined rows by the row and their content. With other lookups a row gives fewer or more records, and equal records keep their names. The records of a row must follow each other. Used by one thread.
 */
final class NamesOfJoined {
    /** How often each content occurred in the last row. */
    private final Map<Long, Integer> seen = new HashMap<>();

    private long last = -1;

    /** The index of a row's object in the unit. */
    static int objectOf(long row) {
        return (int) (row >> ParquetScan.ROW_BITS);
    }

    /**
     * The name of a record among those of its object.
     *
     * @param row the row's number in the statement
     */
    JoinedName of(long row, byte[] record) {
        if (row != last) {
            seen.clear();
            last = row;
        }
        long content = Checksum.of(record);
        int before = seen.merge(content, 1, Integer::sum) - 1;
        return new JoinedName(row & (1L << ParquetScan.ROW_BITS) - 1, content, before);
    }
}
