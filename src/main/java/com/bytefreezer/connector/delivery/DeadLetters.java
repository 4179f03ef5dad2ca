package com.bytefreezer.connector.delivery;

import com.bytefreezer.connector.ConnectorException;
import com.bytefreezer.connector.delivery.Batch.Rejection;
import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
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
import java.util.List;
import java.util.stream.Stream;

/**
 * Records that a destination refuses for good, kept as NDJSON with the reason: one file per batch,
 * {@code <folder>/<export>/<destination>/<batchId>.ndjson}. A file is complete and on disk when it appears, and a repeat of the batch
 * replaces it. Safe for use by several threads.
 */
public final class DeadLetters {
    private static final String SUFFIX = ".ndjson";

    private final Path folder;
    private final JsonFactory json = new JsonFactory();

    public DeadLetters(Path folder) {
        this.folder = folder;
    }

    /**
     * Keeps the rejected records of one batch.
     *
     * @throws ConnectorException when they cannot be written; then the batch is not settled
     */
    Path keep(Batch batch, String destination, List<Rejection> rejections) {
        Path file = folder.resolve(batch.unit().export()).resolve(destination).resolve(batch.id() + SUFFIX);
        try {
            Files.createDirectories(file.getParent());
            Path unfinished = file.resolveSibling(file.getFileName() + ".tmp");
            try (FileChannel channel = FileChannel.open(
                    unfinished,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.WRITE)) {
                ByteBuffer lines = ByteBuffer.wrap(lines(batch, destination, rejections));
                while (lines.hasRemaining()) {
                    channel.write(lines);
                }
                channel.force(true);
            }
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            return file;
        } catch (IOException e) {
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

    private List<Path> files(String lane) {
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

    private byte[] lines(Batch batch, String destination, List<Rejection> rejections) throws IOException {
        ByteArrayOutputStream lines = new ByteArrayOutputStream();
        Unit unit = batch.unit();
        for (Rejection rejection : rejections) {
            try (JsonGenerator line = json.createGenerator(lines, JsonEncoding.UTF8)) {
                line.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
                line.writeStartObject();
                line.writeStringField("time", Instant.now().toString());
                line.writeStringField("export", unit.export());
                line.writeStringField("tenant", unit.tenant());
                line.writeStringField("dataset", unit.dataset());
                line.writeStringField("object", rejection.object());
                line.writeNumberField("record_number", rejection.recordNumber());
                line.writeStringField("batch_id", batch.id());
                line.writeStringField("destination", destination);
                line.writeStringField("reason", rejection.reason());
                line.writeFieldName("record");
                line.writeRawValue(new String(rejection.json(), StandardCharsets.UTF_8));
                line.writeEndObject();
            }
            lines.write('\n');
        }
        return lines.toByteArray();
    }
}
