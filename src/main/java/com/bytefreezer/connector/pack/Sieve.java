package com.bytefreezer.connector.pack;

import com.bytefreezer.connector.query.DuckDbException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;

/**
 * Finds the events that DuckDB refuses, so that one of them does not hold up the others: halves a part that is refused
 * until it is one event. Used once.
 */
final class Sieve {
    private static final int PIECE = 1 << 16;

    private final Trial trial;
    private final Path part;
    private final OutputStream taken;
    private final Refused refused;

    /** Reads events as a pack does. */
    interface Trial {
        void read(Path lines) throws SQLException, IOException;
    }

    /** Takes an event that is refused. */
    interface Refused {
        void add(byte[] event, String reason) throws IOException;
    }

    /**
     * A sieve.
     *
     * @param part a file for parts of the events, which exist only meanwhile
     * @param taken gets the lines that DuckDB takes, in order
     */
    Sieve(Trial trial, Path part, OutputStream taken, Refused refused) {
        this.trial = trial;
        this.part = part;
        this.taken = taken;
        this.refused = refused;
    }

    /** Whether a pack may have failed because of an event. */
    static boolean mayHelp(SQLException failure) {
        return DuckDbException.of(failure).isOfValues();
    }

    /**
     * Sifts lines, each with its end.
     *
     * @return how many are refused
     * @throws SQLException if something else than an event fails
     */
    long sift(Path lines) throws SQLException, IOException {
        try (FileChannel all = FileChannel.open(lines)) {
            return sift(all, 0, all.size());
        } finally {
            Files.deleteIfExists(part);
        }
    }

    private long sift(FileChannel all, long from, long to) throws SQLException, IOException {
        if (from == to) {
            return 0;
        }
        try {
            trial.read(copied(all, from, to));
        } catch (SQLException e) {
            if (!mayHelp(e)) {
                throw e;
            }
            long middle = middle(all, from, to);
            if (middle < to) {
                return sift(all, from, middle) + sift(all, middle, to);
            }
            // With no event at all it must work, or the event is not the reason.
            trial.read(copied(all, from, from));
            refused.add(
                    read(all, from, to - 1),
                    String.valueOf(DuckDbException.of(e).getMessage()));
            return 1;
        }
        copy(all, from, to, Channels.newChannel(taken));
        return 0;
    }

    private Path copied(FileChannel all, long from, long to) throws IOException {
        try (FileChannel copy = FileChannel.open(
                part, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            copy(all, from, to, copy);
        }
        return part;
    }

    private static void copy(FileChannel all, long from, long to, WritableByteChannel copy) throws IOException {
        for (long at = from; at < to; ) {
            at += all.transferTo(at, to - at, copy);
        }
    }

    /** The beginning of a line near the middle; the end if there is only one line. */
    private static long middle(FileChannel all, long from, long to) throws IOException {
        long half = from + (to - from) / 2;
        for (long end = half; end > from; end -= PIECE) {
            byte[] piece = read(all, Math.max(from, end - PIECE), end);
            for (int i = piece.length - 1; i >= 0; i--) {
                if (piece[i] == '\n') {
                    return Math.max(from, end - PIECE) + i + 1;
                }
            }
        }
        for (long begin = half; begin < to; begin += PIECE) {
            byte[] piece = read(all, begin, Math.min(to, begin + PIECE));
            for (int i = 0; i < piece.length; i++) {
                if (piece[i] == '\n') {
                    return begin + i + 1;
                }
            }
        }
        return to;
    }

    private static byte[] read(FileChannel all, long from, long to) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(to - from));
        for (int count = 0; bytes.hasRemaining() && count >= 0; ) {
            count = all.read(bytes, from + bytes.position());
        }
        return bytes.array();
    }
}
