package com.bytefreezer.connector.mcp;

import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** The requests that are being answered, so that whoever has sent one can cancel it. Safe for use by several threads. */
final class Calls {
    private final Consumer<String> cancel;
    private final Map<Key, Call> underWay = new ConcurrentHashMap<>();

    /** A client's own name for its request. */
    private record Key(String client, Object request) {}

    /** @param cancel ends the query with this {@code query_id}, if it runs */
    Calls(Consumer<String> cancel) {
        this.cancel = cancel;
    }

    /** A request that is being answered. */
    final class Call implements AutoCloseable {
        private final Key key;
        private final String queryId = UUID.randomUUID().toString();
        private volatile boolean cancelled;

        private Call(Key key) {
            this.key = key;
        }

        /** Names what DuckDB does for it. */
        String queryId() {
            return queryId;
        }

        boolean isCancelled() {
            return cancelled;
        }

        /** Ends what is done for it. */
        void cancel() {
            cancelled = true;
            cancel.accept(queryId);
        }

        @Override
        public void close() {
            underWay.remove(key, this);
        }
    }

    /** Begins to answer; close it at its end. */
    Call begin(String client, Object request) {
        Call call = new Call(new Key(client, request));
        underWay.put(call.key, call);
        return call;
    }

    /** Cancels a request of the same client; one that is answered already stays so. */
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
