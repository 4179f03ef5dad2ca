package com.bytefreezer.connector.disk;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * Makes files and folders that hold records, progress or secrets: for this user alone (600, 700), whatever the umask. What
 * is there already keeps the permissions that it has, so that an operator may widen them. Where the system has no POSIX
 * permissions they are made as it does.
 */
public final class PrivateFiles {
    private static final String FILE = "rw-------";
    private static final String FOLDER = "rwx------";

    private PrivateFiles() {}

    /** Opens a file; if there is none it is made, so {@code options} need no {@code CREATE}. */
    public static FileChannel open(Path file, OpenOption... options) throws IOException {
        create(file);
        return FileChannel.open(file, options);
    }

    /** Makes a file and opens it to write. Fails if there is one. */
    public static FileChannel openNew(Path file) throws IOException {
        return FileChannel.open(
                file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), attributes(file, FILE));
    }

    /** Makes an empty file, unless there is one. */
    public static void create(Path file) throws IOException {
        try {
            Files.createFile(file, attributes(file, FILE));
        } catch (FileAlreadyExistsException e) {
            // As its owner wants it.
            return;
        }
    }

    /** Makes a folder with those above it, as far as they are missing. */
    public static void createFolders(Path folder) throws IOException {
        Files.createDirectories(folder, attributes(folder, FOLDER));
    }

    /** Makes the names in a folder last through a power cut. */
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
