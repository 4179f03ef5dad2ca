package com.bytefreezer.connector.lane;

import com.bytefreezer.connector.cursor.Cursor;
import com.bytefreezer.connector.delivery.Batch;
import com.bytefreezer.connector.delivery.Deliveries;
import com.bytefreezer.connector.delivery.ErrorsAsFailures;
import com.bytefreezer.connector.delivery.Unit;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.metrics.Metrics;
import com.bytefreezer.connector.problem.ConnectorException;
import org.apache.camel.AggregationStrategy;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;

/**
 * The aggregation strategies of the splits in {@code routes/export.camel.yaml}. They keep a failure with the unit or
 * the run, so that the other parts go on and the step after the split decides.
 */
public final class Outcomes {
    private Outcomes() {}

    /**
     * After each batch: settles it, or ends its unit. A destination that ends its route early has accepted the batch
     * too.
     */
    public static AggregationStrategy ofBatches(Deliveries deliveries, Metrics metrics) {
        return (earlier, part) -> keep(part, failure -> {
            Batch batch = part.getVariable("batch", Batch.class);
            String destination = part.getVariable("destination", String.class);
            Metrics.Meters measured = metrics.lane(unit(part).lane());
            if (batch != null) {
                measured.selected(batch.recordCount());
            }
            if (failure != null) {
                unit(part).failDelivery(failure);
                return;
            }
            try {
                deliveries.settle(batch, destination);
                measured.settled(batch.outcome(), batch.size());
            } catch (ConnectorException | Error e) {
                unit(part).failDelivery(e);
            }
        });
    }

    /** After each unit: counts it, and logs its failure. */
    public static AggregationStrategy ofUnits(Exports exports, Metrics metrics) {
        return (earlier, part) -> keep(part, failure -> {
            if (part.getVariable(Cursor.UNIT) == null) {
                // After a forced stop no further unit starts.
                return;
            }
            Unit unit = unit(part);
            exports.get(unit.lane()).done(unit, failure);
            if (failure == null && unit.notRecorded().isEmpty()) {
                metrics.lane(unit.lane())
                        .delivered(unit.objects().stream()
                                .filter(LakeObject::isCounted)
                                .count());
            }
        });
    }

    private interface Noting {
        void note(@Nullable Throwable failure);
    }

    private static Exchange keep(Exchange part, Noting noting) {
        ErrorsAsFailures.withoutErrors(() -> {
            noting.note(part.getException());
            return part;
        });
        part.setException(null);
        part.setRouteStop(false);
        part.getExchangeExtension().setRedeliveryExhausted(false);
        part.getExchangeExtension().setErrorHandlerHandled(null);
        part.getExchangeExtension().setFailureHandled(false);
        return part;
    }

    private static Unit unit(Exchange exchange) {
        return exchange.getVariable(Cursor.UNIT, Unit.class);
    }
}
