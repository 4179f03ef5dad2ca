package com.bytefreezer.connector.source;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/** A source object on this disk: NDJSON, which may be packed with gzip. By its first bytes: names promise too much. */
record SourceFile(Path path) {
    private static final int PIECE = 1 << 16;
    private static final int MAGIC = 0x1f;
    private static final int MORE_MAGIC = 0x8b;
    /** Of the checksum and the length, which end a part of gzip. */
    private static final int TRAILER = 8;

    /** Gzip that says what follows its last part. */
    private static final class Gzip extends GZIPInputStream {
        Gzip(InputStream bytes) throws IOException {
            super(bytes, PIECE);
        }

        /** Java takes it for the end, in silence. */
        boolean hasMore() throws IOException {
            return inf.getRemaining() > TRAILER || in.available() > 0;
        }
    }

    boolean isGzip() throws IOException {
        try (InputStream in = Files.newInputStream(path)) {
            byte[] two = in.readNBytes(2);
            return two.length == 2 && (two[0] & 0xff) == MAGIC && (two[1] & 0xff) == MORE_MAGIC;
        }
    }

    /** Unpacked. */
    InputStream open() throws IOException {
        InputStream bytes = new BufferedInputStream(Files.newInputStream(path), PIECE);
        return isGzip() ? new Gzip(bytes) : bytes;
    }

    /**
     * Reads it to its end.
     *
     * @throws IOException if it is damaged
     */
    void check() throws IOException {
        if (!isGzip()) {
            return;
        }
        try (Gzip gzip = new Gzip(new BufferedInputStream(Files.newInputStream(path), PIECE))) {
            gzip.transferTo(OutputStream.nullOutputStream());
            if (gzip.hasMore()) {
                throw new IOException("something else follows the end of gzip");
            }
        }
    }
}
