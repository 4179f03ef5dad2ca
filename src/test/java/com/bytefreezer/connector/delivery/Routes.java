package com.bytefreezer.connector.delivery;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

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

    /**
     * The text of an export's file.
     *
     * @param parameters besides its name
     */
    public static String export(String name, Map<String, String> parameters) {
        var text = new StringBuilder("""
                - templatedRoute:
                    routeTemplateRef: export
                    routeId: export-%1$s
                    parameters:
                      - {name: name, value: %1$s}
                """.formatted(name));
        new TreeMap<>(parameters)
                .forEach((parameter, value) ->
                        text.append("      - {name: %s, value: \"%s\"}\n".formatted(parameter, value)));
        return text.toString();
    }
}
