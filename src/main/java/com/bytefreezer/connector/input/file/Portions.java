package com.bytefreezer.connector.input.file;

import com.bytefreezer.connector.receive.Format;
import com.bytefreezer.connector.receive.Guess;
import com.bytefreezer.connector.receive.Piece;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The events of a file in portions, so that a file may be larger than memory. Positions are bytes of its {@link FileText}.
 * For one thread.
 */
final class Portions implements AutoCloseable {
    private static final int TOGETHER = 2_000_000;
    private static final int HEAD = 64 * 1024;

    private final InputStream text;
    private final Cutter cutter;
    private final Format format;
    /** Only of CSV. */
    private final @Nullable CsvRows rows;

    private final int longest;
    /** Of the first byte in the buffer. */
    private long position;

    private byte[] buffer = new byte[HEAD];
    private int filled;
    private int scanned;
    private boolean ended;
    private @Nullable BrokenFileException broken;

    /**
     * What is stored together.
     *
     * @param end after it
     * @param isLast whether the file ends with it
     */
    record Portion(List<Piece> pieces, long end, boolean isLast) {}

    private Portions(InputStream text, Cutter cutter, Format format, @Nullable CsvRows rows, long from, int longest) {
        this.text = text;
        this.cutter = cutter;
        this.format = format;
        this.rows = rows;
        this.position = from;
        this.longest = longest;
    }

    /**
     * Begins at a position at which a portion has ended.
     *
     * @throws BrokenFileException if the file cannot be read, also not later
     */
    static Portions open(FolderFeed feed, Path file, long from) throws IOException {
        boolean isCsv = feed.format().equals("csv")
                || (feed.format().equals("auto") && String.valueOf(file).matches("(?i).*\\.csv(\\.gz)?"));
        CsvRows rows = isCsv ? CsvRows.of(file, feed.separator(), feed.longest()) : null;
        Format format = isCsv ? Format.JSON : format(feed, file);
        long begin = rows == null ? from : Math.max(from, rows.headerBytes());
        InputStream text = FileText.open(file);
        try {
            text.skipNBytes(begin);
        } catch (IOException e) {
            text.close();
            throw e;
        }
        Cutter cutter = rows != null
                ? new Cutter.Rows(rows.separator())
                : format == Format.JSON ? new Cutter.Objects(from == 0) : new Cutter.Lines();
        return new Portions(text, cutter, format, rows, begin, feed.longest());
    }

    /** By the first lines that are not blank; what cannot be told by the head of the file has long lines. */
    private static Format format(FolderFeed feed, Path file) throws IOException {
        if (!feed.format().equals("auto")) {
            return Format.valueOf(feed.format().toUpperCase(Locale.ROOT));
        }
        byte[] head;
        try (InputStream text = FileText.open(file)) {
            head = text.readNBytes(HEAD);
        }
        Format guess = Guess.of(head, 0, head.length, head.length < HEAD);
        if (guess != Format.AUTO) {
            return guess;
        }
        int start = 0;
        while (start < head.length && head[start] <= ' ' && head[start] >= 0) {
            start++;
        }
        return start < head.length && head[start] == '{' ? Format.NDJSON : Format.TEXT;
    }

    /**
     * The next portion, until the last one.
     *
     * @throws BrokenFileException if the rest cannot be read, also not later
     */
    Portion next() throws IOException {
        if (broken != null) {
            throw broken;
        }
        List<Integer> ends = new ArrayList<>();
        int end = 0;
        scanned = 0;
        try {
            while (end < TOGETHER && (scanned < filled || fill())) {
                byte one = buffer[scanned++];
                if (cutter.endsWith(one)) {
                    end = scanned;
                    ends.add(end);
                } else if (scanned - end > longest + 2) {
                    if (rows != null || format == Format.JSON) {
                        throw new BrokenFileException(
                                "an event is longer than %,d bytes, or has no end".formatted(longest));
                    }
                    if (end > 0) {
                        break;
                    }
                    return tooLong();
                }
            }
            if (ended && scanned == filled) {
                cutter.end();
                if (end < filled) {
                    end = filled;
                    ends.add(end);
                }
            }
        } catch (BrokenFileException e) {
            broken = e;
        }
        return take(ends, end, broken == null && ended && end == filled);
    }

    private boolean fill() throws IOException {
        if (filled == buffer.length) {
            buffer = Arrays.copyOf(buffer, buffer.length * 2);
        }
        int count = ended ? -1 : text.read(buffer, filled, buffer.length - filled);
        ended = count < 0;
        filled += Math.max(0, count);
        return !ended;
    }

    private Portion take(List<Integer> ends, int end, boolean isLast) throws IOException {
        List<Piece> pieces = new ArrayList<>();
        if (rows == null && format != Format.JSON) {
            pieces.add(Piece.lines(Arrays.copyOf(buffer, end), end, format));
        } else {
            int start = 0;
            for (int each : ends) {
                event(Arrays.copyOfRange(buffer, start, each)).ifPresent(pieces::add);
                start = each;
            }
        }
        drop(end);
        return new Portion(pieces, position, isLast);
    }

    private Optional<Piece> event(byte[] bytes) throws IOException {
        if (rows != null) {
            return rows.event(bytes);
        }
        // Between objects there is nothing to keep.
        return bytes[bytes.length - 1] == '}' ? Optional.of(Piece.event(bytes)) : Optional.empty();
    }

    private void drop(int count) {
        System.arraycopy(buffer, count, buffer, 0, filled - count);
        filled -= count;
        position += count;
    }

    /** Leaves a dead letter. */
    private Portion tooLong() throws IOException {
        byte[] kept = Arrays.copyOf(buffer, longest);
        long length = 0;
        boolean found = false;
        while (!found && (filled > 0 || fill())) {
            int at = 0;
            while (at < filled && buffer[at] != '\n') {
                at++;
            }
            found = at < filled;
            length += at;
            drop(found ? at + 1 : at);
        }
        return new Portion(
                List.of(Piece.flawed(
                        kept,
                        "the line has %,d bytes; the limit is %,d, and the rest is not kept"
                                .formatted(length, longest))),
                position,
                ended && filled == 0);
    }

    @Override
    public void close() throws IOException {
        text.close();
    }
}
