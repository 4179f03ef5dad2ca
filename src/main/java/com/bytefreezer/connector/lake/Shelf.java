package com.bytefreezer.connector.lake;

import java.io.IOException;
import java.nio.file.Path;

/** Where a dataset's new objects go. Safe for use by several threads. */
public interface Shelf {
    /**
     * Puts an object there, which appears as a whole. One of the same key is replaced.
     *
     * @param key below the dataset's folder
     * @throws IOException if it is not there
     */
    void put(String key, Path file) throws IOException;
}
