package com.bytefreezer.connector.spool;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import java.util.concurrent.atomic.AtomicLong;

/** How much may be in the spool, over all datasets. Safe for use by several threads. */
final class Room {
    private final long most;
    private final AtomicLong used = new AtomicLong();

    Room(long most) {
        this.most = most;
    }

    /** @throws ConnectorException if there is not so much room; nothing is taken then */
    void require(long bytes) {
        if (used.addAndGet(bytes) > most) {
            used.addAndGet(-bytes);
            throw new ConnectorException(
                    new Problem(
                            Problem.Kind.NO_ROOM,
                            "",
                            "the spool is full (spool.max-bytes %,d).".formatted(most),
                            "Events are refused until packs have made room.",
                            "Check that packs reach the lake, or give the spool more room."),
                    null);
        }
    }

    /** For what is on disk already. */
    void take(long bytes) {
        used.addAndGet(bytes);
    }

    void give(long bytes) {
        used.addAndGet(-bytes);
    }

    long used() {
        return used.get();
    }
}
