package com.bytefreezer.connector.delivery;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.cursor.Cursor;
import com.bytefreezer.connector.delivery.Batch.Rejection;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.signs.Neighbour;
import com.bytefreezer.connector.signs.Signs;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The Java part of {@code routes/delivery.camel.yaml} and of the destinations. Safe for use by several threads. */
public final class Deliveries {
    private static final Logger LOG = LoggerFactory.getLogger(Deliveries.class);

    private final Consumer<Unit> checkpoint;
    private final DeadLetters deadLetters;
    private final boolean stopOnRejected;
    private final Brake brake;
    private final Signs signs;
    private final Refusals refusals = new Refusals();

    private Deliveries(
            Consumer<Unit> checkpoint, DeadLetters deadLetters, boolean stopOnRejected, Brake brake, Signs signs) {
        this.signs = signs;
        this.checkpoint = checkpoint;
        this.deadLetters = deadLetters;
        this.stopOnRejected = stopOnRejected;
        this.brake = brake;
    }

    /**
     * For exports, by the settings {@code delivery.*}.
     *
     * @param signs are told if dead letters cannot be kept
     */
    public static Deliveries ofExports(Settings settings, Cursor cursor, DeadLetters deadLetters, Signs signs) {
        return new Deliveries(
                cursor::checkpoint,
                deadLetters,
                settings.text("delivery.on-rejected").equals("stop"),
                new Brake(Double.parseDouble(settings.text("delivery.max-rejected-ratio"))),
                signs);
    }

    /** For dead letters: no cursor counts them, and all of them may be rejected again. */
    public static Deliveries ofDeadLetters(DeadLetters deadLetters) {
        return new Deliveries(unit -> {}, deadLetters, false, new Brake(1), new Signs());
    }

    /** Sets the variables that describe the batch, for the destination's route. */
    public void describe(Exchange exchange, @Body Batch batch) {
        exchange.setVariable("batch", batch);
        exchange.setVariable("export", batch.unit().export());
        exchange.setVariable("object", batch.unit().object());
        exchange.setVariable("batchId", batch.id());
        exchange.setVariable("batchNumber", batch.number());
        exchange.setVariable("recordCount", batch.recordCount());
    }

    /**
     * The destination refuses a batch because of its content: returns its halves, to find the bad records. Rejects a
     * single record; then nothing is left to deliver.
     */
    public List<Batch> refused(@Body Batch batch, @ExchangeProperty(Exchange.EXCEPTION_CAUGHT) Exception reason) {
        Batch open = batch.open().orElse(null);
        if (open == null) {
            return List.of();
        }
        if (open.recordCount() > 1) {
            // The destination accepts halves that are not too large; any other refusal ends with dead letters.
            if (!isTooLarge(reason) && !stopOnRejected) {
                requireRoom(batch.unit().lane());
            }
            return open.halves();
        }
        open.reject(0, Failures.describe(reason));
        return List.of();
    }

    /**
     * Call it after an answer with a result for each record: fails as long as some are still open, so that Camel tries
     * again; {@link Batch#open} then returns only those.
     *
     * @param reason why the open ones were not taken, in the destination's words
     */
    public static void requireAllSettled(Batch batch, String reason) throws RecordsOpenException {
        Batch open = batch.open().orElse(null);
        if (open != null) {
            throw new RecordsOpenException(open.recordCount(), batch.recordCount(), reason);
        }
    }

    /** Whether an HTTP answer refuses the content of the batch, so a retry is pointless. */
    public boolean isRefusal(@ExchangeProperty(Exchange.EXCEPTION_CAUGHT) Exception failure) {
        return refuses(failure);
    }

    private static boolean isTooLarge(Exception failure) {
        return failure instanceof HttpOperationFailedException http && http.getStatusCode() == 413;
    }

    static boolean refuses(Exception failure) {
        return failure instanceof HttpOperationFailedException http
                && List.of(400, 413, 422).contains(http.getStatusCode());
    }

    /** Whether there is something to deliver; false for a record that could not even be read. */
    public boolean isOpen(@Body Batch batch) {
        return batch.open().isPresent();
    }

    /** Waits until all earlier batches of the same unit are settled; for destinations that keep the order. */
    public void inOrder(@Body Batch batch) throws InterruptedException {
        batch.unit().awaitTurn(batch.number());
    }

    /** Settles a batch that the destination has accepted: keeps the refused records and records the unit's progress. */
    public void settle(Batch batch, String destination) {
        List<Rejection> rejections = batch.rejections();
        Unit unit = batch.unit();
        String reason = rejections.isEmpty() ? "" : rejections.get(0).reason();
        brake.require(batch, rejections.size(), reason);
        if (!rejections.isEmpty()) {
            settleRejected(batch, destination, rejections);
        }
        boolean further = unit.settle(batch.number(), batch.outcome());
        // The commit of the whole unit follows right after its last batch.
        boolean last = unit.hasEnded() && unit.counts().balances();
        if (further && !last && unit.isResumable()) {
            checkpoint.accept(unit);
        }
    }

    private void settleRejected(Batch batch, String destination, List<Rejection> rejections) {
        String what = "object %s: %d of %d records rejected in batch %s (%s)."
                .formatted(
                        rejections.get(0).object(),
                        rejections.size(),
                        batch.recordCount(),
                        batch.id(),
                        rejections.get(0).reason());
        if (stopOnRejected) {
            throw new ConnectorException(
                    what,
                    "The cursor stays before this batch.",
                    "Correct the query or the destination, or set delivery.on-rejected=dead-letter to keep such records aside.",
                    null);
        }
        Lane lane = Lane.of(batch.unit().export(), destination);
        Path file = keep(batch, destination, rejections, lane);
        if (refusals.isFirst(lane, rejections.size(), batch.recordCount(), rejections.get(0))) {
            LOG.warn(
                    "{}, export {}, {} Kept in {}; the cursor advances. Set delivery.on-rejected=stop to hold it instead.",
                    destination,
                    batch.unit().export(),
                    what,
                    file);
        }
    }

    private Path keep(Batch batch, String destination, List<Rejection> rejections, Lane lane) {
        try {
            return deadLetters.keep(batch, destination, rejections);
        } catch (ConnectorException e) {
            throw noRoom(lane, e);
        }
    }

    private void requireRoom(Lane lane) {
        try {
            deadLetters.requireRoom(lane);
        } catch (ConnectorException e) {
            throw noRoom(lane, e);
        }
    }

    /** Ends the run after the batches under way. */
    private ConnectorException noRoom(Lane lane, ConnectorException why) {
        signs.failed(lane, Neighbour.DISK, why.saying(""));
        return why;
    }

    /** Forgets a lane that is gone. */
    public void forget(Lane lane) {
        brake.forget(lane);
        deadLetters.forget(lane);
    }

    /** Ends a run of a lane. */
    public void ended(Lane lane) {
        deadLetters.ended(lane);
    }

    /**
     * Logs a line for each lane with the refusals since its last line.
     *
     * @param all also for lanes with a recent line
     */
    public void sayRefusals(boolean all) {
        refusals.due(all).forEach(LOG::warn);
    }
}
