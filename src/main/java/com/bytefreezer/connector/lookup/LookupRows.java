package com.bytefreezer.connector.lookup;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the rows of a file in order. Used by one thread. */
interface LookupRows {
    /** A table with more columns is not meant to be a lookup. */
    int MOST_COLUMNS = 1000;

    /** The names of the columns with their DuckDB types. */
    Map<String, String> columns() throws IOException;

    /** The values of the next row, as text or as the column's type; null after the last row. */
    Object @Nullable [] next() throws IOException;

    /** @throws BrokenLookup if columns cannot have these names */
    static void requireNames(List<String> names) throws BrokenLookup {
        Set<String> seen = new HashSet<>();
        if (names.size() > MOST_COLUMNS) {
            throw new BrokenLookup("it has %d columns, more than %d".formatted(names.size(), MOST_COLUMNS));
        }
        for (int i = 0; i < names.size(); i++) {
            String name = names.get(i);
            if (name.isBlank()) {
                throw new BrokenLookup("column %d has no name".formatted(i + 1));
            }
            if (!seen.add(name.toLowerCase(Locale.ROOT))) {
                throw new BrokenLookup("two columns are named %s".formatted(name));
            }
        }
    }
}
