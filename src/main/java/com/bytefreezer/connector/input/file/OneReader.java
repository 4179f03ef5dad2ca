package com.bytefreezer.connector.input.file;

import com.bytefreezer.connector.disk.PrivateFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Lets only one feed of all processes and machines read a folder: each would store all of its files. The system ends the lock with
 * the process. For one thread at a time.
 */
final class OneReader implements AutoCloseable {
    private static final String NAME = ".reader";

    private final Path file;
    private @Nullable FileChannel channel;

    OneReader(Path folder) {
        file = folder.resolve(NAME).resolve("lock");
    }

    /** Whether this feed may read; also where nothing can be written, and so nobody can know of the others. */
    boolean isHere() {
        if (channel == null) {
            try {
                PrivateFiles.createFolders(file.resolveSibling(""));
                FileChannel open = PrivateFiles.open(file, StandardOpenOption.WRITE);
                if (!isLocked(open)) {
                    open.close();
                    return false;
                }
                channel = open;
            } catch (IOException e) {
                return true;
            }
        }
        return true;
    }

    private static boolean isLocked(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    @Override
    public void close() {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            // The end of the process ends it.
        }
        channel = null;
    }
}
