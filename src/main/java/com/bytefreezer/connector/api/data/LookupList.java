package com.bytefreezer.connector.api.data;

import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.lookup.Lookups;
import com.bytefreezer.connector.query.LookupTable;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The lookups beside {@code events}, usable and broken ones. Safe for use by several threads. */
public final class LookupList {
    private final Settings settings;

    public LookupList(Settings settings) {
        this.settings = settings;
    }

    /**
     * A lookup.
     *
     * @param file where it is
     * @param columns in order; empty if it is broken
     * @param rows the number of rows; null if it is broken
     * @param version the version; null if it is broken
     * @param problem why it is broken, in one line; otherwise null
     */
    public record One(
            String name,
            String file,
            List<Map<String, String>> columns,
            @Nullable Long rows,
            @Nullable String version,
            @Nullable String problem) {
        static One of(Lookups.Look look) {
            LookupTable table = look.table();
            return table == null
                    ? new One(look.name(), look.file(), List.of(), null, null, look.problem())
                    : new One(
                            look.name(),
                            look.file(),
                            table.columns().entrySet().stream()
                                    .map(column -> Map.of("name", column.getKey(), "type", column.getValue()))
                                    .toList(),
                            table.rows(),
                            table.version(),
                            null);
        }
    }

    /** All lookups, by name. Reads files that have changed. */
    public Map<String, List<One>> all() {
        return Map.of(
                "lookups", Lookups.of(settings).all().stream().map(One::of).toList());
    }
}
