package com.bytefreezer.connector.delivery;

import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.text.Sha256;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One line of a file of dead letters, even if it is not a dead letter. Immutable; its bytes may stay in the file. */
public final class DeadLetterLine {
    /** A longer line does not fit into memory for reading, copying and sending. */
    private static final long LONGEST = Runtime.getRuntime().maxMemory() / 4;

    private static final int BUFFER = 64 * 1024;
    /** The fields before the record fit into this. */
    private static final int HEAD = 16 * 1024;

    private static final String BEGIN = "{\"time\":\"";
    private static final Pattern BATCH = Pattern.compile("\"batch_id\":\"([^\"]*)\"");

    private final Bounds bounds;
    private final String id;
    private final @Nullable DeadLetter letter;
    private final String problem;
    private final boolean changed;

    private DeadLetterLine(Bounds bounds, String id, @Nullable DeadLetter letter, String problem, boolean changed) {
        this.bounds = bounds;
        this.id = id;
        this.letter = letter;
        this.problem = problem;
        this.changed = changed;
    }

    /** Identifies it in its lane. */
    public String id() {
        return id;
    }

    /** Empty if the line is not a dead letter, see {@link #problem}. */
    public Optional<DeadLetter> letter() {
        return Optional.ofNullable(letter);
    }

    /** Why this is not a dead letter, in one line; empty if it is one. */
    public String problem() {
        return problem;
    }

    /** Identifies its bytes in its file. */
    public String digest() {
        return bounds.digest;
    }

    /** Whether it is a line of this batch, or the rest of one. */
    boolean isOf(String batch) {
        return batch.equals(bounds.batch);
    }

    /** The same line with a new version of the letter. */
    public DeadLetterLine with(DeadLetter newLetter) {
        return new DeadLetterLine(bounds, id, newLetter, problem, true);
    }

    /**
     * A summary of a file, without its lines.
     *
     * @param lines how many there are
     * @param batches hashes of their batch ids
     * @param endsInPart whether the last line is only a start, too short to name its batch
     */
    record Summary(long lines, int[] batches, boolean endsInPart) {
        static final Summary NONE = new Summary(0, new int[0], false);

        /** May also be true for batches that it does not hold. */
        boolean mayHold(String batch) {
            return Arrays.stream(batches).anyMatch(hash -> hash == batch.hashCode());
        }
    }

    static Summary summary(Path file) throws IOException {
        List<Bounds> lines = bounds(file);
        return new Summary(
                lines.size(),
                lines.stream()
                        .map(Bounds::batch)
                        .filter(Objects::nonNull)
                        .distinct()
                        .mapToInt(String::hashCode)
                        .toArray(),
                !lines.isEmpty() && lines.get(lines.size() - 1).isPart());
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
                return new DeadLetterLine(line, letter.id(), letter, "", false);
            } catch (IOException | NumberFormatException e) {
                reason = Failures.describe(e);
            }
        }
        String id = "%s-line-%s".formatted(file.getFileName().toString().replaceFirst("[.].*", ""), line.digest());
        String problem = "dead letters %s, line %d: cannot be read (%s). It is left unchanged. Correct or discard it."
                .formatted(file, number, reason);
        return new DeadLetterLine(line, id, null, problem, false);
    }

    /**
     * Writes the replacement, or otherwise the bytes in the file.
     *
     * @param source its file
     */
    void writeTo(OutputStream out, FileChannel source) throws IOException {
        if (changed && letter != null) {
            letter.writeTo(out);
            return;
        }
        ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(BUFFER, bounds.length()));
        for (long from = bounds.from(); from < bounds.to(); ) {
            buffer.clear().limit((int) Math.min(buffer.capacity(), bounds.to() - from));
            int count = source.read(buffer, from);
            if (count < 0) {
                throw new EOFException("the file has become shorter");
            }
            out.write(buffer.array(), 0, count);
            from += count;
        }
        out.write('\n');
    }

    /** The places of a file's lines; the last line may lack its end. */
    private static List<Bounds> bounds(Path file) throws IOException {
        List<Bounds> lines = new ArrayList<>();
        byte[] buffer = new byte[BUFFER];
        Looked line = new Looked(0);
        long position = 0;
        try (InputStream bytes = Files.newInputStream(file)) {
            for (int count = bytes.read(buffer); count >= 0; count = bytes.read(buffer)) {
                int begin = 0;
                for (int i = 0; i < count; i++) {
                    if (buffer[i] == '\n') {
                        line.add(buffer, begin, i);
                        lines.add(line.bounds(true));
                        begin = i + 1;
                        line = new Looked(position + begin);
                    }
                }
                line.add(buffer, begin, count);
                position += count;
            }
        }
        if (line.to > line.from) {
            lines.add(line.bounds(false));
        }
        return lines;
    }

    /** A line being read. */
    private static final class Looked {
        private final MessageDigest digest = Sha256.digest();
        private final ByteArrayOutputStream head = new ByteArrayOutputStream();
        private final long from;
        private long to;

        Looked(long from) {
            this.from = from;
            to = from;
        }

        void add(byte[] buffer, int begin, int end) {
            digest.update(buffer, begin, end - begin);
            head.write(buffer, begin, Math.min(end - begin, HEAD - Math.min(HEAD, head.size())));
            to += end - begin;
        }

        Bounds bounds(boolean ended) {
            String text = head.toString(StandardCharsets.UTF_8);
            Matcher named = BATCH.matcher(text);
            String batch = named.find() ? named.group(1) : null;
            boolean part = !ended && batch == null && (text.startsWith(BEGIN) || BEGIN.startsWith(text));
            return new Bounds(from, to, HexFormat.of().formatHex(digest.digest(), 0, 8), batch, part);
        }
    }

    /**
     * The place of a line in its file.
     *
     * @param to the position of its line break
     * @param digest of its bytes
     * @param batch its batch, as far as known
     * @param isPart whether it is the start of a line, too short to name its batch
     */
    private record Bounds(
            long from, long to, String digest, @Nullable String batch, boolean isPart) {
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
