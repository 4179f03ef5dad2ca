package com.bytefreezer.connector.delivery;

import com.bytefreezer.connector.query.ParquetScan;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;

/**
 * Names the records of joined rows by the row and their content: with other lookups a row gives fewer records or more, and
 * those that are the same keep their names. The records of a row come one after the other. Used by one thread.
 */
final class NamesOfJoined {
    private final MessageDigest sha256;
    /** Of the last row: how often each content came. */
    private final Map<Long, Integer> seen = new HashMap<>();

    private long last = -1;

    NamesOfJoined() {
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Which of its unit's objects a row is of. */
    static int objectOf(long row) {
        return (int) (row >> ParquetScan.ROW_BITS);
    }

    /**
     * What tells a record from the others of its object.
     *
     * @param row as the statement numbers it
     */
    String of(long row, byte[] record) {
        if (row != last) {
            seen.clear();
            last = row;
        }
        long content = ByteBuffer.wrap(sha256.digest(record)).getLong();
        int before = seen.merge(content, 1, Integer::sum) - 1;
        // Not by a format, which takes longer than all else here.
        String name =
                (row & (1L << ParquetScan.ROW_BITS) - 1) + "-" + HexFormat.of().toHexDigits(content);
        return before == 0 ? name : name + "-" + before;
    }
}
