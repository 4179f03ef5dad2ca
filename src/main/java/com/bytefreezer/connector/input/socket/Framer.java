package com.bytefreezer.connector.input.socket;

import com.bytefreezer.connector.receive.Frame;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Cuts the bytes of one connection into frames: lines or, for syslog, also frames with a count before them (RFC 6587), in any
 * mixture. No byte between two ends of lines gets lost: where a count is wrong, what follows is read as lines. For one
 * thread.
 */
final class Framer {
    private static final byte[] NONE = {};
    private static final int NO_COUNT = -1;
    /** More digits are no count. */
    private static final int COUNT_DIGITS = 9;

    private final boolean isSyslog;
    private final int longest;
    private final String sender;
    /** The beginning of a frame whose end has not come. */
    private byte[] open = NONE;

    private int held;
    /** Bytes of it that are not kept. */
    private long skipped;
    /** How many bytes it has by its count. */
    private int count = NO_COUNT;
    /** Whether {@link #open} may be a count. */
    private boolean isNumber;
    /** Whether the last frame had a count. */
    private boolean counts;

    /**
     * For a connection.
     *
     * @param longest bytes that are kept of a frame
     * @param sender the address that it comes from
     */
    Framer(boolean isSyslog, int longest, String sender) {
        this.isSyslog = isSyslog;
        this.longest = longest;
        this.sender = sender;
    }

    /** Bytes in memory. */
    int held() {
        return open.length;
    }

    /** @param piece belongs to the frames from now on */
    void take(byte[] piece, Consumer<Frame> frames) {
        int at = 0;
        while (at < piece.length) {
            if (count != NO_COUNT) {
                at = counted(piece, at, frames);
            } else if (held == 0 && skipped == 0 && isSyslog && isEnd(piece[at])) {
                at++;
            } else if (held == 0 && skipped == 0 && isSyslog && isDigit(piece[at]) && piece[at] != '0') {
                isNumber = true;
                hold(piece, at, at + 1);
                at++;
            } else if (isNumber) {
                at = number(piece, at);
            } else {
                at = line(piece, at, frames);
            }
        }
    }

    /** Ends the connection: what has no end is a frame, too. */
    void end(Consumer<Frame> frames) {
        Optional<String> flaw = count == NO_COUNT
                ? Optional.empty()
                : Optional.of("it ends after %d of %d bytes".formatted(held + skipped, count));
        if (held > 0) {
            frames.accept(new Frame(open, 0, held, held + skipped, sender, flaw));
        }
        reset();
    }

    private int number(byte[] piece, int at) {
        byte one = piece[at];
        boolean isWhole = open[held - 1] == ' ';
        if (!isWhole && (one == ' ' || (isDigit(one) && held < COUNT_DIGITS))) {
            hold(piece, at, at + 1);
            return at + 1;
        }
        isNumber = false;
        boolean isCount = isWhole && (counts || one == '<');
        int value = isCount ? Integer.parseInt(new String(open, 0, held - 1, StandardCharsets.US_ASCII)) : 0;
        // A count that is not to be believed would take the frames of a whole day with it.
        if (isCount && (value <= longest || counts)) {
            count = value;
            held = 0;
        }
        return at;
    }

    private int counted(byte[] piece, int at, Consumer<Frame> frames) {
        int rest = (int) Math.min(count - held - skipped, piece.length - at);
        if (held == 0 && skipped == 0 && rest == count && rest <= longest) {
            frames.accept(new Frame(piece, at, at + rest, rest, sender, Optional.empty()));
        } else {
            hold(piece, at, at + rest);
            if (held + skipped < count) {
                return at + rest;
            }
            frames.accept(new Frame(open, 0, held, held + skipped, sender, Optional.empty()));
        }
        reset();
        counts = true;
        return at + rest;
    }

    private int line(byte[] piece, int at, Consumer<Frame> frames) {
        int end = at;
        while (end < piece.length && !isEnd(piece[end])) {
            end++;
        }
        if (end == piece.length) {
            hold(piece, at, end);
            return end;
        }
        if (held > 0) {
            hold(piece, at, end);
            frame(open, 0, held, frames);
        } else {
            frame(piece, at, end, frames);
        }
        reset();
        return end + 1;
    }

    private void frame(byte[] bytes, int from, int to, Consumer<Frame> frames) {
        int end = to > from && bytes[to - 1] == '\r' ? to - 1 : to;
        if (end > from) {
            frames.accept(new Frame(bytes, from, end, end - from + skipped, sender, Optional.empty()));
        }
    }

    private boolean isEnd(byte one) {
        return one == '\n' || (isSyslog && one == '\0');
    }

    private static boolean isDigit(byte one) {
        return one >= '0' && one <= '9';
    }

    private void hold(byte[] piece, int from, int to) {
        int kept = Math.min(to - from, longest - held);
        if (held + kept > open.length) {
            open = Arrays.copyOf(open, Math.max(held + kept, Math.min(longest, 2 * open.length)));
        }
        System.arraycopy(piece, from, open, held, kept);
        held += kept;
        skipped += to - from - kept;
    }

    /** The frame has the bytes now. */
    private void reset() {
        open = NONE;
        held = 0;
        skipped = 0;
        count = NO_COUNT;
        isNumber = false;
        counts = false;
    }
}
