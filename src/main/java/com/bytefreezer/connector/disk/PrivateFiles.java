package com.bytefreezer.connector.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.UUID;

/**
 * Creates files and folders for records, progress or secrets, readable only by this user (600, 700), whatever the
 * umask. Existing ones keep their permissions, so an operator may widen them. On a system without POSIX permissions,
 * its defaults apply.
 */
public final class PrivateFiles {
    private static final String FILE = "rw-------";
    private static final String FOLDER = "rwx------";

    private PrivateFiles() {}

    /** Opens a file, and creates it if needed, so {@code options} need no {@code CREATE}. */
    public static FileChannel open(Path file, OpenOption... options) throws IOException {
        create(file);
        return FileChannel.open(file, options);
    }

    /** Creates a file and opens it for writing. Fails if it exists. */
    public static FileChannel openNew(Path file) throws IOException {
        return FileChannel.open(
                file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), attributes(file, FILE));
    }

    /**
     * Creates a file with its whole content; a reader sees all of it or no file. After a failure there is no file.
     *
     * @throws FileAlreadyExistsException if it exists
     */
    public static void writeNew(Path file, byte[] content) throws IOException {
        Path part = part(file, content, true);
        try {
            Files.createLink(file, part);
        } catch (FileAlreadyExistsException e) {
            throw e;
        } catch (IOException | UnsupportedOperationException e) {
            // Not every file system has links.
            Files.move(part, file);
        } finally {
            Files.deleteIfExists(part);
        }
        force(file.toAbsolutePath().resolveSibling(""));
    }

    /** Replaces the content of a file and keeps its permissions; a reader sees the old or the new content. After a failure, the old content stays. */
    public static void replace(Path file, byte[] content) throws IOException {
        replace(file, part(file, content, true));
        force(file.toAbsolutePath().resolveSibling(""));
    }

    private static void replace(Path file, Path part) throws IOException {
        try {
            PosixFileAttributeView view = Files.getFileAttributeView(part, PosixFileAttributeView.class);
            if (view != null) {
                view.setPermissions(Files.getPosixFilePermissions(file));
            }
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    /** Creates a file with this content or replaces that of one that exists, in the same way. */
    public static void write(Path file, byte[] content) throws IOException {
        if (Files.exists(file)) {
            replace(file, content);
        } else {
            writeNew(file, content);
        }
    }

    /** The same for what nothing depends on: it does not wait for the disk, so a power failure may leave garbage. */
    public static void writeForPeople(Path file, byte[] content) throws IOException {
        Path part = part(file, content, false);
        if (Files.exists(file)) {
            replace(file, part);
        } else {
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        }
    }

    private static Path part(Path file, byte[] content, boolean lasts) throws IOException {
        Path part = file.resolveSibling(".%s.%s.part".formatted(file.getFileName(), UUID.randomUUID()));
        try (FileChannel channel = openNew(part)) {
            for (ByteBuffer left = ByteBuffer.wrap(content); left.hasRemaining(); ) {
                channel.write(left);
            }
            if (lasts) {
                channel.force(true);
            }
            return part;
        } catch (IOException e) {
            Files.deleteIfExists(part);
            throw e;
        }
    }

    /** Creates an empty file, unless it exists. */
    public static void create(Path file) throws IOException {
        try {
            Files.createFile(file, attributes(file, FILE));
        } catch (FileAlreadyExistsException e) {
            // Its owner's permissions stay.
            return;
        }
    }

    /** Creates a folder and its missing parents. */
    public static void createFolders(Path folder) throws IOException {
        Files.createDirectories(folder, attributes(folder, FOLDER));
    }

    /** Makes the names in a folder survive a power failure. */
    public static void force(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static FileAttribute<?>[] attributes(Path path, String permissions) {
        return path.getFileSystem().supportedFileAttributeViews().contains("posix")
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
                }
                : new FileAttribute<?>[0];
    }
}
