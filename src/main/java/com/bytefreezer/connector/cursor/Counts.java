package com.bytefreezer.connector.cursor;

/**
 * The balance of some records: every one that the query selected is accepted, a duplicate (the destination had it
 * already) or dead-lettered, or it is still to be delivered.
 */
public record Counts(long selected, long accepted, long duplicates, long deadLettered) {
    public static final Counts NONE = new Counts(0, 0, 0, 0);

    public Counts plus(Counts other) {
        return new Counts(
                selected + other.selected,
                accepted + other.accepted,
                duplicates + other.duplicates,
                deadLettered + other.deadLettered);
    }

    /** Records that need no more delivery. */
    public long settled() {
        return accepted + duplicates + deadLettered;
    }

    public boolean balances() {
        return selected == settled();
    }
}
