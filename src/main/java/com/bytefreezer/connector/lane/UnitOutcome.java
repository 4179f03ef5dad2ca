package com.bytefreezer.connector.lane;

import com.bytefreezer.connector.delivery.Unit;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem.Kind;
import com.bytefreezer.connector.problem.StoppedException;
import org.jspecify.annotations.Nullable;

/** The outcome of a unit. {@link #of} decides it, and {@link Run#done} acts on it. */
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

    /** There was not enough memory beside others, or DuckDB broke off: it is read again alone. */
    record ReadAlone() implements UnitOutcome {}

    /** It is delivered, but the cursor could not record it: it will be delivered again. */
    record NotRecorded(ConnectorException why) implements UnitOutcome {}

    /** The destination did not accept it. */
    record NotAccepted(Throwable why) implements UnitOutcome {}

    /** A stop interrupted it. */
    record Stopped() implements UnitOutcome {}

    /** It was listed and is no longer there. */
    record Gone() implements UnitOutcome {}

    /** It could not be read, and another try now is pointless. */
    record Unread(Trouble trouble) implements UnitOutcome {}

    /** Processes ended while it was being delivered: it is not started again. */
    record SetAside() implements UnitOutcome {}

    /**
     * The outcome of a unit of the run.
     *
     * @param failure what ended it early; null if nothing
     * @param wasAlone whether it was delivered alone
     * @param hasNewKeys whether the run has fetched new keys already
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
        // Footers are read earlier, so the lake may accept the keys for them and refuse them for the records.
        if (trouble.is(Kind.FORBIDDEN)
                && !begun
                && !hasNewKeys
                && unit.listing().isEmpty()) {
            return new ReadWithNewKeys();
        }
        // Only if nothing is delivered twice.
        if (trouble.isWorthReadingAlone(begun) && !wasAlone && (unit.isResumable() || !begun)) {
            return new ReadAlone();
        }
        if (failure instanceof StoppedException) {
            return new Stopped();
        }
        return trouble.is(Kind.GONE) ? new Gone() : new Unread(trouble);
    }
}
