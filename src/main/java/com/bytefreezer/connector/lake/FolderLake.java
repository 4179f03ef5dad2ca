package com.bytefreezer.connector.lake;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.text.PlainText;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemLoopException;
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
import org.jspecify.annotations.Nullable;

/** A lake in a local folder. */
final class FolderLake implements Lake, Layout.Folders {
    private static final String UNDECODED =
            "its name cannot be read with the locale of this process, %s; set LC_ALL=C.UTF-8"
                    .formatted(System.getProperty("sun.jnu.encoding"));

    private final Path root;
    private final Path folder;
    private volatile Skipped skipped = new Skipped();
    private volatile List<String> unlisted = List.of();

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
        Walk walk = new Walk(since);
        try {
            Files.walkFileTree(folder, Set.of(FileVisitOption.FOLLOW_LINKS), Integer.MAX_VALUE, walk);
        } catch (IOException e) {
            throw unlisted(e);
        }
        unlisted = List.copyOf(walk.problems);
        skipped = walk.skipped;
        return walk.found.stream().sorted().flatMap(this::object);
    }

    /** Finds the objects, and continues after a folder that it cannot read. */
    private final class Walk extends SimpleFileVisitor<Path> {
        private final Instant since;
        private final List<Path> found = new ArrayList<>();
        private final List<String> problems = new ArrayList<>();
        private final Skipped skipped = new Skipped();

        Walk(Instant since) {
            this.since = since;
        }

        @Override
        public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes) {
            return Period.mayReach(since, folder.relativize(path) + "/")
                    ? FileVisitResult.CONTINUE
                    : FileVisitResult.SKIP_SUBTREE;
        }

        @Override
        public FileVisitResult visitFile(Path path, BasicFileAttributes attributes) {
            if (attributes.isSymbolicLink()) {
                problem(path, "a broken link");
            } else if (skipped.takes(folder.relativize(path).toString(), () -> hasMagic(path))) {
                // Java cannot open a file whose name it cannot decode.
                if (isUndecoded(path.toString())) {
                    problem(path, UNDECODED);
                } else {
                    found.add(path);
                }
            }
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path path, IOException e) throws IOException {
            if (path.equals(folder)) {
                throw e;
            }
            problem(path, reason(e));
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path path, @Nullable IOException e) {
            if (e != null) {
                problem(path, reason(e));
            }
            return FileVisitResult.CONTINUE;
        }

        private void problem(Path path, String what) {
            problems.add(PlainText.line("%s (%s)".formatted(path, what)));
        }
    }

    private static String reason(IOException e) {
        if (e instanceof AccessDeniedException) {
            return "no permission";
        }
        return e instanceof FileSystemLoopException ? "a link that forms a loop" : String.valueOf(e.getMessage());
    }

    private static boolean hasMagic(Path path) {
        try (InputStream content = Files.newInputStream(path)) {
            return new String(content.readNBytes(Skipped.MAGIC.length()), StandardCharsets.ISO_8859_1)
                    .equals(Skipped.MAGIC);
        } catch (IOException nobodyKnows) {
            return false;
        }
    }

    @Override
    public Skipped skipped() {
        return skipped;
    }

    @Override
    public List<String> unlisted() {
        return unlisted;
    }

    /** False if a parent folder cannot be read. */
    @Override
    public boolean isGone(LakeObject object) {
        return Files.notExists(Path.of(object.whole().url()));
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
    public Optional<String> unreadable(String name) {
        return isUndecoded(name)
                ? Optional.of(
                        PlainText.line("lake %s: a folder %s is left out (%s).".formatted(folder, name, UNDECODED)))
                : Optional.empty();
    }

    private static boolean isUndecoded(String name) {
        return name.indexOf('\ufffd') >= 0;
    }

    @Override
    public boolean exists(String path) {
        return Files.isDirectory(folder.resolve(path));
    }

    @Override
    public String place() {
        return "lake " + folder;
    }

    @Override
    public void probe() {
        exists("");
    }

    @Override
    public Set<String> folders() {
        return Set.of(folder + "/");
    }

    @Override
    public void close() {
        // Keeps nothing open.
    }

    private ConnectorException unlisted(Exception e) {
        return new ConnectorException(
                "lake %s: cannot be listed (%s). Nothing new was read. Check the permissions of the folder."
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
            // Removed after it was listed.
            return Stream.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
