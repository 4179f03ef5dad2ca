package com.bytefreezer.connector.lookup;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** The place of the lookups. Safe for use by several threads. */
interface LookupPlace {
    /** Whether lookups are configured. */
    boolean exists();

    /** The files that may be lookups, by name. */
    List<LookupFile> files() throws IOException;

    /** The present content of one of them. */
    InputStream open(LookupFile file) throws IOException;
}
