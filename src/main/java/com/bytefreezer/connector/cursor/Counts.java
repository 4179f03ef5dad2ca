package com.bytefreezer.connector.cursor;

/**
 * The balance of some records. Each record that the query selected is accepted, a duplicate (the destination had it
 * already), dead-lettered or still to be delivered.
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

    /**
     * Adds the counts of the next run. That run read again what was still to be delivered, and no record counts twice.
     *
     * @param succeeded whether it delivered everything
     */
    public Counts then(Counts next, boolean succeeded) {
        long open = succeeded ? 0 : Math.max(open() - next.settled(), next.open());
        return new Counts(
                settled() + next.settled() + open,
                accepted + next.accepted,
                duplicates + next.duplicates,
                deadLettered + next.deadLettered);
    }

    /** The same counts after a replay delivered this many of the dead letters. */
    public Counts replayed(long letters) {
        long moved = Math.min(letters, deadLettered);
        return new Counts(selected, accepted + moved, duplicates, deadLettered - moved);
    }

    /** The same counts without the records still to be delivered. */
    public Counts onlySettled() {
        return new Counts(settled(), accepted, duplicates, deadLettered);
    }

    private long open() {
        return selected - settled();
    }

    /** These counts less {@code other}. */
    public Counts minus(Counts other) {
        return new Counts(
                selected - other.selected,
                accepted - other.accepted,
                duplicates - other.duplicates,
                deadLettered - other.deadLettered);
    }

    /** Records that need no more delivery. */
    public long settled() {
        return accepted + duplicates + deadLettered;
    }

    public boolean balances() {
        return selected == settled();
    }
}
