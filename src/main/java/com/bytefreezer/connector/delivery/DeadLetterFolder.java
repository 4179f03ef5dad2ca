package com.bytefreezer.connector.delivery;

import com.bytefreezer.connector.disk.FolderLock;
import com.bytefreezer.connector.disk.PrivateFiles;
import com.bytefreezer.connector.problem.ConnectorException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The dead letters of one lane. A process adds lines only to its own file, but may remove lines from any file. Writers
 * hold the folder's lock, so that no process loses another's lines. Safe for use by several threads.
 */
final class DeadLetterFolder {
    private static final Logger LOG = LoggerFactory.getLogger(DeadLetterFolder.class);
    private static final String SUFFIX = ".ndjson";
    /** A replay holds one file in memory and rewrites it after each batch. */
    private static final long FULL = 8L * 1024 * 1024;

    /** The room that a batch's dead letters may need, and how long a check for it stays valid. */
    private static final int ROOM = 64 * 1024;

    private static final Duration ROOM_LASTS = Duration.ofSeconds(5);

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    private final Path folder;
    /** Saves reading all files for each question. */
    private final Map<Path, Known> known = new ConcurrentHashMap<>();

    private @Nullable Path current;
    private @Nullable Long roomSeen;

    /** The content of a file in this state. */
    private record Known(
            long size, FileTime modified, @Nullable Object key, DeadLetterLine.Summary summary) {
        boolean isOf(BasicFileAttributes now) {
            return size == now.size()
                    && modified.equals(now.lastModifiedTime())
                    && (key == null || key.equals(now.fileKey()));
        }
    }

    DeadLetterFolder(Path folder) {
        this.folder = folder;
    }

    /** Starts another file for the next dead letters. */
    synchronized void begin() {
        current = null;
    }

    /** Fails if {@link #keep} would lack room or permission; checks at most once in {@link #ROOM_LASTS}. */
    synchronized void requireRoom() {
        long now = System.nanoTime();
        if (roomSeen != null && now - roomSeen < ROOM_LASTS.toNanos()) {
            return;
        }
        Path probe = folder.resolve(".room-" + UUID.randomUUID());
        try {
            PrivateFiles.createFolders(folder);
            try (FileChannel channel = PrivateFiles.openNew(probe)) {
                channel.write(ByteBuffer.allocate(ROOM));
                channel.force(true);
            } finally {
                Files.deleteIfExists(probe);
            }
            roomSeen = now;
        } catch (IOException e) {
            throw unwritable(folder, "The batch stays undelivered.", e);
        }
    }

    /** Adds the dead letters of a batch, or replaces those of an earlier try of the batch. */
    synchronized Path keep(String batch, List<DeadLetter> letters) {
        try {
            PrivateFiles.createFolders(folder);
            return FolderLock.holding(folder, () -> {
                for (Path before : files()) {
                    DeadLetterLine.Summary summary = summary(before);
                    if (summary.endsInPart()) {
                        cutOff(before);
                    }
                    if (summary.mayHold(batch) && replace(before, batch, letters)) {
                        return before;
                    }
                }
                Path file = next();
                add(file, letters);
                return file;
            });
        } catch (IOException e) {
            throw unwritable(folder, "The batch stays undelivered.", e);
        }
    }

