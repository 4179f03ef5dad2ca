package com.bytefreezer.connector.delivery;

import java.nio.ByteBuffer;
import java.util.HexFormat;

/**
 * The name of a joined record among those of its object. Most destinations never ask for its text, which takes longer to write than the record takes to deliver.
 *
 * @param row the row's number in its object
 * @param content a checksum of the record
 * @param before the number of equal records of the same row before it
 */
record JoinedName(long row, long content, int before) {
    private static final int BYTES = 2 * Long.BYTES + Integer.BYTES;

    /** A checksum of several names. */
    static long checksum(JoinedName... names) {
        ByteBuffer all = ByteBuffer.allocate(names.length * BYTES);
        for (JoinedName name : names) {
            all.putLong(name.row).putLong(name.content).putInt(name.before);
        }
        return Checksum.of(all.array());
    }

    @Override
    public String toString() {
        // Not with a format, which takes longer than everything else here.
        String name = row + "-" + HexFormat.of().toHexDigits(content);
        return before == 0 ? name : name + "-" + before;
    }
}
