package com.bytefreezer.connector.delivery;

import java.util.zip.CRC32;
import java.util.zip.CRC32C;

/**
 * A checksum of 64 bits, made of two different ones. For what is done with each record: a digest takes longer than DuckDB takes for
 * the record, because the image's virtual machine compiles no special instructions for it. Used by one thread.
 */
final class Checksum {
    private final CRC32 one = new CRC32();
    private final CRC32C other = new CRC32C();

    static long of(byte[] bytes) {
        Checksum checksum = new Checksum();
        checksum.add(bytes);
        return checksum.value();
    }

    void add(byte[] bytes) {
        one.update(bytes);
        other.update(bytes);
    }

    long value() {
        return one.getValue() << Integer.SIZE | other.getValue();
    }
}
