package com.bytefreezer.connector.lane;

import com.bytefreezer.connector.config.Lane;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.support.AsyncProcessorSupport;
import org.apache.camel.support.SynchronizationAdapter;

/**
 * The turns of lanes: a limited number of lanes of one destination run at the same time; the others wait in order,
 * without a thread. A lane with much to do gives up its turn now and then if others wait, so no lane waits for the end
 * of another. A destination that is down holds up only its own lanes. As a step of a route, it continues in a thread of
 * the exchange's lane when that lane has its turn. Safe for use by several threads.
 */
public final class Turns extends AsyncProcessorSupport {
    /** How long a lane may go on while others wait; reopening a DuckDB takes a hundredth of it. */
    private static final long TURN_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final int most;
    private final LaneThreads threads;
    private final long turnNanos;
    /** By destination. */
    private final Map<String, Line> lines = new ConcurrentHashMap<>();

    private volatile boolean stopping;

    /** @param most the most lanes of one destination that run at the same time */
    Turns(int most, LaneThreads threads) {
        this(most, threads, TURN_NANOS);
    }

    Turns(int most, LaneThreads threads, long turnNanos) {
        this.most = most;
        this.threads = threads;
        this.turnNanos = turnNanos;
    }

    /** The lanes of one destination. */
    private final class Line {
        /** The start of each lane's turn, by {@link System#nanoTime}. */
        private final Map<Lane, Long> turns = new HashMap<>();

        private final Queue<Waiting> waiting = new ArrayDeque<>();

        synchronized boolean has(Lane lane) {
            return turns.containsKey(lane);
        }

        synchronized boolean isOver(Lane lane) {
            Long since = turns.get(lane);
            return since != null && !waiting.isEmpty() && System.nanoTime() - since >= turnNanos;
        }

        synchronized void await(Waiting one) {
            turns.remove(one.lane);
            waiting.add(one);
            next();
        }

        synchronized void giveBack(Lane lane) {
            turns.remove(lane);
            next();
        }

        synchronized void next() {
            while (!waiting.isEmpty() && (stopping || turns.size() < most)) {
                Waiting first = waiting.remove();
                turns.put(first.lane, System.nanoTime());
                threads.execute(first.lane, () -> goOn(first));
            }
        }
    }

    /** @param begins whether the lane has not run yet */
    private record Waiting(Lane lane, Exchange exchange, AsyncCallback callback, boolean begins) {}

    private void goOn(Waiting one) {
        one.exchange.setRouteStop(stopping && one.begins);
        one.callback.done(false);
    }

    @Override
    public boolean process(Exchange exchange, AsyncCallback callback) {
        Lane lane = exchange.getVariable("lane", Lane.class);
        Line line = line(lane);
        boolean begins = !line.has(lane);
        if (stopping || !(begins || line.isOver(lane))) {
            // A run that has started ends by itself.
            exchange.setRouteStop(begins);
            callback.done(true);
            return true;
        }
        if (begins) {
            exchange.getExchangeExtension().addOnCompletion(new SynchronizationAdapter() {
                @Override
                public void onDone(Exchange done) {
                    line.giveBack(lane);
                }
            });
        }
        line.await(new Waiting(lane, exchange, callback, begins));
        return false;
    }

    /** Whether {@code lane} should give up its turn as soon as it can. */
    boolean isOver(Lane lane) {
        return line(lane).isOver(lane);
    }

    /** Ends all waiting; runs that have not started do not start. */
    void endWaiting() {
        stopping = true;
        lines.values().forEach(Line::next);
    }

    private Line line(Lane lane) {
        return lines.computeIfAbsent(lane.destination(), destination -> new Line());
    }
}
