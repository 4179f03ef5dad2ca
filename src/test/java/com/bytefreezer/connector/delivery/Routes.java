package com.bytefreezer.connector.delivery;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The project's route files. */
public final class Routes {
    private static final Path FOLDER = Path.of("routes");

    private Routes() {}

    /** Copies them, so that a test may add its own. */
    public static Path copyTo(Path copy) throws IOException {
        try (var files = Files.walk(FOLDER)) {
            for (var file : files.filter(Files::isRegularFile).toList()) {
                var target = copy.resolve(FOLDER.relativize(file));
                Files.createDirectories(target.getParent());
                Files.copy(file, target);
            }
        }
        return copy;
    }
}
