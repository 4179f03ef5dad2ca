package com.bytefreezer.connector.input.queue;

import java.time.Duration;
import java.util.List;

/** Where messages are fetched from, by one thread. If a method throws, the source is closed and another one opened. */
interface Source extends AutoCloseable {
    /** How to open one; for any thread. */
    interface Opener {
        Source open() throws Exception;
    }

    /** Messages that are there, within bounds of number and bytes; none after a wait of a few seconds. */
    List<Fetched> fetch() throws Exception;

    /** Returns once the server does not send them again. They may be of a former source of the same feed. */
    void acknowledge(List<Fetched> stored) throws Exception;

    /** Asks the server to wait longer before it sends them again. */
    void hold(List<Fetched> waiting) throws Exception;

    /** After which time {@link #hold} is due. */
    Duration patience();

    @Override
    void close();
}
