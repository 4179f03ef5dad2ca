package com.bytefreezer.connector.kit;

import com.bytefreezer.connector.config.RouteFiles;
import com.bytefreezer.connector.disk.ScratchFolder;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The route file of one destination, and a separate folder with the project's route files but no other destination or
 * export, so that only this one is tested. Deletes the folder when closed.
 */
public final class DestinationRoute implements AutoCloseable {
    private static final String SUFFIX = ".camel.yaml";

    private final String name;
    private final Path file;
    private final ScratchFolder folder;

    private DestinationRoute(String name, Path file, ScratchFolder folder) {
        this.name = name;
        this.file = file;
        this.folder = folder;
    }

    /**
     * Finds a destination.
     *
     * @param routes the folder of the project's route files
     * @param which the name of a destination in it, or the path of a route file anywhere
     * @throws ConnectorException if there is none
     */
    public static DestinationRoute find(Path routes, String which) {
        if (!Files.exists(routes.resolve("delivery.camel.yaml"))) {
            throw new ConnectorException(
                    "there is no delivery.camel.yaml in %s.".formatted(routes),
                    Problem.NOT_STARTED,
                    "Start the connector from its own folder, or name its routes with --routes.",
                    null);
        }
        Path named = routes.resolve("destinations").resolve(which + SUFFIX);
        Path file = which.endsWith(SUFFIX) ? Path.of(which) : named;
        if (!Files.exists(file)) {
            throw new ConnectorException(
                    "%s: there is no file %s.".formatted(which, file),
                    Problem.NOT_STARTED,
                    "Name a route file, or one of: %s."
                            .formatted(String.join(" ", RouteFiles.in(routes).destinations())),
                    null);
        }
        String fileName = file.getFileName().toString();
        String name = fileName.substring(0, fileName.length() - SUFFIX.length());
        ScratchFolder folder = ScratchFolder.create();
        try {
            Path own = folder.path().resolve("routes");
            copy(routes, own, Set.of());
            Files.createDirectories(own.resolve("destinations"));
            Files.copy(file, own.resolve("destinations").resolve(fileName));
            return new DestinationRoute(name, file, folder);
        } catch (IOException e) {
            folder.close();
            throw new UncheckedIOException(e);
        }
    }

    public String name() {
        return name;
    }

    /** The file of its cases. */
    public Path caseFile() {
        return file.resolveSibling(name + ".test.yaml");
    }

    /** Its cases; none without a file. */
    public CaseFile cases() {
        return Files.exists(caseFile()) ? CaseFile.read(caseFile()) : CaseFile.NONE;
    }

    /** The folder with the route files. */
    Path routes() {
        return folder.path().resolve("routes");
    }

    /** A new folder for a run's files. */
    Path newFolder() {
        try {
            return Files.createTempDirectory(folder.path(), "run-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The files for a delivery: the shared route and the destination's own. */
    List<Path> deliveryFiles() {
        return List.of(
                routes().resolve("delivery.camel.yaml"),
                routes().resolve("destinations").resolve(name + SUFFIX));
    }

    /** Whether the route file uses this setting, e.g. {@code timeout-ms}. */
    boolean hasSetting(String setting) {
        return RouteFiles.in(routes()).settings().contains("destination." + name + "." + setting);
    }

    @Override
    public void close() {
        folder.close();
    }

    /** Copies route files without destinations and exports, and without those in {@code more} folders. */
    static void copy(Path routes, Path copy, Set<String> more) throws IOException {
        Set<Path> others = Stream.concat(Stream.of("destinations", "exports"), more.stream())
                .map(routes::resolve)
                .collect(Collectors.toSet());
        for (Path file : RouteFiles.in(routes).files()) {
            if (!others.contains(file.getParent()) || file.endsWith("exports/default.camel.yaml")) {
                Path target = copy.resolve(routes.relativize(file));
                Files.createDirectories(target.getParent());
                Files.copy(file, target);
            }
        }
    }
}
