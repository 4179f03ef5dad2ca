package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.disk.PrivateFiles;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteErrorCode;

/**
 * The file of an embedded store. One process at a time owns it, whatever the path to it. The owner notices if the file
 * is no longer the one that it opened.
 */
final class CursorFile implements Store.DiskRoom, AutoCloseable {
    /** The most that a run writes before it notices that there is no room. */
    private static final int ROOM_BYTES = 256 * 1024;
    /** The offset of {@code user_version} in SQLite's first page; it holds the mark of the file's owner. */
    private static final int MARK_AT = 60;

    /** File systems on which SQLite advises against a write-ahead log. */
    private static final Set<String> NETWORK =
            Set.of("nfs", "nfs4", "cifs", "smb2", "smb3", "smbfs", "afs", "fuse.sshfs", "fuse.glusterfs");

    /** A reader such as --mode status takes less. */
    private static final Duration LONGEST_LOOK = Duration.ofSeconds(2);

    private static final long A_MOMENT = 20_000_000;

    private final Path path;
    private final FileChannel lock;
    private final int mark = ThreadLocalRandom.current().nextInt();
    /** Open until the store is closed: closing any channel of a file releases all locks that SQLite has on it. */
    private @Nullable FileChannel content;

    private @Nullable Object key;

    private CursorFile(Path path, FileChannel lock) {
        this.path = path;
        this.lock = lock;
    }

    /**
     * Locks the file; it may not exist yet.
     *
     * @throws ConnectorException if another process has it
     */
    static CursorFile lock(Path file) throws IOException {
        Path given = file.toAbsolutePath();
        Path folder = given.getParent();
        if (folder != null) {
            PrivateFiles.createFolders(folder);
        }
        Path path = real(given);
        FileChannel lock =
                PrivateFiles.open(path.resolveSibling(path.getFileName() + ".lock"), StandardOpenOption.WRITE);
        try {
            if (!isLocked(lock)) {
                throw inUse(given, "");
            }
            return new CursorFile(path, lock);
        } catch (IOException | ConnectorException e) {
            lock.close();
            throw e;
        }
    }

    /** The path without links. */
    private static Path real(Path given) throws IOException {
        Path path = given;
        if (Files.isSymbolicLink(path) && !Files.exists(path)) {
            path = path.resolveSibling(Files.readSymbolicLink(path));
        }
        if (Files.exists(path)) {
            return path.toRealPath();
        }
        Path folder = path.getParent();
        return folder == null ? path : folder.toRealPath().resolve(path.getFileName());
    }

    Path path() {
        return path;
    }

    /** A warning about the place of the file, if there is one. */
    Optional<String> warning() throws IOException {
        return warning(Files.getFileStore(path).type());
    }

    /** @param type of the file system */
    static Optional<String> warning(String type) {
        return NETWORK.contains(type)
                ? Optional.of(
                        "it is on a network file system (%s), where locks may fail and a second connector may damage it. Put it on a local disk, or set cursor.url to share a PostgreSQL."
                                .formatted(type))
                : Optional.empty();
    }

    /**
     * Makes sure that no process has the file open by another path, such as a hard link or a mount of the file alone,
     * where the lock file is a different one. SQLite can leave its write-ahead log only if no one else has the file
     * open; its locks are on the file, not on its name.
     */
    void requireAlone() throws SQLException, IOException {
        // SQLite gives the files beside it the same permissions.
        PrivateFiles.create(path);
        long end = System.nanoTime() + LONGEST_LOOK.toNanos();
        while (!isAlone()) {
            // It may be a reader such as --mode status, which ends soon.
            if (System.nanoTime() > end) {
                throw inUse(path, ", by another path");
            }
            LockSupport.parkNanos(A_MOMENT);
        }
    }

    private boolean isAlone() throws SQLException {
        try (Connection connection = Sqlite.connect(path.toString());
                Statement statement = connection.createStatement()) {
            try (ResultSet row = statement.executeQuery("PRAGMA journal_mode=DELETE")) {
                if (!row.next() || !row.getString(1).equals("delete")) {
                    return false;
                }
            }
            statement.execute("PRAGMA user_version=" + mark);
            return true;
        } catch (SQLException e) {
            if (SqliteStore.is(SQLiteErrorCode.SQLITE_BUSY, e)) {
                return false;
            }
            throw e;
        }
    }

    /** Remembers the file as it is now, for {@link #requireSame}. */
    void remember() throws IOException {
        content = FileChannel.open(path, StandardOpenOption.READ);
        key = key();
    }

    /**
     * Fails if the file is not the one that was opened, because deliveries could not be recorded.
     *
     * @throws ConnectorException if it was removed, emptied or replaced
     */
    void requireSame() {
        String what;
        try {
            what = !Objects.equals(key(), key) ? "replaced" : readMark() != mark ? "overwritten" : "";
        } catch (IOException e) {
            what = "removed";
        }
        if (!what.isEmpty()) {
            throw new ConnectorException(
                    "cursor %s: the file was %s while the connector was using it. The connector delivers nothing more, because it could not record it. Put the right file in its place and start the connector again."
                            .formatted(path, what));
        }
    }

    @Override
    public void require() throws SQLException {
        Path room = path.resolveSibling(path.getFileName() + ".room");
        try (FileChannel channel = FileChannel.open(
                room,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE,
                StandardOpenOption.DELETE_ON_CLOSE)) {
            ByteBuffer bytes = ByteBuffer.allocate(ROOM_BYTES);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(false);
        } catch (IOException e) {
            throw new SQLException(e.getMessage(), e);
        }
    }

    @Override
    public void requireAtAGlance() throws SQLException {
        try {
            long left = Files.getFileStore(path).getUsableSpace();
            if (left < ROOM_BYTES) {
                throw new SQLException("no space left on its volume (%,d bytes)".formatted(left));
            }
        } catch (IOException e) {
            throw new SQLException(e.getMessage(), e);
        }
    }

    @Override
    public void close() throws IOException {
        try {
            if (content != null) {
                content.close();
            }
        } finally {
            lock.close();
        }
    }

    private @Nullable Object key() throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    }

    private int readMark() throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES);
        FileChannel open = content;
        int read = 0;
        while (open != null && read >= 0 && bytes.hasRemaining()) {
            read = open.read(bytes, MARK_AT + bytes.position());
        }
        return bytes.hasRemaining() ? mark + 1 : bytes.flip().getInt();
    }

    private static ConnectorException inUse(Path path, String how) {
        return new ConnectorException(
                Problem.ofStart(
                        "cursor %s: another connector is using it%s.".formatted(path, how),
                        "Stop that one, or give this one its own cursor.file."),
                null);
    }

    private static boolean isLocked(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }
}
