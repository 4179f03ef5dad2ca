package com.bytefreezer.connector.source;

import com.bytefreezer.connector.receive.EventBatch;
import com.bytefreezer.connector.receive.EventSplitter;
import com.bytefreezer.connector.receive.Format;
import com.bytefreezer.connector.receive.Intake;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.Optional;

/**
 * Reads lines of NDJSON into the spool of a pack, in portions that fit into memory. Where a portion ends depends on the
 * bytes alone. For one thread.
 */
final class SourceEvents {
    private static final int PIECE = 1 << 16;
    private static final int PORTION = 4_000_000;
    /** In memory: each line that is no event becomes a dead letter, which is much longer than a short line. */
    private static final int MOST_HELD = 32_000_000;

    private final Intake intake;
    private final int longestLine;
    private final Instant arrived;
    private final AfterPortion after;

    private EventSplitter splitter;
    private long inPortion;

    /** What happens once a portion is in the spool. */
    interface AfterPortion {
        /** @param bytes of the portion */
        void stored(long bytes) throws IOException;
    }

    /**
     * A reader of one object.
     *
     * @param longestLine in bytes
     * @param arrived the time of events that have none
     */
    SourceEvents(Intake intake, int longestLine, Instant arrived, AfterPortion after) {
        this.intake = intake;
        this.longestLine = longestLine;
        this.arrived = arrived;
        this.after = after;
        splitter = splitter();
    }

    private EventSplitter splitter() {
        return new EventSplitter(
                Format.NDJSON, longestLine, new EventBatch(intake.shape(), arrived.toEpochMilli(), true));
    }

    /** Reads all lines. */
    void read(InputStream lines) throws IOException {
        byte[] piece = new byte[PIECE];
        for (int size = lines.read(piece); size >= 0; size = lines.read(piece)) {
            int from = 0;
            for (int end = end(piece, from, size); end >= 0; end = end(piece, from, size)) {
                take(piece, from, end);
                store();
                from = end;
            }
            take(piece, from, size);
        }
        store();
    }

    /** After the first end of a line at which the portion is large enough; -1 if there is none. */
    private int end(byte[] piece, int from, int size) {
        long room = splitter.size() < MOST_HELD ? Math.max(0, PORTION - inPortion) : 0;
        for (long i = from + room; i < size; i++) {
            if (piece[(int) i] == '\n') {
                return (int) i + 1;
            }
        }
        return -1;
    }

    private void take(byte[] piece, int from, int to) {
        splitter.take(piece, from, to - from);
        inPortion += to - from;
    }

    private void store() throws IOException {
        if (inPortion > 0) {
            intake.append(splitter.end(Optional.empty()));
            splitter = splitter();
            long bytes = inPortion;
            inPortion = 0;
            after.stored(bytes);
        }
    }
}
