package com.bytefreezer.connector.config;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.StreamSupport;

/** Finds all files in a folder that have the name of a route file and are not hidden. For one walk. */
final class RouteFolder extends SimpleFileVisitor<Path> {
    private final Path folder;
    private final List<Path> found = new ArrayList<>();

    private RouteFolder(Path folder) {
        this.folder = folder;
    }

    /**
     * The files, sorted. Links are followed, and hidden files are left out: in a volume of Kubernetes the files are
     * links to those of a hidden folder. In {@code exports}, {@code feeds} and {@code packs}, also entries that are not
     * files, because one would be missing.
     *
     * @throws UncheckedIOException if the folder cannot be read
     */
    static List<Path> filesIn(Path folder) {
        RouteFolder walk = new RouteFolder(folder);
        try {
            Files.walkFileTree(folder, EnumSet.of(FileVisitOption.FOLLOW_LINKS), Integer.MAX_VALUE, walk);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return walk.found.stream()
                .filter(path -> path.startsWith(folder.resolve(RouteFiles.EXPORTS))
                        || path.startsWith(folder.resolve(RouteFiles.FEEDS))
                        || path.startsWith(folder.resolve(RouteFiles.PACKS))
                        || Files.isRegularFile(path))
                .sorted()
                .toList();
    }

    @Override
    public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
        return isHidden(folder.relativize(directory)) ? FileVisitResult.SKIP_SUBTREE : visit(directory);
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
        return visit(file);
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
        boolean loopOrGone = e instanceof FileSystemLoopException || e instanceof NoSuchFileException;
        if (!loopOrGone || file.equals(folder)) {
            throw e;
        }
        return visit(file);
    }

    private FileVisitResult visit(Path path) {
        if (path.toString().endsWith(RouteFiles.SUFFIX) && !isHidden(folder.relativize(path))) {
            found.add(path);
        }
        return FileVisitResult.CONTINUE;
    }

    private static boolean isHidden(Path below) {
        return StreamSupport.stream(below.spliterator(), false)
                .anyMatch(part -> part.toString().startsWith("."));
    }
}
