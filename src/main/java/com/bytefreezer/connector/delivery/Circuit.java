package com.bytefreezer.connector.delivery;

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
    private final Map<String, Lane> lanes = new ConcurrentHashMap<>();

    /** @param signs are told how the destinations do */
    public Circuit(Signs signs) {
        this.signs = signs;
    }

    /** What is known of one destination; guarded by itself. */
    private static final class Lane {
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
        String name = Unit.lane(batch.unit().export(), destination);
        Lane lane = lane(name);
        synchronized (lane) {
            while (true) {
                if (lane.gaveUp != null && batch.unit().begun() - lane.gaveUpAt <= 0) {
                    throw new ConnectorException(Failures.describe(lane.gaveUp), lane.gaveUp);
                }
                if (!lane.holdsBack(batch)) {
                    break;
                }
                if (context.isStopping() || batch.unit().failure().isPresent()) {
                    throw new ConnectorException("the batch was not sent, since an earlier one has failed");
                }
                lane.wait(LOOK_AT_STOP_MS);
            }
            lane.underWay++;
        }
        exchange.setProperty(UNDER_WAY, name);
        signs.begin(name, Neighbour.DESTINATION, exchange);
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
        String name = done(exchange);
        if (name != null) {
            close(name);
            signs.refused(name, Neighbour.DESTINATION, Failures.describe(reason));
        }
    }

    private void answered(Exchange exchange) {
        String name = done(exchange);
        if (name != null) {
            close(name);
            signs.works(name, Neighbour.DESTINATION);
        }
    }

    private @Nullable String done(Exchange exchange) {
        String name = (String) exchange.removeProperty(UNDER_WAY);
        if (name != null) {
            Lane lane = lane(name);
            synchronized (lane) {
                lane.underWay--;
                lane.notifyAll();
            }
            signs.end(name, Neighbour.DESTINATION, exchange);
        }
        return name;
    }

    /** A batch was not taken, and is tried again. */
    void failed(String name, String why) {
        Lane lane = lane(name);
        synchronized (lane) {
            lane.open = true;
        }
        signs.retries(name, Neighbour.DESTINATION, why);
    }

    /** A batch was not taken, and is not tried again. */
    void gaveUp(String name, Exception why) {
        if (Failures.isNeighbours(why)) {
            signs.failed(name, Neighbour.DESTINATION, Failures.describe(why));
        }
        Lane lane = lane(name);
        synchronized (lane) {
            lane.gaveUp = why;
            lane.gaveUpAt = System.nanoTime();
            lane.notifyAll();
        }
    }

    /** The lane is gone. */
    public void forget(String name) {
        lanes.remove(name);
    }

    private void close(String name) {
        Lane lane = lane(name);
        synchronized (lane) {
            lane.open = false;
            lane.gaveUp = null;
            lane.notifyAll();
        }
    }

    private Lane lane(String name) {
        return lanes.computeIfAbsent(name, any -> new Lane());
    }
}
