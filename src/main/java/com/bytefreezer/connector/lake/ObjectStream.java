package com.bytefreezer.connector.lake;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * Reads an object of any size in pieces, because an answer of a server is bounded. The object cannot change in between, if
 * its tag is known. A failed request is an {@link IOException} whose cause is the client's exception. For one thread.
 */
final class ObjectStream extends InputStream {
    /** An answer of a server has at most ten million bytes. */
    private static final long PIECE = 8_000_000;

    private final Credentials credentials;
    private final Network network;
    private final Duration timeout;
    private final String key;
    private final @Nullable String tag;
    private final long size;

    private InputStream piece = InputStream.nullInputStream();
    private long read;
    /** Where the piece ends. */
    private long end;

    /**
     * Asks for nothing yet.
     *
     * @param tag of the version that is read; null if the server gives none
     * @param size of the object in bytes
     */
    ObjectStream(
            Credentials credentials, Network network, Duration timeout, String key, @Nullable String tag, long size) {
        this.credentials = credentials;
        this.network = network;
        this.timeout = timeout;
        this.key = key;
        this.tag = tag;
        this.size = size;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int from, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (read == end) {
            if (end == size) {
                return -1;
            }
            next();
        }
        int count = piece.read(bytes, from, (int) Math.min(length, end - read));
        if (count < 0) {
            throw new IOException("%s: the server sent %,d bytes instead of %,d".formatted(key, read, end));
        }
        read += count;
        return count;
    }

    private void next() throws IOException {
        close();
        long until = Math.min(size, end + PIECE);
        String range = "bytes=%d-%d".formatted(end, until - 1);
        // The client's streams stay open for a while after it is given back.
        S3Client client = S3Clients.take(credentials, network, timeout);
        try {
            piece = client.getObject(request -> request.bucket(credentials.bucket())
                    .key(key)
                    .ifMatch(tag)
                    // As it is stored: a client would unpack what is said to be packed.
                    .responseContentEncoding("identity")
                    .range(range));
        } catch (SdkException e) {
            throw new IOException(e.getMessage(), e);
        } finally {
            S3Clients.giveBack(credentials, network, timeout);
        }
        end = until;
    }

    @Override
    public void close() throws IOException {
        piece.close();
    }
}
