package com.bytefreezer.connector.spool;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How much may be in the spool and open, over all datasets. Some of the disk stays free: to seal a segment and to pack it needs
 * room, too, or a full spool could never become empty. Safe for use by several threads.
 */
final class Room {
    private static final Logger LOG = LoggerFactory.getLogger(Room.class);
    /** As much as the largest objects of packs need, on a disk of any size. */
    private static final long MOST_KEPT = 1_000_000_000;
    /** The share of a smaller disk: one in this many. */
    private static final int SHARE_KEPT = 20;

    private final long most;
    private final Disk disk;
    private final OpenFiles openFiles = new OpenFiles();
    private final AtomicLong used = new AtomicLong();

    /** The disk of the spool. */
    interface Disk {
        long free() throws IOException;

        long total() throws IOException;

        static Disk of(Path folder) throws IOException {
            FileStore store = Files.getFileStore(folder);
            return new Disk() {
                @Override
                public long free() throws IOException {
                    return store.getUsableSpace();
                }

                @Override
                public long total() throws IOException {
                    return store.getTotalSpace();
                }
            };
        }
    }

    Room(long most, Disk disk) {
        this.most = most;
        this.disk = disk;
    }

    /** @throws ConnectorException if there is not so much room; nothing is taken then */
    void require(long bytes) {
        if (used.addAndGet(bytes) > most) {
            used.addAndGet(-bytes);
            throw full("the spool is full (spool.max-bytes %,d).".formatted(most));
        }
        try {
            long kept = Math.min(MOST_KEPT, disk.total() / SHARE_KEPT);
            if (disk.free() - bytes < kept) {
                used.addAndGet(-bytes);
                throw full("the disk of the spool is full: %,d bytes stay free for packs.".formatted(kept));
            }
        } catch (IOException e) {
            // Whoever writes finds out.
            LOG.debug("free space of the spool", e);
        }
    }

    private static ConnectorException full(String what) {
        return new ConnectorException(
                new Problem(
                        Problem.Kind.NO_ROOM,
                        "",
                        what,
                        "Events are refused until packs have made room.",
                        "Check that packs reach the lake, or give the spool more room."),
                null);
    }

    /** For what is on disk already, or must get there. */
    void take(long bytes) {
        used.addAndGet(bytes);
    }

    void give(long bytes) {
        used.addAndGet(-bytes);
    }

    OpenFiles openFiles() {
        return openFiles;
    }

    long used() {
        return used.get();
    }

    /** How full it is; a disk that does not say counts as empty. */
    Spool.Fill fill() {
        try {
            return new Spool.Fill(used.get(), most, disk.free(), Math.min(MOST_KEPT, disk.total() / SHARE_KEPT));
        } catch (IOException e) {
            return new Spool.Fill(used.get(), most, Long.MAX_VALUE, 0);
        }
    }
}
