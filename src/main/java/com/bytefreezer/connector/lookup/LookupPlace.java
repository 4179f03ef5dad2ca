package com.bytefreezer.connector.lookup;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** Where lookups are. Safe for use by several threads. */
interface LookupPlace {
    /** Whether there may be any. */
    boolean exists();

    /** The files that may be lookups, in the order of their names. */
    List<LookupFile> files() throws IOException;

    /** The content of one of them, as it is now. */
    InputStream open(LookupFile file) throws IOException;
}
