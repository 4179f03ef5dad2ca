package com.bytefreezer.connector.text;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Fails after a number of bytes. For one thread. */
public final class LimitedStream extends FilterInputStream {
    private final Excess excess;
    private long left;

    /** What happens after the last byte. */
    public interface Excess {
        /** Always throws. */
        void fail() throws IOException;
    }

    /** @param most bytes that it gives */
    public LimitedStream(InputStream bytes, long most, Excess excess) {
        super(bytes);
        left = most;
        this.excess = excess;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        int read = super.read(bytes, offset, length);
        count(Math.max(0, read));
        return read;
    }

    @Override
    public long skip(long bytes) throws IOException {
        long skipped = super.skip(bytes);
        count(skipped);
        return skipped;
    }

    private void count(long bytes) throws IOException {
        left -= bytes;
        if (left < 0) {
            excess.fail();
        }
    }

    @Override
    public boolean markSupported() {
        return false;
    }
}
