package com.bytefreezer.connector.export;

import com.bytefreezer.connector.cursor.Cursor;
import com.bytefreezer.connector.delivery.Unit;
import org.apache.camel.AggregationStrategy;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;

/**
 * What the splits of {@code routes/export.camel.yaml} make of the parts that failed. A failure is kept with the unit or
 * the run, so that the other parts go on and the step after the split decides.
 */
public final class Outcomes {
    private Outcomes() {}

    /** After each batch: a failed one ends its unit. */
    public static AggregationStrategy ofBatches() {
        return (earlier, batch) -> keep(batch, failure -> {
            if (failure != null) {
                unit(batch).failDelivery(failure);
            }
        });
    }

    /** After each unit: counts it, and says what is wrong with it. */
    public static AggregationStrategy ofUnits(Exports exports) {
        return (earlier, part) ->
                keep(part, failure -> exports.get(unit(part).export()).done(unit(part), failure));
    }

    private interface Noting {
        void note(@Nullable Throwable failure);
    }

    private static Exchange keep(Exchange part, Noting noting) {
        noting.note(part.getException());
        part.setException(null);
        part.getExchangeExtension().setRedeliveryExhausted(false);
        part.getExchangeExtension().setErrorHandlerHandled(null);
        return part;
    }

    private static Unit unit(Exchange exchange) {
        return exchange.getVariable(Cursor.UNIT, Unit.class);
    }
}
