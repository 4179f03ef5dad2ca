package com.bytefreezer.connector.query;

import com.bytefreezer.connector.config.Settings;
import java.util.LinkedHashMap;
import java.util.Map;

/** The setting {@code columns.types}: {@code DPT: VARCHAR, "my port": BIGINT}. */
final class PinnedTypes {
    private PinnedTypes() {}

    /** Types by the folded names of columns; the form is checked with the settings. */
    static Map<String, ColumnType> of(Settings settings) {
        String text = settings.optional("columns.types").orElse("");
        Map<String, ColumnType> types = new LinkedHashMap<>();
        if (text.isBlank()) {
            return types;
        }
        for (String part : ColumnType.split(text)) {
            int colon = part.startsWith("\"") ? part.indexOf(':', part.lastIndexOf('"')) : part.indexOf(':');
            types.put(
                    Schema.folded(ColumnType.unquoted(part.substring(0, colon).strip())),
                    ColumnType.of(part.substring(colon + 1)));
        }
        return types;
    }
}
