package com.bytefreezer.connector.app;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;

/**
 * The native libraries that SQLite and others have unpacked into the temporary folder for this process; DuckDB, too (60 MB), if
 * its library is not beside its jar. Java removes them when it ends, but not after a kill, nor after a signal that ends with our
 * own exit code. On Linux, a loaded library keeps working after its file is deleted.
 */
public final class UnpackedLibraries {
    private static final Path LOADED = Path.of("/proc/self/maps");

    private UnpackedLibraries() {}

    /** Removes the libraries loaded so far, if the system can name them. */
    public static void remove() {
        Path folder = Path.of(System.getProperty("java.io.tmpdir"));
        // The system's times have a resolution of a second.
        Instant start = ProcessHandle.current()
                .info()
                .startInstant()
                .orElse(Instant.MAX)
                .minusSeconds(2);
        try (Stream<String> loaded = Files.lines(LOADED)) {
            List<Path> files = loaded.filter(line -> line.contains(".so"))
                    .map(line -> Path.of(line.substring(line.indexOf('/'))))
                    .filter(file -> folder.equals(file.getParent()))
                    .distinct()
                    .toList();
            for (Path file : files) {
                // Other people's libraries may be there too.
                if (Files.getLastModifiedTime(file).toInstant().isBefore(start)) {
                    continue;
                }
                Files.deleteIfExists(file);
                // SQLite's.
                Files.deleteIfExists(Path.of(file + ".lck"));
            }
        } catch (IOException | UncheckedIOException e) {
            // Not Linux, or no permission: they stay until someone clears the folder.
        }
    }
}
