package com.bytefreezer.connector.destination;

import com.bytefreezer.connector.delivery.Batch;
import com.bytefreezer.connector.delivery.Sent;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Map;
import org.apache.camel.Body;

/**
 * Standard output: a batch is accepted when the operating system has taken all its bytes. {@code System.out} would
 * swallow the error of a closed pipe, and records with it.
 */
public final class StandardOutput {
    private final OutputStream out;

    public StandardOutput() {
        this(new FileOutputStream(FileDescriptor.out));
    }

    /** Writes to {@code out} instead. */
    public StandardOutput(OutputStream out) {
        this.out = out;
    }

    /** Writes the batch in one piece. Other objects' batches may come between two batches of an object. */
    public synchronized void write(@Body Batch batch) throws IOException {
        out.write(batch.ndjson());
    }

    /** What {@link #write} would write. */
    public static Sent preview(@Body Batch batch) {
        return new Sent("WRITE", "stdout", Map.of(), batch.ndjson());
    }
}
