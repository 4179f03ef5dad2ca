package com.bytefreezer.connector.destination;

import com.bytefreezer.connector.delivery.Batch;
import com.bytefreezer.connector.delivery.Sent;
import com.bytefreezer.connector.problem.ConnectorException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.camel.Body;

/**
 * Standard output: a batch is accepted when the operating system has taken all its bytes. {@code System.out} would
 * swallow the error of a closed pipe, and records with it.
 */
public final class StandardOutput {
    private static final AtomicBoolean TAKEN = new AtomicBoolean();

    private final OutputStream out;
    private final boolean isOfProcess;

    public StandardOutput() {
        this(new FileOutputStream(FileDescriptor.out), true);
    }

    /** Writes to {@code out} instead. */
    public StandardOutput(OutputStream out) {
        this(out, false);
    }

    private StandardOutput(OutputStream out, boolean isOfProcess) {
        this.out = out;
        this.isOfProcess = isOfProcess;
    }

    /**
     * Reserves it for the conversation with another process: from now on no record reaches it, and prints of Java code go to standard error.
     */
    public static OutputStream take() {
        TAKEN.set(true);
        System.setOut(System.err);
        return new FileOutputStream(FileDescriptor.out);
    }

    /** Whether it is reserved. */
    public static boolean isTaken() {
        return TAKEN.get();
    }

    /** Writes the batch in one piece. Other objects' batches may come between two batches of an object. */
    public synchronized void write(@Body Batch batch) throws IOException {
        if (isOfProcess && isTaken()) {
            throw new ConnectorException(
                    "standard output belongs to the agent that this process serves.",
                    "Nothing is written.",
                    "Choose another destination.",
                    null);
        }
        out.write(batch.ndjson());
    }

    /** The bytes that {@link #write} would write. */
    public static Sent preview(@Body Batch batch) {
        return new Sent("WRITE", "stdout", Map.of(), batch.ndjson());
    }
}
