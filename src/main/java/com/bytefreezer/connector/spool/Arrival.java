package com.bytefreezer.connector.spool;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;

/**
 * Events that arrived together: the spool stores all of them or none.
 *
 * @param id by which the sender would repeat them; empty if it has none
 * @param events lines of JSON, each with its end of line
 * @param eventCount their number
 * @param deadLetters what is no event, as lines of JSON, each with its end of line
 * @param deadLetterCount their number
 * @param positions how far their sources are read with them, by the sources' names; {@link #FORGOTTEN} ends one
 */
public record Arrival(
        Optional<String> id,
        ByteBuffer events,
        int eventCount,
        ByteBuffer deadLetters,
        int deadLetterCount,
        Map<String, Long> positions) {
    /** The position of a source that is never read again. */
    public static final long FORGOTTEN = -1;

    /** Without positions. */
    public Arrival(
            Optional<String> id, ByteBuffer events, int eventCount, ByteBuffer deadLetters, int deadLetterCount) {
        this(id, events, eventCount, deadLetters, deadLetterCount, Map.of());
    }

    /** Without dead letters. */
    public Arrival(Optional<String> id, ByteBuffer events, int eventCount) {
        this(id, events, eventCount, ByteBuffer.allocate(0), 0);
    }

    long bytes() {
        return events.remaining() + (long) deadLetters.remaining();
    }

    /** What became of it. */
    public enum Outcome {
        /** It is on disk. */
        STORED,
        /** It is a repeat of one that is on disk. */
        REPEATED
    }
}
