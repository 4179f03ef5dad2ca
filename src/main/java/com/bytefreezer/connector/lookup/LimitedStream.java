package com.bytefreezer.connector.lookup;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Fails after a number of bytes. */
final class LimitedStream extends FilterInputStream {
    private final long most;
    private long left;

    LimitedStream(InputStream bytes, long most) {
        super(bytes);
        this.most = most;
        left = most;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        int read = super.read(bytes, offset, length);
        left -= Math.max(0, read);
        if (left < 0) {
            throw new BrokenLookup("it has more than %,d bytes, see lookups.max-bytes".formatted(most));
        }
        return read;
    }

    @Override
    public boolean markSupported() {
        return false;
    }
}
