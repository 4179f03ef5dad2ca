package com.bytefreezer.connector.query;

import com.bytefreezer.connector.disk.PrivateFiles;
import com.bytefreezer.connector.disk.ScratchFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder where one DuckDB writes data that does not fit into memory, for this user alone. The next process removes the folders of killed processes: each folder has a lock file, and the system releases the lock when the process ends in any way.
 */
final class TemporaryFolder implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TemporaryFolder.class);
    private static final String PREFIX = "bytefreezer-";
    private static final String LOCK = ".lock";
    private static final String SPILL = "spill";
    /** The names of this process's locks: opening and closing such a file again would release its lock. */
    private static final Set<String> MINE = ConcurrentHashMap.newKeySet();

    private final Path path;
    private final Path lockFile;
    private final @Nullable FileChannel lock;

    private TemporaryFolder(Path path, Path lockFile, @Nullable FileChannel lock) {
        this.path = path;
        this.lockFile = lockFile;
        this.lock = lock;
    }

    /** Creates one. A failure to write its lock is ignored, because DuckDB may not need the folder. */
    static TemporaryFolder in(Path parent) {
        removeAbandoned(parent);
        String name = PREFIX + UUID.randomUUID();
        Path lockFile = parent.resolve(name + LOCK);
        MINE.add(name + LOCK);
        FileChannel lock = null;
        try {
            lock = PrivateFiles.openNew(lockFile);
            lock.lock();
            PrivateFiles.createFolders(parent.resolve(name).resolve(SPILL));
        } catch (IOException e) {
            LOG.debug("{}: no lock", lockFile, e);
        }
        return new TemporaryFolder(parent.resolve(name), lockFile, lock);
    }

    Path path() {
        return path;
    }

    /** Creates it for DuckDB, whose own folder everybody could read. */
    Path spill() {
        return path.resolve(SPILL);
    }

    @Override
    public void close() {
        try (FileChannel held = lock) {
            if (held != null) {
                ScratchFolder.delete(path);
                Files.deleteIfExists(lockFile);
            }
        } catch (IOException | UncheckedIOException e) {
            LOG.debug("{}: not removed", path, e);
        }
        MINE.remove(String.valueOf(lockFile.getFileName()));
    }

    /** One thread at a time: the second thread of a process that locks a file gets an error. */
    private static synchronized void removeAbandoned(Path parent) {
        try (DirectoryStream<Path> locks = Files.newDirectoryStream(parent, PREFIX + "*" + LOCK)) {
            for (Path file : locks) {
                String name = String.valueOf(file.getFileName());
                if (!MINE.contains(name)) {
                    removeIfAbandoned(file, parent.resolve(name.substring(0, name.length() - LOCK.length())));
                }
            }
        } catch (IOException e) {
            // The folder does not exist yet.
            LOG.debug("{}: cannot be listed", parent, e);
        }
    }

    private static void removeIfAbandoned(Path lockFile, Path folder) {
        try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.WRITE)) {
            if (channel.tryLock() != null) {
                ScratchFolder.delete(folder);
                Files.deleteIfExists(lockFile);
            }
        } catch (IOException | UncheckedIOException e) {
            // Another process has just removed it, or it belongs to another user.
            LOG.debug("{}: not removed", folder, e);
        }
    }
}
