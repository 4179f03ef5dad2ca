package com.bytefreezer.connector.delivery;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.signs.Neighbour;
import com.bytefreezer.connector.signs.Signs;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.Body;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Variable;
import org.apache.camel.support.SynchronizationAdapter;
import org.jspecify.annotations.Nullable;

/**
 * While a destination fails, only the batches under way are retried; the others wait until it accepts one. When a batch
 * has used up its retries, the run's other batches fail too, instead of starting their own. Safe for use by several
 * threads.
 */
public final class Circuit {
    private static final long LOOK_AT_STOP_MS = 100;
    private static final String UNDER_WAY = "CircuitUnderWay";

    private final Signs signs;
    private final Map<Lane, State> lanes = new ConcurrentHashMap<>();

    /** @param signs receive the state of the destinations */
    public Circuit(Signs signs) {
        this.signs = signs;
    }

    /** The state of one destination; guarded by itself. */
    private static final class State {
        private int underWay;
        private boolean open;
        private @Nullable Exception gaveUp;
        private long gaveUpAt;

        private boolean holdsBack(Batch batch) {
            // A batch that waits for earlier batches of its unit could not find out whether the destination is back.
            return open && (underWay > 0 || !batch.unit().isTurn(batch.number()));
        }
    }

    /**
     * Returns when the batch may be sent. The end of its exchange shows the result.
     *
     * @throws ConnectorException if the run has given the destination up, or the connector is stopping
     */
    public void await(
            Exchange exchange, @Body Batch batch, @Variable("destination") String destination, CamelContext context)
            throws InterruptedException {
        Lane lane = Lane.of(batch.unit().export(), destination);
        State state = state(lane);
        synchronized (state) {
            while (true) {
                if (state.gaveUp != null && batch.unit().begun() - state.gaveUpAt <= 0) {
                    throw new ConnectorException(Failures.describe(state.gaveUp), state.gaveUp);
                }
                if (!state.holdsBack(batch)) {
                    break;
                }
                if (context.isStopping() || batch.unit().failure().isPresent()) {
                    throw new ConnectorException("the batch was not sent because an earlier one failed");
                }
                state.wait(LOOK_AT_STOP_MS);
            }
            state.underWay++;
        }
        exchange.setProperty(UNDER_WAY, lane);
        signs.begin(lane, Neighbour.DESTINATION, exchange);
        exchange.getExchangeExtension().addOnCompletion(new SynchronizationAdapter() {
            @Override
            public void onComplete(Exchange sent) {
                answered(sent);
            }

            @Override
            public void onFailure(Exchange sent) {
                done(sent);
            }
        });
    }

    /** The destination has refused the content of the batch: it works. */
    public void refused(Exchange exchange, @ExchangeProperty(Exchange.EXCEPTION_CAUGHT) Exception reason) {
        Lane lane = done(exchange);
        if (lane != null) {
            close(lane);
            signs.refused(lane, Neighbour.DESTINATION, Failures.describe(reason));
        }
    }

    private void answered(Exchange exchange) {
        Lane lane = done(exchange);
        if (lane != null) {
            close(lane);
            signs.works(lane, Neighbour.DESTINATION);
        }
    }

    private @Nullable Lane done(Exchange exchange) {
        Lane lane = (Lane) exchange.removeProperty(UNDER_WAY);
        if (lane != null) {
            State state = state(lane);
            synchronized (state) {
                state.underWay--;
                state.notifyAll();
            }
            signs.end(lane, Neighbour.DESTINATION, exchange);
        }
        return lane;
    }

    /** A batch was not accepted and will be retried. */
    void failed(Lane lane, String why) {
        State state = state(lane);
        synchronized (state) {
            state.open = true;
        }
        signs.retries(lane, Neighbour.DESTINATION, why);
    }

    /** A batch was not accepted and will not be retried. */
    void gaveUp(Lane lane, Exception why) {
        if (Failures.isNeighbours(why)) {
            signs.failed(lane, Neighbour.DESTINATION, Failures.describe(why));
        }
        State state = state(lane);
        synchronized (state) {
            state.gaveUp = why;
            state.gaveUpAt = System.nanoTime();
            state.notifyAll();
        }
    }

    /** Forgets a lane that is gone. */
    public void forget(Lane lane) {
        lanes.remove(lane);
    }

    private void close(Lane lane) {
        State state = state(lane);
        synchronized (state) {
            state.open = false;
            state.gaveUp = null;
            state.notifyAll();
        }
    }

    private State state(Lane lane) {
        return lanes.computeIfAbsent(lane, any -> new State());
    }
}
