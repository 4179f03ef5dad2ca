package com.bytefreezer.connector.delivery;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/** One line of a file of dead letters, also one that is none. Immutable; its bytes may stay in the file. */
public final class DeadLetterLine {
    /** What is longer cannot be read, copied and sent with the memory of this process. */
    private static final long LONGEST = Runtime.getRuntime().maxMemory() / 4;

    private static final int BUFFER = 64 * 1024;

    private final Path file;
    private final Bounds bounds;
    private final String id;
    private final @Nullable DeadLetter letter;
    private final String problem;

    private DeadLetterLine(Path file, Bounds bounds, String id, @Nullable DeadLetter letter, String problem) {
        this.file = file;
        this.bounds = bounds;
        this.id = id;
        this.letter = letter;
        this.problem = problem;
    }

    /** Names it among all of its lane; begins with the name of its file. */
    public String id() {
        return id;
    }

    /** Empty when the line is none, see {@link #problem}. */
    public Optional<DeadLetter> letter() {
        return Optional.ofNullable(letter);
    }

    /** In one line, why this is no dead letter; empty when it is one. */
    public String problem() {
        return problem;
    }

    /** The same line with the letter as it is now. */
    public DeadLetterLine with(DeadLetter newLetter) {
        return new DeadLetterLine(file, bounds, id, newLetter, problem);
    }

    /** How many lines a file has. */
    static long count(Path file) throws IOException {
        return bounds(file).size();
    }

    /** All lines of a file. */
    static List<DeadLetterLine> read(Path file) throws IOException {
        List<DeadLetterLine> lines = new ArrayList<>();
        try (FileChannel channel = FileChannel.open(file)) {
            for (Bounds line : bounds(file)) {
                lines.add(read(file, lines.size() + 1, line, channel));
            }
        }
        return lines;
    }

    private static DeadLetterLine read(Path file, int number, Bounds line, FileChannel channel) throws IOException {
        String reason;
        if (line.length() > LONGEST) {
            reason = "%,d bytes are too many for the memory of the connector".formatted(line.length());
        } else {
            try {
                DeadLetter letter = DeadLetter.read(line.of(channel));
                return new DeadLetterLine(file, line, letter.id(), letter, "");
            } catch (IOException | NumberFormatException e) {
                reason = Failures.describe(e);
            }
        }
        String id = "%s-line-%s".formatted(file.getFileName().toString().replaceFirst("[.].*", ""), line.digest());
        String problem = "dead letters %s, line %d: cannot be read (%s). It stays as it is. Mend or discard it."
                .formatted(file, number, reason);
        return new DeadLetterLine(file, line, id, null, problem);
    }

    /** Writes the letter, or else what stands in the file. */
    void writeTo(OutputStream out) throws IOException {
        if (letter != null) {
            letter.writeTo(out);
            return;
        }
        try (FileChannel channel = FileChannel.open(file)) {
            channel.position(bounds.from());
            InputStream bytes = Channels.newInputStream(channel);
            byte[] buffer = new byte[BUFFER];
            for (long left = bounds.length(); left > 0; ) {
                int count = bytes.read(buffer, 0, (int) Math.min(buffer.length, left));
                if (count < 0) {
                    throw new EOFException("the file has become shorter");
                }
                out.write(buffer, 0, count);
                left -= count;
            }
        }
        out.write('\n');
    }

    /** Where the lines of a file are; the last one may lack its end. */
    private static List<Bounds> bounds(Path file) throws IOException {
        List<Bounds> lines = new ArrayList<>();
        byte[] buffer = new byte[BUFFER];
        CRC32 digest = new CRC32();
        long from = 0;
        long position = 0;
        try (InputStream bytes = Files.newInputStream(file)) {
            for (int count = bytes.read(buffer); count >= 0; count = bytes.read(buffer)) {
                int begin = 0;
                for (int i = 0; i < count; i++) {
                    if (buffer[i] == '\n') {
                        digest.update(buffer, begin, i - begin);
                        lines.add(new Bounds(from, position + i, Long.toHexString(digest.getValue())));
                        digest.reset();
                        begin = i + 1;
                        from = position + begin;
                    }
                }
                digest.update(buffer, begin, count - begin);
                position += count;
            }
        }
        if (from < position) {
            lines.add(new Bounds(from, position, Long.toHexString(digest.getValue())));
        }
        return lines;
    }

    /**
     * Where a line stands in its file.
     *
     * @param to the position of its line break
     * @param digest of its bytes
     */
    private record Bounds(long from, long to, String digest) {
        long length() {
            return to - from;
        }

        byte[] of(FileChannel channel) throws IOException {
            ByteBuffer line = ByteBuffer.allocate((int) length());
            while (line.hasRemaining()) {
                if (channel.read(line, from + line.position()) < 0) {
                    throw new EOFException("the file has become shorter");
                }
            }
            return line.array();
        }
    }
}
