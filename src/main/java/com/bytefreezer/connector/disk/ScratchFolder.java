package com.bytefreezer.connector.disk;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.slf4j.LoggerFactory;

/** A temporary folder for this user alone. Closing removes it with its content. */
public final class ScratchFolder implements AutoCloseable {
    private final Path path;

    private ScratchFolder(Path path) {
        this.path = path;
    }

    /**
     * Creates one in the system's folder for temporary files.
     *
     * @throws UncheckedIOException if it cannot be created
     */
    public static ScratchFolder create() {
        try {
            return new ScratchFolder(Files.createTempDirectory("connector-scratch-"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Path path() {
        return path;
    }

    /** Removes everything except {@code kept}, if it exists. */
    public void removeExcept(Path kept) {
        remove(path, each -> !Files.exists(kept) || !(kept.startsWith(each) || each.startsWith(kept)));
    }

    /** Never fails: it logs what cannot be removed. */
    @Override
    public void close() {
        remove(path);
    }

    /** Removes a folder, if it exists, with its content; logs what cannot be removed. */
    public static void remove(Path folder) {
        remove(folder, each -> true);
    }

    private static void remove(Path folder, Predicate<Path> which) {
        try {
            delete(folder, which);
        } catch (IOException | UncheckedIOException e) {
            // Only now: a cell removes its folder, too, and should load no logging for it.
            LoggerFactory.getLogger(ScratchFolder.class)
                    .warn("{}: cannot be removed ({}). Remove it by hand.", folder, e.getMessage());
        }
    }

    /**
     * Removes a folder, if it exists, with its content.
     *
     * @throws IOException if something in it cannot be removed; the rest is gone
     * @throws UncheckedIOException if it cannot be read
     */
    public static void delete(Path folder) throws IOException {
        delete(folder, each -> true);
    }

    private static void delete(Path folder, Predicate<Path> which) throws IOException {
        while (Files.exists(folder)) {
            try (Stream<Path> paths = Files.walk(folder)) {
                deleteAll(paths.sorted(Comparator.reverseOrder()).filter(which).toList());
                return;
            } catch (NoSuchFileException e) {
                // Somebody else removes it, too: what is left is looked at again.
            } catch (UncheckedIOException e) {
                if (!(e.getCause() instanceof NoSuchFileException)) {
                    throw e;
                }
            }
        }
    }

    private static void deleteAll(List<Path> paths) throws IOException {
        IOException failure = null;
        for (Path each : paths) {
            try {
                Files.deleteIfExists(each);
            } catch (IOException e) {
                failure = failure == null ? e : failure;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
