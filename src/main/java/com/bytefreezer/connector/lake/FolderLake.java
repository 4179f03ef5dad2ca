package com.bytefreezer.connector.lake;

import com.bytefreezer.connector.ConnectorException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
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
    public Stream<LakeObject> objects() {
        if (!Files.isDirectory(root)) {
            throw new ConnectorException(
                    "lake.root: there is no folder %s. Nothing was read. Check lake.root.".formatted(root));
        }
        if (!Files.exists(folder)) {
            return Stream.empty();
        }
        try (Stream<Path> paths = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
            return paths.filter(path -> path.toString().endsWith(".parquet")).sorted().toList().stream()
                    .flatMap(this::object);
        } catch (IOException | UncheckedIOException e) {
            throw unlisted(e);
        }
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
