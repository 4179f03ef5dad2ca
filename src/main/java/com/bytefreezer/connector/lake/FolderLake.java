package com.bytefreezer.connector.lake;

import com.bytefreezer.connector.ConnectorException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** A lake in a folder of this machine. */
final class FolderLake implements Lake, Layout.Folders {
    private final Path root;
    private final Path folder;

    FolderLake(Path root, String folder) {
        this.root = root;
        this.folder = root.toAbsolutePath().normalize().resolve(folder);
    }

    @Override
    public Stream<LakeObject> objects(Instant since) {
        if (!Files.isDirectory(root)) {
            throw new ConnectorException(
                    "lake.root: there is no folder %s. Nothing was read. Check lake.root.".formatted(root));
        }
        if (!Files.exists(folder)) {
            return Stream.empty();
        }
        List<Path> found = new ArrayList<>();
        try {
            Files.walkFileTree(
                    folder, Set.of(FileVisitOption.FOLLOW_LINKS), Integer.MAX_VALUE, new SimpleFileVisitor<>() {
                        @Override
                        public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes) {
                            return Period.mayReach(since, folder.relativize(path) + "/")
                                    ? FileVisitResult.CONTINUE
                                    : FileVisitResult.SKIP_SUBTREE;
                        }

                        @Override
                        public FileVisitResult visitFile(Path path, BasicFileAttributes attributes) {
                            if (path.toString().endsWith(".parquet")) {
                                requireReadable(path);
                                found.add(path);
                            }
                            return FileVisitResult.CONTINUE;
                        }
                    });
        } catch (IOException e) {
            throw unlisted(e);
        }
        return found.stream().sorted().flatMap(this::object);
    }

    @Override
    public Optional<Period> newest() {
        return Period.newest(this::below);
    }

    @Override
    public List<String> below(String path) {
        if (!Files.isDirectory(folder.resolve(path))) {
            return List.of();
        }
        try (Stream<Path> found = Files.list(folder.resolve(path))) {
            return found.filter(Files::isDirectory)
                    .map(each -> each.getFileName().toString())
                    .sorted()
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            throw unlisted(e);
        }
    }

    @Override
    public boolean exists(String path) {
        return Files.isDirectory(folder.resolve(path));
    }

    @Override
    public Set<String> folders() {
        return Set.of(folder + "/");
    }

    @Override
    public void close() {
        // Holds nothing open.
    }

    /** Java does not find a file again whose name it cannot spell, and would take it for one that is gone. */
    private void requireReadable(Path path) {
        if (path.toString().indexOf('\ufffd') >= 0) {
            throw new ConnectorException(
                    "lake %s: the name of %s cannot be read with the locale of this process (%s). Nothing was read. Set LC_ALL=C.UTF-8, or rename it."
                            .formatted(folder, path, System.getProperty("sun.jnu.encoding")));
        }
    }

    private ConnectorException unlisted(Exception e) {
        return new ConnectorException(
                "lake %s: cannot be listed (%s). Nothing was read. Check the permissions of the folder."
                        .formatted(folder, e.getMessage()),
                e);
    }

    private Stream<LakeObject> object(Path path) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
            return Stream.of(new LakeObject(
                    path.toString(),
                    folder.relativize(path).toString(),
                    attributes.size(),
                    attributes.lastModifiedTime().toInstant()));
        } catch (NoSuchFileException e) {
            // Removed since it was listed.
            return Stream.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
