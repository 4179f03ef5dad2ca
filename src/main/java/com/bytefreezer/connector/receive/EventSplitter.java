package com.bytefreezer.connector.receive;

import com.bytefreezer.connector.spool.Arrival;
import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Splits what a sender sends into events, piece by piece as it comes. A line that is no event becomes a dead letter with
 * its bytes and the reason. A line longer than the limit does too, with its first bytes. For one thread.
 */
public final class EventSplitter {
    private static final JsonFactory JSON = Json.mapper().getFactory();
    private static final int MARK = 0xfeff;

    private final int longestLine;
    private final EventBatch batch;
    /** What is not yet decided on: the beginning of a line, or of a body of JSON. */
    private final Bytes open = new Bytes();

    private Format format;
    private boolean begun;
    /** Of the line that comes, while the format is undecided. */
    private int lineStart;

    private long skipped;

    /**
     * A splitter.
     *
     * @param longestLine in bytes, without its end
     * @param batch gets the events
     */
    public EventSplitter(Format format, int longestLine, EventBatch batch) {
        this.format = format;
        this.longestLine = longestLine;
        this.batch = batch;
    }

    /** Bytes that it holds. */
    public long size() {
        return batch.size() + open.size();
    }

    /** Takes some more bytes. */
    public void take(byte[] bytes, int offset, int length) {
        int at = offset;
        for (int i = offset; i < offset + length; i++) {
            if (bytes[i] == '\n') {
                hold(bytes, at, i - at);
                endOfLine();
                at = i + 1;
            }
        }
        hold(bytes, at, offset + length - at);
    }

    /**
     * Ends with what has been taken.
     *
     * @param id by which the sender would repeat it
     */
    public Arrival end(Optional<String> id) {
        finish();
        return batch.end(id);
    }

    /** The same without the end of the batch. */
    void finish() {
        if (format == Format.AUTO) {
            decide(true);
        }
        if (format == Format.JSON) {
            documents();
        } else {
            lines();
        }
    }

    /** A body of JSON has no lines; who takes it limits its bytes. */
    private void hold(byte[] bytes, int offset, int length) {
        int room = format == Format.JSON ? length : Math.max(0, longestLine + 1 - (open.size() - lineStart));
        int some = Math.min(room, length);
        open.write(bytes, offset, some);
        if (some < length && format == Format.AUTO && isArray()) {
            format = Format.JSON;
            open.write(bytes, offset + some, length - some);
        } else {
            skipped += length - some;
        }
    }

    /** It may have more bytes than a line. */
    private boolean isArray() {
        int start = start();
        return skipped == 0
                && start < open.size()
                && open.array()[start] == '['
                && Guess.of(open.array(), start, open.size(), false) == Format.JSON;
    }

    private void endOfLine() {
        if (format == Format.JSON) {
            open.write('\n');
        } else if (format == Format.AUTO) {
            open.write('\n');
            decide(false);
            if (format == Format.AUTO) {
                awaitNext();
            } else if (format != Format.JSON) {
                lines();
            }
        } else {
            line();
        }
    }

    /** Of blank lines nothing stays. */
    private void awaitNext() {
        if (start() == open.size()) {
            open.reset();
        }
        lineStart = open.size();
    }

    /** May stay undecided until more is known. */
    private void decide(boolean ended) {
        int start = start();
        if (skipped > 0 && start < open.size()) {
            format = open.array()[start] == '{' ? Format.NDJSON : Format.TEXT;
        } else {
            format = Guess.of(open.array(), start, open.size(), ended);
        }
    }

    /** Those that were held until the format was decided on. */
    private void lines() {
        if (lineStart == 0 && (open.size() == 0 || open.array()[open.size() - 1] != '\n')) {
            line();
            return;
        }
        byte[] all = open.toByteArray();
        long skippedOfLast = skipped;
        skipped = 0;
        lineStart = 0;
        open.reset();
        int at = 0;
        while (at < all.length) {
            int end = at;
            while (end < all.length && all[end] != '\n') {
                end++;
            }
            open.write(all, at, end - at);
            at = end + 1;
            skipped = at >= all.length ? skippedOfLast : 0;
            line();
        }
    }

    /** Of the first byte that is neither a space nor of the mark of the order of bytes. */
    private int start() {
        int at = afterMark();
        while (at < open.size() && isSpace(open.array()[at])) {
            at++;
        }
        return at;
    }

    private int afterMark() {
        boolean isMark = !begun
                && open.size() >= 3
                && new String(open.array(), 0, 3, StandardCharsets.UTF_8).codePointAt(0) == MARK;
        return isMark ? 3 : 0;
    }

    private static boolean isSpace(byte one) {
        return one == ' ' || one == '\t' || one == '\r' || one == '\n';
    }

    private void line() {
        int start = format == Format.TEXT || format == Format.SYSLOG ? afterMark() : start();
        int end = open.size();
        if (end > start && open.array()[end - 1] == '\r') {
            end--;
        }
        if (end - start > longestLine || skipped > 0) {
            batch.deadLetter(
                    open.array(),
                    start,
                    Math.min(end, start + longestLine),
                    "the line has %,d bytes; the limit is %,d, and the rest is not kept"
                            .formatted(open.size() + skipped - start, longestLine));
        } else if (start() < end) {
            begun = true;
            batch.add(format, new Frame(open.array(), start, end));
        }
        open.reset();
        skipped = 0;
    }

    /** An event of JSON may have many lines; as one it has the limit of a line. */
    private void document(int start, int end) {
        if (end - start > longestLine) {
            batch.deadLetter(
                    open.array(),
                    start,
                    start + longestLine,
                    "the event has %,d bytes; the limit is %,d, and the rest is not kept"
                            .formatted(end - start, longestLine));
        } else {
            batch.add(Format.JSON, new Frame(open.array(), start, end));
        }
    }

    /** All that is held. */
    private void documents() {
        int start = start();
        int done = start;
        try (JsonParser parser = JSON.createParser(open.array(), start, open.size() - start)) {
            int depth = 0;
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                int at = start + (int) parser.currentTokenLocation().getByteOffset();
                if (token == JsonToken.START_ARRAY && depth == 0) {
                    depth++;
                } else if (token == JsonToken.END_ARRAY) {
                    depth--;
                } else {
                    parser.skipChildren();
                    parser.finishToken();
                    // A scalar ends where the parser stands.
                    int end = start
                            + (int)
                                    (token.isScalarValue()
                                            ? parser.currentLocation().getByteOffset()
                                            : parser.currentTokenLocation().getByteOffset() + 1);
                    document(at, end);
                    done = end;
                }
            }
        } catch (JsonProcessingException e) {
            noJson(done, "it is no JSON: " + e.getOriginalMessage());
        } catch (IOException e) {
            noJson(done, "it is no JSON");
        }
        open.reset();
    }

    private void noJson(int start, String why) {
        int end = Math.min(open.size(), start + longestLine);
        String more =
                open.size() > end ? " (the first %,d of %,d bytes)".formatted(end - start, open.size() - start) : "";
        batch.deadLetter(open.array(), start, end, why + more);
    }
}
