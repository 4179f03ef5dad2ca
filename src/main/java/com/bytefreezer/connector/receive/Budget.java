package com.bytefreezer.connector.receive;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import java.util.concurrent.atomic.AtomicLong;

/** How much of all requests together may be in memory. Safe for use by several threads. */
public final class Budget {
    private final long most;
    private final AtomicLong held = new AtomicLong();

    /** @param most bytes */
    public Budget(long most) {
        this.most = most;
    }

    /** A share for a request or a connection. */
    public Share share() {
        return new Share();
    }

    /** The share of one request or connection; for one thread. */
    public final class Share implements AutoCloseable {
        private long mine;

        /**
         * Says how much it holds now.
         *
         * @throws ConnectorException if there is not so much
         */
        public void hold(long bytes) {
            long more = bytes - mine;
            mine = bytes;
            if (held.addAndGet(more) > most) {
                throw new ConnectorException(
                        new Problem(
                                Problem.Kind.NO_MEMORY,
                                "feeds",
                                "requests hold more than %,d bytes of memory.".formatted(most),
                                "Some are refused, so that their senders repeat them.",
                                "Send smaller requests, or give the connector more heap (-Xmx)."),
                        null);
            }
        }

        @Override
        public void close() {
            held.addAndGet(-mine);
        }
    }
}
