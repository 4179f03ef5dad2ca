package com.bytefreezer.connector.mcp;

import com.bytefreezer.connector.cage.Watchdog;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** The requests that are being answered. The client that sent one can cancel it. Safe for use by several threads. */
final class Calls {
    private final Watchdog watchdog;
    private final Map<Key, Call> underWay = new ConcurrentHashMap<>();

    /** The name that a client gives its request. */
    private record Key(String client, Object request) {}

    /** @param watchdog of the queries that they run */
    Calls(Watchdog watchdog) {
        this.watchdog = watchdog;
    }

    /** A request that is being answered. */
    final class Call implements AutoCloseable {
        private final Key key;
        private final String queryId = UUID.randomUUID().toString();
        private volatile boolean cancelled;
        private boolean closed;

        private Call(Key key) {
            this.key = key;
        }

        /** The id of its query in DuckDB. */
        String queryId() {
            return queryId;
        }

        boolean isCancelled() {
            return cancelled;
        }

        /** Stops the work for it, also what has not begun yet. */
        synchronized void cancel() {
            if (!closed) {
                cancelled = true;
                watchdog.cancelForGood(queryId);
            }
        }

        @Override
        public synchronized void close() {
            underWay.remove(key, this);
            closed = true;
            watchdog.forget(queryId);
        }
    }

    /** Registers a request that is being answered; close it at its end. */
    Call begin(String client, Object request) {
        Call call = new Call(new Key(client, request));
        underWay.put(call.key, call);
        return call;
    }

    /** Cancels a request of the same client, unless it is answered already. */
    void cancel(String client, Object request) {
        Call call = underWay.get(new Key(client, request));
        if (call != null) {
            call.cancel();
        }
    }

    /** Cancels all. */
    void cancelAll() {
        underWay.values().forEach(Call::cancel);
    }
}
