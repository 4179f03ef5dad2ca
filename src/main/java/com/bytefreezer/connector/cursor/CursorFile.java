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
import java.sql.DriverManager;
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
 * The file of an embedded store. One process has it, by whatever path it is reached, and while it has it, it notices when
 * the file is no longer the one that it opened.
 */
final class CursorFile implements Store.DiskRoom, AutoCloseable {
    /** What a run writes until it notices that there is no room. */
    private static final int ROOM_BYTES = 256 * 1024;
    /** Where SQLite keeps {@code user_version} in the file's first page, which holds the mark of who has the file. */
    private static final int MARK_AT = 60;

    /** File systems on which SQLite advises against a write-ahead log. */
    private static final Set<String> NETWORK =
            Set.of("nfs", "nfs4", "cifs", "smb2", "smb3", "smbfs", "afs", "fuse.sshfs", "fuse.glusterfs");

    /** A look from outside takes less. */
    private static final Duration LONGEST_LOOK = Duration.ofSeconds(2);

    private static final long A_MOMENT = 20_000_000;

    private final Path path;
    private final FileChannel lock;
    private final boolean isNew;
    private final int mark = ThreadLocalRandom.current().nextInt();
    /** Open until the store is closed: to close any channel of a file gives up all locks that SQLite has on it. */
    private @Nullable FileChannel content;

    private @Nullable Object key;

    private CursorFile(Path path, FileChannel lock) {
        this.path = path;
        this.lock = lock;
        isNew = !Files.exists(path);
    }

    /**
     * Locks the file, which need not be there yet.
     *
     * @throws ConnectorException when another process has it
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

    /** Behind all links. */
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

    /** What a person should know of where the file is, if anything. */
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

    /** Whether there was none before. */
    boolean isNew() {
        return isNew;
    }

    /**
     * Makes sure that nobody has the file open by another path, such as a hard link or a mount of the file alone, whose
     * lock lies elsewhere. SQLite leaves its write-ahead log only when it has the file for itself, and who has it open
     * holds a lock on the file, not on its name.
     */
    void requireAlone() throws SQLException, IOException {
        // SQLite gives the files beside it the same permissions.
        PrivateFiles.create(path);
        long end = System.nanoTime() + LONGEST_LOOK.toNanos();
        while (!isAlone()) {
            // It may be a look from outside, such as --mode status, which is soon over.
            if (System.nanoTime() > end) {
                throw inUse(path, ", by another path");
            }
            LockSupport.parkNanos(A_MOMENT);
        }
    }

    private boolean isAlone() throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + path);
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

    /** From now on {@link #requireSame} compares with what is there now. */
    void remember() throws IOException {
        content = FileChannel.open(path, StandardOpenOption.READ);
        key = key();
    }

    /**
     * Fails when the file is not the one that was opened, so that nothing is delivered that cannot be recorded.
     *
     * @throws ConnectorException when it was removed, emptied or replaced
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
                    "cursor %s: the file was %s while the connector uses it. Nothing more is delivered, since it could not be recorded. Put the right file in its place and start the connector again."
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
