package com.bytefreezer.connector.lookup;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The rows of a file, one after the other. Used by one thread. */
interface LookupRows {
    /** What people would do with more is another thing than a lookup. */
    int MOST_COLUMNS = 1000;

    /** The names of the columns with DuckDB's types. */
    Map<String, String> columns() throws IOException;

    /** The values of the next row: texts, or what their column's type takes; null after the last one. */
    Object @Nullable [] next() throws IOException;

    /** @throws BrokenLookup when these cannot be the names of columns */
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
