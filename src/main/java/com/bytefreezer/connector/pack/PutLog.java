package com.bytefreezer.connector.pack;

import java.io.IOException;
import java.util.Optional;

/**
 * Where is written down what a pack is about to put, for all who may repeat it. A repeat leaves an object as it is that
 * is in the lake: made a second time, it might be another one. For one pack.
 */
public interface PutLog {
    /** What was written last; empty if nothing was. */
    Optional<String> read();

    /**
     * Writes it down.
     *
     * @throws IOException if this process may not put the object
     */
    void write(String made) throws IOException;
}
