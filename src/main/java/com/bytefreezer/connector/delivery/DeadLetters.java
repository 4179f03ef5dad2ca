package com.bytefreezer.connector.delivery;

import com.bytefreezer.connector.ConnectorException;
import com.bytefreezer.connector.delivery.Batch.Rejection;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
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
        Path file = folder.resolve(unit.export()).resolve(destination).resolve(batch.id() + SUFFIX);
        write(
                file,
                rejections.stream()
                        .map(rejection -> new DeadLetter(
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
                                rejection.json()))
                        .toList());
        return file;
    }

    private void write(Path file, List<DeadLetter> letters) {
        // A replay may write while an export does.
        Path unfinished = file.resolveSibling("%s.%s.tmp".formatted(file.getFileName(), UUID.randomUUID()));
        try {
            Files.createDirectories(file.getParent());
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            for (DeadLetter letter : letters) {
                letter.writeTo(bytes);
            }
            try (FileChannel channel =
                    FileChannel.open(unfinished, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                ByteBuffer lines = ByteBuffer.wrap(bytes.toByteArray());
                while (lines.hasRemaining()) {
                    channel.write(lines);
                }
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

    /** How many records of a lane lie here. */
    public long count(String lane) {
        return files(lane).stream().mapToLong(DeadLetters::linesIn).sum();
    }

    /** The files of a lane, each with the dead letters of one batch. */
    public List<Path> files(String lane) {
        Path lanes = folder.resolve(lane);
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
     * What a file holds; nothing when it is gone.
     *
     * @throws ConnectorException when a line is no dead letter
     */
    public List<DeadLetter> read(Path file) {
        List<DeadLetter> letters = new ArrayList<>();
        try (Stream<String> lines = Files.lines(file)) {
            for (String line : (Iterable<String>) lines::iterator) {
                letters.add(DeadLetter.read(line.getBytes(StandardCharsets.UTF_8)));
            }
            return letters;
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException | UncheckedIOException | NumberFormatException e) {
            String reason = Failures.describe(e);
            throw new ConnectorException(
                    "dead letters %s, line %d: cannot be read (%s). They stay as they are. Mend or remove the line."
                            .formatted(file, letters.size() + 1, reason),
                    e);
        }
    }

    /** Leaves only {@code letters} in a file, at once; without any the file is gone. */
    public void keepOnly(Path file, List<DeadLetter> letters) {
        if (!letters.isEmpty()) {
            write(file, letters);
            return;
        }
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    private static long linesIn(Path file) {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.count();
        } catch (NoSuchFileException e) {
            // Replayed or discarded since it was listed.
            return 0;
        } catch (IOException | UncheckedIOException e) {
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
