package com.bytefreezer.connector.lake;

import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalLong;

/** Where a dataset's new objects go. Safe for use by several threads. */
public interface Shelf {
    /**
     * Puts an object there, which appears as a whole. One of the same key is replaced.
     *
     * @param key below the dataset's folder
     * @throws IOException if it is not there
     */
    void put(String key, Path file) throws IOException;

    /**
     * The size of an object in bytes.
     *
     * @return empty if there is none of that key, or if nobody may know
     * @throws IOException if the place does not answer
     */
    default OptionalLong size(String key) throws IOException {
        return OptionalLong.empty();
    }
}
