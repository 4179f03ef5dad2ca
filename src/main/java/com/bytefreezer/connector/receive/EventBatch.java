package com.bytefreezer.connector.receive;

import com.bytefreezer.connector.spool.Arrival;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;

/**
 * Events of a dataset that are stored together. What is no event becomes a dead letter with its bytes and the reason. For
 * one thread.
 */
public final class EventBatch {
    private final long received;
    private final EventReader reader;
    private final SyslogReader syslog;
    private final Bytes events = new Bytes();
    private final Bytes deadLetters = new Bytes();
    /** An event of JSON that is made of something else. */
    private final Bytes made = new Bytes();

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
        return eventCount + deadLetterCount == 0;
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
            reader.read(bytes, start, end - start, events);
            eventCount++;
        } catch (NotAnEventException e) {
            deadLetter(bytes, start, end, String.valueOf(e.getMessage()));
        }
    }

    /** Adds what is no event. */
    void deadLetter(byte[] bytes, int start, int end, String why) {
        deadLetters.writeBytes(deadLetter(Instant.ofEpochMilli(received), bytes, start, end, why));
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
        return new Arrival(id, events.asBuffer(), eventCount, deadLetters.asBuffer(), deadLetterCount);
    }
}
