package com.bytefreezer.connector.delivery;

import com.bytefreezer.connector.query.ParquetScan;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;

/**
 * Names the records of joined rows by the row and their content. With other lookups a row gives fewer or more records, and equal records keep their names. The records of a row must follow each other. Used by one thread.
 */
final class NamesOfJoined {
    private final MessageDigest sha256;
    /** How often each content occurred in the last row. */
    private final Map<Long, Integer> seen = new HashMap<>();

    private long last = -1;

    NamesOfJoined() {
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The index of a row's object in the unit. */
    static int objectOf(long row) {
        return (int) (row >> ParquetScan.ROW_BITS);
    }

    /**
     * The name of a record among those of its object.
     *
     * @param row the row's number in the statement
     */
    String of(long row, byte[] record) {
        if (row != last) {
            seen.clear();
            last = row;
        }
        long content = ByteBuffer.wrap(sha256.digest(record)).getLong();
        int before = seen.merge(content, 1, Integer::sum) - 1;
        // Not with a format, which takes longer than everything else here.
        String name =
                (row & (1L << ParquetScan.ROW_BITS) - 1) + "-" + HexFormat.of().toHexDigits(content);
        return before == 0 ? name : name + "-" + before;
    }
}
