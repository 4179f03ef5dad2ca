package com.bytefreezer.connector.input.file;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * What is packed with gzip, in one member or several. Unlike the JDK's stream it fails if something follows that is no
 * gzip; zeros may. For one thread.
 */
final class Gunzip extends InputStream {
    private static final int EXTRA = 4;
    private static final int NAME = 8;
    private static final int COMMENT = 16;
    private static final int HEADER_CHECK = 2;

    private final BufferedInputStream packed;
    private final Inflater inflater = new Inflater(true);
    private final CRC32 check = new CRC32();
    private final byte[] block = new byte[64 * 1024];
    /** Bytes of the block that the inflater has last got. */
    private int given;

    private boolean ended;

    /** @param packed begins with a member */
    Gunzip(BufferedInputStream packed) throws IOException {
        this.packed = packed;
        header();
    }

    private void header() throws IOException {
        if (byteOf() != 0x1f || byteOf() != 0x8b || byteOf() != 8) {
            throw new BrokenFileException("something follows that is not packed with gzip");
        }
        int flags = byteOf();
        skip(6);
        if ((flags & EXTRA) != 0) {
            skip(byteOf() | byteOf() << 8);
        }
        for (int text : new int[] {NAME, COMMENT}) {
            while ((flags & text) != 0 && byteOf() != 0) {
                // A text ends with 0.
            }
        }
        if ((flags & HEADER_CHECK) != 0) {
            skip(2);
        }
    }

    private int byteOf() throws IOException {
        int one = packed.read();
        if (one < 0) {
            throw new BrokenFileException("it ends in the middle of what is packed");
        }
        return one;
    }

    private void skip(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            byteOf();
        }
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        try {
            while (!ended) {
                int count = inflater.inflate(bytes, offset, length);
                if (count > 0) {
                    check.update(bytes, offset, count);
                    return count;
                }
                if (inflater.finished()) {
                    endOfMember();
                } else if (inflater.needsDictionary()) {
                    throw new BrokenFileException("what is packed is damaged");
                } else if (inflater.needsInput()) {
                    // Marked, so that what belongs to the next member can be read again.
                    packed.mark(block.length);
                    int more = packed.read(block, 0, block.length);
                    if (more < 0) {
                        throw new BrokenFileException("it ends in the middle of what is packed");
                    }
                    given = more;
                    inflater.setInput(block, 0, more);
                }
            }
            return -1;
        } catch (DataFormatException e) {
            throw new BrokenFileException("what is packed is damaged (%s)".formatted(e.getMessage()));
        }
    }

    private void endOfMember() throws IOException {
        packed.reset();
        packed.skipNBytes(given - inflater.getRemaining());
        long sum = little();
        long size = little();
        if (sum != check.getValue() || size != (inflater.getBytesWritten() & 0xffffffffL)) {
            throw new BrokenFileException("what is packed is damaged (its checksum is wrong)");
        }
        inflater.reset();
        check.reset();
        packed.mark(1);
        int next = packed.read();
        while (next == 0) {
            next = packed.read();
            if (next > 0) {
                throw new BrokenFileException("something follows that is not packed with gzip");
            }
        }
        if (next < 0) {
            ended = true;
            return;
        }
        packed.reset();
        header();
    }

    private long little() throws IOException {
        return byteOf() | byteOf() << 8 | byteOf() << 16 | (long) byteOf() << 24;
    }

    @Override
    public void close() throws IOException {
        inflater.end();
        packed.close();
    }
}
