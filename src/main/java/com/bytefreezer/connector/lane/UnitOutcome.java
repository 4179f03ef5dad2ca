package com.bytefreezer.connector.lane;

import com.bytefreezer.connector.delivery.Unit;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem.Kind;
import com.bytefreezer.connector.problem.StoppedException;
import org.jspecify.annotations.Nullable;

/** What became of a unit. {@link #of} decides it, and {@link Run#done} acts on it. */
sealed interface UnitOutcome {
    /**
     * Every record is accepted or kept as a dead letter.
     *
     * @param here whether this process has recorded it; otherwise another replica delivered it
     */
    record Delivered(boolean here) implements UnitOutcome {}

    /** Another replica has claimed it. */
    record Elsewhere() implements UnitOutcome {}

    /** A bundle could not be read: its objects are read one by one. */
    record ReadOneByOne() implements UnitOutcome {}

    /** The lake refused its keys before the first record: it is read again with new keys. */
    record ReadWithNewKeys() implements UnitOutcome {}

    /** There was not enough memory beside others, or DuckDB broke off: it is read again when nothing else is. */
    record ReadAlone() implements UnitOutcome {}

    /** It is delivered and the cursor could not record it, so it is delivered again. */
    record NotRecorded(ConnectorException why) implements UnitOutcome {}

    /** The destination did not take it. */
    record NotAccepted(Throwable why) implements UnitOutcome {}

    /** A stop interrupted it. */
    record Stopped() implements UnitOutcome {}

    /** It was listed and is no longer there. */
    record Gone() implements UnitOutcome {}

    /** It could not be read, and reading it again now is no use. */
    record Unread(Trouble trouble) implements UnitOutcome {}

    /** Processes ended while it was being delivered: it is not started again. */
    record SetAside() implements UnitOutcome {}

    /**
     * What became of a unit that the run has worked on.
     *
     * @param failure what ended it early; null: nothing did
     * @param wasAlone whether nothing else was under way meanwhile
     * @param hasNewKeys whether the keys of the lake were fetched anew already
     */
    static UnitOutcome of(Unit unit, @Nullable Throwable failure, boolean wasAlone, boolean hasNewKeys) {
        if (unit.isElsewhere()) {
            return new Elsewhere();
        }
        ConnectorException notRecorded = unit.notRecorded().orElse(null);
        if (notRecorded != null) {
            return new NotRecorded(notRecorded);
        }
        if (failure == null) {
            return new Delivered(unit.isRecorded());
        }
        return unit.hasDeliveryFailed() ? ofDelivery(failure) : ofReading(unit, failure, wasAlone, hasNewKeys);
    }

    private static UnitOutcome ofDelivery(Throwable failure) {
        return failure instanceof StoppedException ? new Stopped() : new NotAccepted(failure);
    }

    private static UnitOutcome ofReading(Unit unit, Throwable failure, boolean wasAlone, boolean hasNewKeys) {
        Trouble trouble = Trouble.of(failure);
        boolean begun = unit.counts().selected() > 0;
        if (unit.isBundle() && unit.counts().settled() == 0) {
            return new ReadOneByOne();
        }
        // Footers are read ahead, so keys may be good for them and refused for the records.
        if (trouble.is(Kind.FORBIDDEN)
                && !begun
                && !hasNewKeys
                && unit.listing().isEmpty()) {
            return new ReadWithNewKeys();
        }
        // Only where nothing would be delivered twice.
        if (trouble.isWorthReadingAlone(begun) && !wasAlone && (unit.isResumable() || !begun)) {
            return new ReadAlone();
        }
        if (failure instanceof StoppedException) {
            return new Stopped();
        }
        return trouble.is(Kind.GONE) ? new Gone() : new Unread(trouble);
    }
}
