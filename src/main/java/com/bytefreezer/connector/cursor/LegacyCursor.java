package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The {@code cursor.json} of the original connector. It does not say what was delivered (docs/contracts.md); only its
 * total is useful. The connector leaves it as it is, so that a person can go back.
 */
public final class LegacyCursor {
    private static final Logger LOG = LoggerFactory.getLogger(LegacyCursor.class);
    private static final String NAME = "cursor.json";

    private LegacyCursor() {}

    /** At the first start after the original: logs what its file says and what happens now. */
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
                    "{}: the original connector exported {} records in total and did not record which. The file stays as it is; from now on the progress is in {} and starts at cursor.start, so some records may be delivered again.",
                    legacy,
                    content.path("total_exported").asLong(),
                    store.getFileName());
        } catch (IOException e) {
            LOG.warn(
                    "{}: not readable as a cursor of the original connector. The file stays as it is and is not used; the progress is in {}.",
                    legacy,
                    store.getFileName());
        }
    }
}
