package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The {@code cursor.json} of the original connector. It never says what was delivered (docs/contracts.md): only its total
 * tells something, and it is left as it is, so that one can go back.
 */
public final class LegacyCursor {
    private static final Logger LOG = LoggerFactory.getLogger(LegacyCursor.class);
    private static final String NAME = "cursor.json";

    private LegacyCursor() {}

    /** At the first start after the original: says what its file tells, and what comes now. */
    public static void announce(Path cursorFile) {
        Path absolute = cursorFile.toAbsolutePath();
        Path store = SqliteAddress.of(absolute).file();
        Path legacy = store.equals(absolute) ? absolute.resolveSibling(NAME) : absolute;
        if (!Files.exists(legacy) || Files.exists(store)) {
            return;
        }
        try {
            JsonNode content = Json.mapper().readTree(legacy.toFile());
            LOG.info(
                    "{}: the original connector exported {} records in all, and noted not which. It stays as it is; the progress is in {} from now on and begins at cursor.start, so records may come once more.",
                    legacy,
                    content.path("total_exported").asLong(),
                    store.getFileName());
        } catch (IOException e) {
            LOG.warn(
                    "{}: not readable as the original's cursor. It stays as it is and means nothing here; the progress is in {}.",
                    legacy,
                    store.getFileName());
        }
    }
}
