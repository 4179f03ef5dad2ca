package com.bytefreezer.connector.app;

import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.metrics.Metrics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The volumes that hold what the connector keeps. */
final class Volumes {
    private static final Logger LOG = LoggerFactory.getLogger(Volumes.class);

    private Volumes() {}

    /** Measures their space from now on. */
    static void measure(Settings settings, Metrics metrics) {
        if (settings.optional("cursor.url").isEmpty()) {
            metrics.disk("cursor", existing(Path.of(settings.text("cursor.file"))));
        }
        metrics.disk("dead letters", existing(settings.deadLettersFolder()));
        metrics.disk("duckdb", existing(settings.temporaryFolder()));
    }

    /** If only the cursor is on a volume, the dead letters may vanish with the container. */
    static void warnOfSeveral(Settings settings) {
        if (settings.optional("cursor.url").isPresent()) {
            return;
        }
        Path cursorFile = Path.of(settings.text("cursor.file"));
        Path deadLetters = settings.deadLettersFolder();
        try {
            if (!Files.getFileStore(existing(cursorFile)).equals(Files.getFileStore(existing(deadLetters)))) {
                LOG.warn(
                        "delivery.dead-letters-folder {} and cursor.file {} are on different volumes: if one of them is lost, records are lost or delivered again. Leave delivery.dead-letters-folder empty to keep both together.",
                        deadLetters,
                        cursorFile);
            }
        } catch (IOException e) {
            // The writer reports the problem.
            LOG.debug("volume of {}", deadLetters, e);
        }
    }

    private static Path existing(Path path) {
        Path there = path.toAbsolutePath();
        for (Path above = there.getParent(); !Files.exists(there) && above != null; above = above.getParent()) {
            there = above;
        }
        return there;
    }
}
