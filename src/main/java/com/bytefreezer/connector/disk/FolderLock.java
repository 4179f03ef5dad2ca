package com.bytefreezer.connector.disk;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Keeps other threads and processes from writing to a folder. A killed process releases it. Its file exists only while
 * somebody holds the lock.
 */
public final class FolderLock {
    private static final String NAME = ".lock";
    private static final Duration MOST_WAIT = Duration.ofSeconds(30);
    private static final long PAUSE_MS = 10;

    /**
     * The system gives a lock to a process and releases it when any of its threads closes the file, so only one thread
     * has it open.
     */
    private static final Map<Path, ReentrantLock> OF_THIS_PROCESS = new ConcurrentHashMap<>();

    private final Path file;
    private final ReentrantLock own;
    private final FileChannel channel;

    private FolderLock(Path file, ReentrantLock own, FileChannel channel) {
        this.file = file;
        this.own = own;
        this.channel = channel;
    }

    /** The work to do while the lock is held. */
    public interface Work<T> {
        T run() throws IOException;
    }

    /** @throws IOException also if others hold it for long */
    public static <T> T holding(Path folder, Work<T> work) throws IOException {
        FolderLock lock = of(folder);
        try {
            return work.run();
        } finally {
            lock.release();
        }
    }

    private static FolderLock of(Path folder) throws IOException {
        Path file = folder.toAbsolutePath().normalize().resolve(NAME);
        ReentrantLock own = OF_THIS_PROCESS.computeIfAbsent(file, any -> new ReentrantLock());
        long until = System.nanoTime() + MOST_WAIT.toNanos();
        try {
            if (!own.tryLock(MOST_WAIT.toNanos(), TimeUnit.NANOSECONDS)) {
                throw busy();
            }
            try {
                while (true) {
                    FileChannel channel = open(file);
                    if (channel != null) {
                        return new FolderLock(file, own, channel);
                    }
                    if (System.nanoTime() - until > 0) {
                        throw busy();
                    }
                    Thread.sleep(PAUSE_MS);
                }
            } catch (IOException | InterruptedException | RuntimeException e) {
                own.unlock();
                throw e;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** Null if another process has it, or has just released it and deleted its file. */
    private static @Nullable FileChannel open(Path file) throws IOException {
        PrivateFiles.create(file);
        Object before = key(file);
        if (before == null) {
            return null;
        }
        FileChannel channel;
        try {
            channel = FileChannel.open(file, StandardOpenOption.WRITE);
        } catch (NoSuchFileException e) {
            return null;
        }
        try {
            if (channel.tryLock() != null && before.equals(key(file))) {
                return channel;
            }
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
        channel.close();
        return null;
    }

    /** Distinguishes the file from a later one of the same name; null if there is none. */
    private static @Nullable Object key(Path file) throws IOException {
        try {
            Object key = Files.readAttributes(file, BasicFileAttributes.class).fileKey();
            return key == null ? file : key;
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    private static IOException busy() {
        return new IOException("somebody else has been writing there for %d s".formatted(MOST_WAIT.toSeconds()));
    }

    private void release() throws IOException {
        try {
            Files.deleteIfExists(file);
        } finally {
            try {
                channel.close();
            } finally {
                own.unlock();
            }
        }
    }
}
