package com.bytefreezer.connector.delivery;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import org.apache.camel.Body;

/**
 * Standard output, where a batch is accepted when the operating system has taken all its bytes. {@code System.out}
 * would swallow the error of a closed pipe, and records with it.
 */
public final class StandardOutput {
    /** Small enough to stay in a core's cache, and what a pipe takes at once. */
    private static final int BUFFER_BYTES = 64 * 1024;

    private final OutputStream out;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int buffered;

    public StandardOutput() {
        this(new FileOutputStream(FileDescriptor.out));
    }

    /** Writes to {@code out} instead. */
    public StandardOutput(OutputStream out) {
        this.out = out;
    }

    /** Writes the batch in one piece, though other objects' batches may come between two batches of the same object. */
    public synchronized void write(@Body Batch batch) throws IOException {
        // What a failed batch has left is not this one's.
        buffered = 0;
        for (byte[] json : batch.records()) {
            if (json.length >= BUFFER_BYTES - buffered) {
                flush();
            }
            if (json.length >= BUFFER_BYTES) {
                out.write(json);
            } else {
                System.arraycopy(json, 0, buffer, buffered, json.length);
                buffered += json.length;
            }
            buffer[buffered++] = '\n';
        }
        flush();
    }

    private void flush() throws IOException {
        out.write(buffer, 0, buffered);
        buffered = 0;
    }
}
