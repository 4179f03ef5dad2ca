package com.bytefreezer.connector.receive;

import java.util.Optional;
import java.util.function.Supplier;

/**
 * Bytes of a source.
 *
 * @param format of the events in it
 * @param isOne whether it is one event, whatever ends of lines are in it
 * @param members what each event gets besides its own, as members of JSON with commas between; empty for none
 * @param flaw why it is no event, if that is known already
 * @param place where it was read, as the end of a sentence, for dead letters; empty for lines of a larger text. What has a
 *     place leaves at least one event or dead letter.
 */
public record Piece(
        byte[] bytes,
        int start,
        int end,
        Format format,
        boolean isOne,
        String members,
        Optional<String> flaw,
        Optional<Supplier<String>> place) {
    /** Lines of a text. */
    public static Piece lines(byte[] bytes, int length, Format format) {
        return new Piece(bytes, 0, length, format, false, "", Optional.empty(), Optional.empty());
    }

    /** One event of JSON. */
    public static Piece event(byte[] json) {
        return new Piece(json, 0, json.length, Format.JSON, true, "", Optional.empty(), Optional.empty());
    }

    /** What is no event. */
    public static Piece flawed(byte[] bytes, String why) {
        return new Piece(bytes, 0, bytes.length, Format.TEXT, true, "", Optional.of(why), Optional.empty());
    }

    int size() {
        return end - start;
    }

    /** @param longest bytes that are kept of an event */
    void addTo(EventBatch batch, int longest) {
        batch.begin(members, place);
        int before = batch.count();
        if (flaw.isPresent()) {
            batch.deadLetter(bytes, start, Math.min(end, start + longest), flaw.get());
        } else if (!isOne) {
            EventSplitter splitter = new EventSplitter(format, longest, batch);
            splitter.take(bytes, start, size());
            splitter.finish();
        } else if (size() > longest) {
            batch.deadLetter(
                    bytes,
                    start,
                    start + longest,
                    "it has %,d bytes; the limit is %,d, and the rest is not kept".formatted(size(), longest));
        } else {
            batch.add(format, new Frame(bytes, start, end));
        }
        if (place.isPresent() && batch.count() == before) {
            batch.deadLetter(bytes, start, Math.min(end, start + longest), "it has no events");
        }
    }
}
