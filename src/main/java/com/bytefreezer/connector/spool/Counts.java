package com.bytefreezer.connector.spool;

/**
 * What became of the events of a dataset since its spool exists, whatever the process died of.
 *
 * @param packed in the lake
 * @param dropped left out by the SQL of the pack
 * @param deadLettered kept as dead letters
 * @param spooled on disk here, to be packed
 */
public record Counts(long packed, long dropped, long deadLettered, long spooled) {
    /** All that were acknowledged. */
    public long received() {
        return packed + dropped + deadLettered + spooled;
    }

    Counts plus(Counts other) {
        return new Counts(
                packed + other.packed,
                dropped + other.dropped,
                deadLettered + other.deadLettered,
                spooled + other.spooled);
    }
}
