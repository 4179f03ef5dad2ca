package com.bytefreezer.connector.spool;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.bytefreezer.connector.disk.FileName;
import com.bytefreezer.connector.disk.PrivateFiles;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.problem.Problem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps what has arrived on disk until it is in the lake: each event that was acknowledged, exactly once, whatever the
 * process dies of. One process has the folder. Safe for use by several threads.
 */
public final class Spool implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Spool.class);
    private static final String LOCK = ".lock";
    private static final String ID = ".id";

    private final Path folder;
    private final Room room;
    private final Clock clock;
    private final FileChannel lock;
    private final Map<Name, DatasetSpool> datasets = new ConcurrentHashMap<>();

    private record Name(String tenant, String dataset) {}

    private Spool(Path folder, Room room, Clock clock, FileChannel lock) {
        this.folder = folder;
        this.room = room;
        this.clock = clock;
        this.lock = lock;
    }

    /**
     * Opens a folder, with what is in it, or creates it.
     *
     * @param mostBytes of all datasets together
     * @throws ConnectorException if another process has it, or the disk fails
     */
    public static Spool open(Path folder, long mostBytes) {
        return open(folder, mostBytes, Clock.systemUTC());
    }

    static Spool open(Path folder, long mostBytes, Clock clock) {
        try {
            PrivateFiles.createFolders(folder);
            FileChannel lock = PrivateFiles.open(folder.resolve(LOCK), StandardOpenOption.WRITE);
            try {
                if (!isLocked(lock)) {
                    throw new ConnectorException(
                            "spool %s: another process uses it.".formatted(folder),
                            Problem.NOT_STARTED,
                            "Stop that process, or give each one a spool.folder of its own.",
                            null);
                }
                Spool spool = new Spool(folder, new Room(mostBytes, Room.Disk.of(folder)), clock, lock);
                spool.recover();
                return spool;
            } catch (IOException | RuntimeException e) {
                lock.close();
                throw e;
            }
        } catch (IOException | UncheckedIOException e) {
            throw new ConnectorException(
                    "spool %s: it cannot be opened (%s).".formatted(folder, Failures.describe(e)),
                    Problem.NOT_STARTED,
                    "Check the folder and its disk (spool.folder).",
                    e);
        }
    }

    private static boolean isLocked(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    private void recover() throws IOException {
        for (Path tenant : foldersIn(folder)) {
            for (Path one : foldersIn(tenant)) {
                // Without a state, the process died before anything arrived.
                if (Files.exists(SpoolState.file(one))) {
                    DatasetSpool spool = DatasetSpool.recover(one, room, clock);
                    datasets.put(new Name(spool.tenant(), spool.dataset()), spool);
                }
            }
        }
        long waiting =
                datasets().stream().mapToLong(one -> one.counts().spooled()).sum();
        if (waiting > 0) {
            LOG.info("spool {}: {} events of the last process wait to be packed.", folder, waiting);
        }
    }

    private static List<Path> foldersIn(Path folder) throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(Files::isDirectory).sorted().toList();
        }
    }

    /** Tells it from those of other machines, for good; if the disk is full, until the next start. */
    public String id() {
        Path file = folder.resolve(ID);
        try {
            if (!Files.exists(file)) {
                PrivateFiles.writeNew(file, UUID.randomUUID().toString().getBytes(US_ASCII));
            }
            return Files.readString(file, US_ASCII);
        } catch (IOException e) {
            return UUID.randomUUID().toString();
        }
    }

    /** The folder of a dataset in that of the spool. */
    public static Path folder(Path spool, String tenant, String dataset) {
        return spool.resolve(FileName.of(tenant)).resolve(FileName.of(dataset));
    }

    /**
     * The spool of a dataset; creates it if needed.
     *
     * @throws ConnectorException if the disk fails
     */
    public DatasetSpool dataset(String tenant, String dataset) {
        return dataset(tenant, dataset, "", Map.of());
    }

    /**
     * The same for a dataset that was packed before, elsewhere.
     *
     * @param shape as {@link DatasetSpool#shape}, if the spool is created
     * @param columns as {@link DatasetSpool#columns}, likewise
     */
    public DatasetSpool dataset(String tenant, String dataset, String shape, Map<String, String> columns) {
        return datasets.computeIfAbsent(new Name(tenant, dataset), name -> {
            Path one = folder(folder, tenant, dataset);
            try {
                DatasetSpool created =
                        DatasetSpool.create(one, room, clock, SpoolState.first(tenant, dataset, shape, columns));
                PrivateFiles.force(one.resolveSibling(""));
                PrivateFiles.force(folder);
                return created;
            } catch (IOException e) {
                throw new ConnectorException(
                        "spool %s: it cannot be created (%s).".formatted(one, Failures.describe(e)),
                        "Events are refused, so that their senders keep them.",
                        "Check the disk.",
                        e);
            }
        });
    }

    /** All datasets that ever had events here. */
    public Collection<DatasetSpool> datasets() {
        return new ArrayList<>(datasets.values());
    }

    /**
     * How full a spool is.
     *
     * @param used bytes that are in it
     * @param most bytes that may be in it
     * @param free bytes of its disk
     * @param kept bytes of its disk that stay free for packs
     */
    public record Fill(long used, long most, long free, long kept) {}

    /** How full it is. */
    public Fill fill() {
        return room.fill();
    }

    /** Bytes on disk, of those that {@code open} allows. */
    public long bytes() {
        return room.used();
    }

    /** Refuses further events; what is there stays for the next process. */
    @Override
    public void close() {
        try (lock) {
            for (DatasetSpool each : datasets.values()) {
                each.close();
            }
        } catch (IOException e) {
            LOG.warn("spool {}: {}", folder, Failures.describe(e));
        }
    }
}
