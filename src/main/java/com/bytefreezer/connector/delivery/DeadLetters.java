package com.bytefreezer.connector.delivery;

import com.bytefreezer.connector.ConnectorException;
import com.bytefreezer.connector.config.PrivateFiles;
import com.bytefreezer.connector.delivery.Batch.Rejection;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Records that a destination refuses for good, kept as NDJSON with the reason: one file per batch,
 * {@code <folder>/<export>/<destination>/<batchId>.ndjson}. A file is complete and on disk when it appears, and a repeat of the batch
 * replaces it. Safe for use by several threads.
 */
public final class DeadLetters {
    private static final String SUFFIX = ".ndjson";

    private final Path folder;

    public DeadLetters(Path folder) {
        this.folder = folder;
    }

    /**
     * Keeps the rejected records of one batch.
     *
     * @throws ConnectorException when they cannot be written; then the batch is not settled
     */
    Path keep(Batch batch, String destination, List<Rejection> rejections) {
        Unit unit = batch.unit();
        String now = Instant.now().toString();
        Path file = folderOf(Unit.lane(unit.export(), destination)).resolve(batch.id() + SUFFIX);
        write(file, out -> {
            for (Rejection rejection : rejections) {
                new DeadLetter(
                                now,
                                unit.export(),
                                unit.tenant(),
                                unit.dataset(),
                                rejection.object(),
                                rejection.recordNumber(),
                                batch.id(),
                                destination,
                                rejection.id(),
                                rejection.reason(),
                                rejection.json())
                        .writeTo(out);
            }
        });
        return file;
    }

    private Path folderOf(String lane) {
        Path its = folder;
        for (String part : lane.split("/")) {
            its = its.resolve(FileName.of(part));
        }
        return its;
    }

    private interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    private static void write(Path file, Content content) {
        // A replay may write while an export does.
        Path unfinished = file.resolveSibling("%s.%s.tmp".formatted(file.getFileName(), UUID.randomUUID()));
        try {
            PrivateFiles.createFolders(file.resolveSibling(""));
            try (FileChannel channel = PrivateFiles.openNew(unfinished)) {
                OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel));
                content.writeTo(out);
                out.flush();
                channel.force(true);
            }
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            try {
                Files.deleteIfExists(unfinished);
            } catch (IOException alsoFailed) {
                e.addSuppressed(alsoFailed);
            }
            throw new ConnectorException(
                    "dead letters %s: cannot be written (%s). The batch stays undelivered. Check delivery.dead-letters-folder and the free space."
                            .formatted(file, e.getMessage()),
                    e);
        }
    }

    /** Those of a lane, and lines that are none; reads file by file. */
    public Stream<DeadLetterLine> lines(String lane) {
        return files(lane).stream().flatMap(file -> read(file).stream());
    }

    /** How many records of a lane lie here. */
    public long count(String lane) {
        return files(lane).stream().mapToLong(DeadLetters::linesIn).sum();
    }

    /** The files of a lane, each with the dead letters of one batch. */
    public List<Path> files(String lane) {
        Path lanes = folderOf(lane);
        if (!Files.isDirectory(lanes)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(lanes)) {
            return files.filter(file -> file.toString().endsWith(SUFFIX))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw unreadable(lanes, e);
        }
    }

    /**
     * What a file holds, line by line; nothing when it is gone. A line that is no dead letter hides none of the others.
     *
     * @throws ConnectorException when the file cannot be read
     */
    public List<DeadLetterLine> read(Path file) {
        try {
            return DeadLetterLine.read(file);
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    /** Leaves only {@code lines} in a file, at once; without any the file is gone. */
    public void keepOnly(Path file, List<DeadLetterLine> lines) {
        if (!lines.isEmpty()) {
            write(file, out -> {
                for (DeadLetterLine line : lines) {
                    line.writeTo(out);
                }
            });
            return;
        }
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    private static long linesIn(Path file) {
        try {
            return DeadLetterLine.count(file);
        } catch (NoSuchFileException e) {
            // Replayed or discarded since it was listed.
            return 0;
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    private static ConnectorException unreadable(Path file, Exception e) {
        return new ConnectorException(
                "dead letters %s: cannot be read (%s). They stay as they are. Check the permissions and the file."
                        .formatted(file, e.getMessage()),
                e);
    }
}