    List<Path> files() {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(SUFFIX))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw unreadable(folder, e);
        }
    }

    long count() {
        List<Path> files = files();
        known.keySet().retainAll(Set.copyOf(files));
        return files.stream().mapToLong(file -> summary(file).lines()).sum();
    }

    static List<DeadLetterLine> read(Path file) {
        try {
            return DeadLetterLine.read(file);
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    /** See {@link DeadLetters#replace}. */
    synchronized void replace(Path file, Map<String, Optional<DeadLetter>> instead) {
        try {
            FolderLock.holding(folder, () -> {
                List<DeadLetterLine> left = DeadLetterLine.read(file).stream()
                        .flatMap(line -> {
                            Optional<DeadLetter> now = instead.get(line.digest());
                            return now == null ? Stream.of(line) : now.map(line::with).stream();
                        })
                        .toList();
                return write(file, left, List.of());
            });
        } catch (NoSuchFileException e) {
            LOG.debug("{}: another process has removed all lines", file);
        } catch (IOException e) {
            throw unwritable(file, "They stay as they are.", e);
        }
    }

    /** Removes the dead letters of a batch that could not be recorded; returns whether there were any. */
    private boolean replace(Path file, String batch, List<DeadLetter> letters) throws IOException {
        List<DeadLetterLine> lines = DeadLetterLine.read(file);
        List<DeadLetterLine> others =
                lines.stream().filter(line -> !line.isOf(batch)).toList();
        if (others.size() == lines.size()) {
            return false;
        }
        write(file, others, letters);
        return true;
    }

    /** A half-written line after a crash belongs to a batch that is delivered again. */
    private void cutOff(Path file) throws IOException {
        List<DeadLetterLine> lines = DeadLetterLine.read(file);
        write(file, lines.subList(0, lines.size() - 1), List.of());
        LOG.warn(
                "dead letters {}: the last line was half-written, probably in a crash, and named no record. It is removed; records that were not settled are delivered again.",
                file);
    }

    // -- adding

    private Path next() throws IOException {
        if (current != null && Files.exists(current) && Files.size(current) < FULL && endsWithALine(current)) {
            return current;
        }
        current = folder.resolve("%s-%s%s"
                .formatted(
                        TIME.format(Instant.now()), UUID.randomUUID().toString().substring(0, 8), SUFFIX));
        return current;
    }

    /** False if a person has changed it, or a full disk took only half of a line. */
    private static boolean endsWithALine(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file)) {
            ByteBuffer last = ByteBuffer.allocate(1);
            return channel.size() == 0 || (channel.read(last, channel.size() - 1) == 1 && last.get(0) == '\n');
        }
    }

    private void add(Path file, List<DeadLetter> letters) throws IOException {
        boolean isNew = !Files.exists(file);
        try (FileChannel channel = PrivateFiles.open(file, StandardOpenOption.WRITE)) {
            long end = channel.size();
            try {
                channel.position(end);
                OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel));
                for (DeadLetter letter : letters) {
                    letter.writeTo(out);
                }
                out.flush();
                channel.force(true);
                if (isNew) {
                    PrivateFiles.force(folder);
                }
            } catch (IOException e) {
                current = null;
                undo(file, channel, end, e);
                throw e;
            }
        }
    }

    private static void undo(Path file, FileChannel channel, long end, IOException e) {
        try {
            channel.truncate(end);
            if (end == 0) {
                Files.deleteIfExists(file);
            }
        } catch (IOException alsoFailed) {
            e.addSuppressed(alsoFailed);
        }
    }

    // -- rewriting

    /** Replaces the file in one step; removes a file without lines. */
    private Path write(Path file, List<DeadLetterLine> lines, List<DeadLetter> more) throws IOException {
        if (lines.isEmpty() && more.isEmpty()) {
            Files.deleteIfExists(file);
            return file;
        }
        Path unfinished = file.resolveSibling("%s.%s.tmp".formatted(file.getFileName(), UUID.randomUUID()));
        try {
            try (FileChannel channel = PrivateFiles.openNew(unfinished)) {
                OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel));
                if (!lines.isEmpty()) {
                    try (FileChannel before = FileChannel.open(file)) {
                        for (DeadLetterLine line : lines) {
                            line.writeTo(out, before);
                        }
                    }
                }
                for (DeadLetter letter : more) {
                    letter.writeTo(out);
                }
                out.flush();
                channel.force(true);
            }
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            PrivateFiles.force(folder);
            return file;
        } catch (IOException e) {
            try {
                Files.deleteIfExists(unfinished);
            } catch (IOException alsoFailed) {
                e.addSuppressed(alsoFailed);
            }
            throw e;
        }
    }

    // -- reading

    private DeadLetterLine.Summary summary(Path file) {
        try {
            BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
            Known before = known.get(file);
            if (before != null && before.isOf(now)) {
                return before.summary;
            }
            DeadLetterLine.Summary summary = DeadLetterLine.summary(file);
            known.put(file, new Known(now.size(), now.lastModifiedTime(), now.fileKey(), summary));
            return summary;
        } catch (NoSuchFileException e) {
            // It was replayed or discarded after the listing.
            known.remove(file);
            return DeadLetterLine.Summary.NONE;
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    private static ConnectorException unwritable(Path file, String effect, IOException e) {
        return new ConnectorException(
                "dead letters %s: cannot be written (%s). %s Check delivery.dead-letters-folder and the free space."
                        .formatted(file, e.getMessage(), effect),
                e);
    }

    private static ConnectorException unreadable(Path file, IOException e) {
        return new ConnectorException(
                "dead letters %s: cannot be read (%s). They stay as they are. Check the permissions and the file."
                        .formatted(file, e.getMessage()),
                e);
    }
}
