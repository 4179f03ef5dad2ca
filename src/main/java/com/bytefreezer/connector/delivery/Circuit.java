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
 * While a destination fails, only the batches that are under way are tried again; the others wait until it takes one. When
 * one of them has had all its tries, the others of the run fail with it, instead of beginning their own. Safe for use by
 * several threads.
 */
public final class Circuit {
    private static final long LOOK_AT_STOP_MS = 100;
    private static final String UNDER_WAY = "CircuitUnderWay";

    private final Signs signs;
    private final Map<Lane, State> lanes = new ConcurrentHashMap<>();

    /** @param signs are told how the destinations do */
    public Circuit(Signs signs) {
        this.signs = signs;
    }

    /** What is known of one destination; guarded by itself. */
    private static final class State {
        private int underWay;
        private boolean open;
        private @Nullable Exception gaveUp;
        private long gaveUpAt;

        private boolean holdsBack(Batch batch) {
            // One that waits for earlier ones of its unit could not find out whether the destination is back.
            return open && (underWay > 0 || !batch.unit().isTurn(batch.number()));
        }
    }

    /**
     * Returns when the batch may be sent. What becomes of it is seen when its exchange ends.
     *
     * @throws ConnectorException when the destination has been given up in this run, or the connector is stopped
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
                    throw new ConnectorException("the batch was not sent, since an earlier one has failed");
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

    /** The destination has refused what is in the batch: it is there. */
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

    /** A batch was not taken, and is tried again. */
    void failed(Lane lane, String why) {
        State state = state(lane);
        synchronized (state) {
            state.open = true;
        }
        signs.retries(lane, Neighbour.DESTINATION, why);
    }

    /** A batch was not taken, and is not tried again. */
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

    /** The lane is gone. */
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
