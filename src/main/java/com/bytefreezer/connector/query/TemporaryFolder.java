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
 * The folder where one DuckDB writes data that does not fit into memory, for this user alone. The next process removes
 * the folders of killed ones: each has a lock file beside it, and the system releases the lock when the process ends in
 * any way.
 */
final class TemporaryFolder implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TemporaryFolder.class);
    private static final String PREFIX = "bytefreezer-";
    private static final String LOCK = ".lock";
    private static final String SPILL = "spill";
    /** Names of locks of this process: to open such a file again, and close it, would give up its lock. */
    private static final Set<String> MINE = ConcurrentHashMap.newKeySet();

    private final Path path;
    private final Path lockFile;
    private final @Nullable FileChannel lock;

    private TemporaryFolder(Path path, Path lockFile, @Nullable FileChannel lock) {
        this.path = path;
        this.lockFile = lockFile;
        this.lock = lock;
    }

    /** A new one. Where its lock cannot be written, DuckDB may still need no room there. */
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

    /** For DuckDB, which would make a folder that everybody may read. */
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

    /** One thread at a time: a file that two of a process lock is an error of the second. */
    private static synchronized void removeAbandoned(Path parent) {
        try (DirectoryStream<Path> locks = Files.newDirectoryStream(parent, PREFIX + "*" + LOCK)) {
            for (Path file : locks) {
                String name = String.valueOf(file.getFileName());
                if (!MINE.contains(name)) {
                    removeIfAbandoned(file, parent.resolve(name.substring(0, name.length() - LOCK.length())));
                }
            }
        } catch (IOException e) {
            // There is nothing yet.
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
            // Another process has just done so, or it is another user's.
            LOG.debug("{}: not removed", folder, e);
        }
    }
}
