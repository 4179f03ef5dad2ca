package com.bytefreezer.connector.receive;

import com.bytefreezer.connector.spool.Arrival;
import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Events of a dataset that are stored together. What is no event becomes a dead letter with its bytes and the reason. For
 * one thread.
 */
public final class EventBatch {
    private static final JsonFactory JSON = Json.mapper().getFactory();

    private final long received;
    private final EventReader reader;
    private final SyslogReader syslog;
    private final Bytes events = new Bytes();
    private final Bytes deadLetters = new Bytes();
    /** An event of JSON that is made of something else. */
    private final Bytes made = new Bytes();
    /** An event with the members that it gets besides its own. */
    private final Bytes extended = new Bytes();

    private String members = "";
    private Optional<Supplier<String>> place = Optional.empty();

    private int eventCount;
    private int deadLetterCount;

    /**
     * An empty batch.
     *
     * @param shape of the dataset
     * @param received when the events arrive, in milliseconds
     */
    public EventBatch(Shape shape, long received) {
        this(shape, received, false);
    }

    /** @param keepsTime whether the {@code BfTs} of an event stays, if it has one */
    public EventBatch(Shape shape, long received, boolean keepsTime) {
        this.received = received;
        reader = new EventReader(shape, received, keepsTime);
        syslog = new SyslogReader(received, ZoneId.systemDefault());
    }

    /** Bytes that it holds. */
    long size() {
        return (long) events.size() + deadLetters.size();
    }

    boolean isEmpty() {
        return count() == 0;
    }

    int count() {
        return eventCount + deadLetterCount;
    }

    /** What is added from now on gets these {@link Piece#members}, and dead letters the place. */
    void begin(String members, Optional<Supplier<String>> place) {
        this.members = members;
        this.place = place;
    }

    /** Adds one event, without the end of its line. */
    void add(Format format, Frame frame) {
        switch (format) {
            case TEXT -> text(frame);
            case SYSLOG -> {
                made.reset();
                syslog.read(frame, made);
                json(made.array(), 0, made.size());
            }
            case AUTO -> add(frame.bytes()[frame.start()] == '{' ? Format.JSON : Format.TEXT, frame);
            default -> json(frame.bytes(), frame.start(), frame.end());
        }
    }

    private void text(Frame frame) {
        byte[] utf8 = Utf8.of(frame.bytes(), frame.start(), frame.end());
        boolean isUtf8 = utf8 == frame.bytes();
        made.reset();
        made.ascii("{\"message\":\"");
        made.quoted(utf8, isUtf8 ? frame.start() : 0, isUtf8 ? frame.end() : utf8.length);
        made.ascii(frame.sender().isEmpty() ? "\"}" : "\",\"sender\":\"" + frame.sender() + "\"}");
        json(made.array(), 0, made.size());
    }

    private void json(byte[] bytes, int start, int end) {
        try {
            if (members.isEmpty() || !extend(bytes, start, end)) {
                reader.read(bytes, start, end - start, events);
            } else {
                reader.read(extended.array(), 0, extended.size(), events);
            }
            eventCount++;
        } catch (NotAnEventException e) {
            List<Frame> each = e.end() > 0 ? objects(bytes, start, end) : List.of();
            if (each.isEmpty()) {
                deadLetter(bytes, start, end, String.valueOf(e.getMessage()));
            }
            each.forEach(one -> json(bytes, one.start(), one.end()));
        }
    }

    /** Those of a line that has several; empty if it has anything else. */
    private static List<Frame> objects(byte[] bytes, int start, int end) {
        List<Frame> all = new ArrayList<>();
        try (JsonParser parser = JSON.createParser(bytes, start, end - start)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token != JsonToken.START_OBJECT) {
                    return List.of();
                }
                int from = start + (int) parser.currentTokenLocation().getByteOffset();
                parser.skipChildren();
                all.add(new Frame(
                        bytes, from, start + (int) parser.currentTokenLocation().getByteOffset() + 1));
            }
            return all;
        } catch (IOException e) {
            return List.of();
        }
    }

    /** Says whether it is an object, to which members can be added. */
    private boolean extend(byte[] bytes, int start, int end) {
        int open = skipSpaces(bytes, start, end);
        if (open == end || bytes[open] != '{') {
            return false;
        }
        int next = skipSpaces(bytes, open + 1, end);
        extended.reset();
        extended.write('{');
        extended.writeBytes(members.getBytes(StandardCharsets.UTF_8));
        if (next < end && bytes[next] != '}') {
            extended.write(',');
        }
        extended.write(bytes, next, end - next);
        return true;
    }

    private static int skipSpaces(byte[] bytes, int start, int end) {
        int at = start;
        while (at < end && (bytes[at] == ' ' || bytes[at] == '\t' || bytes[at] == '\r' || bytes[at] == '\n')) {
            at++;
        }
        return at;
    }

    /** Adds what is no event. */
    void deadLetter(byte[] bytes, int start, int end, String why) {
        String reason =
                place.map(where -> "%s (%s)".formatted(why, where.get())).orElse(why);
        deadLetters.writeBytes(deadLetter(Instant.ofEpochMilli(received), bytes, start, end, reason));
        deadLetterCount++;
    }

    /** A dead letter as a line. */
    public static byte[] deadLetter(Instant received, byte[] bytes, int start, int end, String why) {
        boolean isText = Utf8.is(bytes, start, end);
        String content = isText
                ? new String(bytes, start, end - start, StandardCharsets.UTF_8)
                : Base64.getEncoder().encodeToString(Arrays.copyOfRange(bytes, start, end));
        return "{\"received\":\"%s\",\"reason\":\"%s\",\"%s\":\"%s\"}\n"
                .formatted(received, quoted(why), isText ? "line" : "base64", quoted(content))
                .getBytes(StandardCharsets.UTF_8);
    }

    private static String quoted(String text) {
        return new String(JsonStringEncoder.getInstance().quoteAsString(text));
    }

    /**
     * All that was added. Nothing may be added any more.
     *
     * @param id by which the sender would repeat it
     */
    Arrival end(Optional<String> id) {
        return end(id, Map.of());
    }

    /** @param positions of the sources */
    Arrival end(Optional<String> id, Map<String, Long> positions) {
        return new Arrival(id, events.asBuffer(), eventCount, deadLetters.asBuffer(), deadLetterCount, positions);
    }
}
