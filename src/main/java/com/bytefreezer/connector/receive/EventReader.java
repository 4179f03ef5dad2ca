package com.bytefreezer.connector.receive;

import com.bytefreezer.connector.receive.Shape.Member;
import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Reads the events of a dataset, one by one: learns the {@link Shape}, and writes each with {@code BfTs} first, on one
 * line, with the names that the dataset has for its members. It takes exactly what DuckDB takes, since one event that
 * DuckDB does not take would hold up all others of a pack. Numbers and texts stay as they are written. For one thread.
 */
public final class EventReader {
    private static final JsonFactory JSON = Json.mapper().getFactory();
    private static final String TIME = "BfTs";
    private static final String OWN_TIME = "BfTs_event";
    private static final long EXACT = 1L << 53;
    private static final int HUGE_DIGITS = 38;

    private final Shape shape;
    private final long received;
    private final boolean keepsTime;
    private final byte[] usual;
    private final List<Rename> renames = new ArrayList<>();
    private final List<BitSet> present = new ArrayList<>();
    private byte[] bytes = {};
    private int from;
    /** Its braces. */
    private int open;

    private int close;
    /** Whether it goes over several lines. */
    private boolean hasBreaks;
    /** Whether the events have {@code BfTs} already. */
    private boolean written;
    /** Of the event. */
    private long time;

    /** A name of a member, with its quotes, to be written otherwise. */
    private record Rename(int start, int end, String name) {}

    /**
     * A reader.
     *
     * @param shape of the dataset
     * @param received when the events arrived, in milliseconds
     */
    public EventReader(Shape shape, long received) {
        this(shape, received, false);
    }

    /** @param keepsTime whether a {@code BfTs} of an event is when it arrived: the sender is not the first to take it */
    EventReader(Shape shape, long received, boolean keepsTime) {
        this.shape = shape;
        this.received = received;
        this.keepsTime = keepsTime;
        usual = start(received);
        shape.see(Shape.OBJECT);
    }

    /**
     * Reads one event and writes it.
     *
     * @throws NotAnEventException if it is none; nothing is written then
     */
    void read(byte[] text, int offset, int length, ByteArrayOutputStream out) throws NotAnEventException {
        parse(text, offset, length);
        write(open + 1, close + 1, out);
    }

    private void parse(byte[] text, int offset, int length) throws NotAnEventException {
        bytes = text;
        from = offset;
        time = received;
        renames.clear();
        checkText(text, offset, length);
        try (JsonParser parser = JSON.createParser(text, offset, length)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new NotAnEventException("it is JSON, but no object");
            }
            open = offset + (int) parser.currentTokenLocation().getByteOffset();
            object(parser, shape, 0);
            close = offset + (int) parser.currentTokenLocation().getByteOffset();
            if (parser.nextToken() != null) {
                throw new NotAnEventException("something follows the object", close + 1);
            }
        } catch (JsonProcessingException e) {
            throw new NotAnEventException("it is no JSON: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw new NotAnEventException("it is no JSON");
        }
    }

    /**
     * Learns from an event that a reader has written.
     *
     * @throws NotAnEventException if none has
     */
    void learn(byte[] line, int length) throws NotAnEventException {
        written = true;
        try {
            parse(line, 0, length);
        } finally {
            written = false;
        }
    }

    private void object(JsonParser parser, Shape of, int depth) throws IOException, NotAnEventException {
        while (present.size() <= depth) {
            present.add(new BitSet());
        }
        BitSet here = present.get(depth);
        here.clear();
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            if (written && depth == 0 && name.equals(TIME)) {
                parser.nextToken();
                continue;
            }
            String wanted = name.isEmpty() ? "_" : name;
            if (depth == 0 && name.equalsIgnoreCase(TIME)) {
                wanted = OWN_TIME;
            }
            Member member = of.member(wanted);
            if (member == null) {
                if (depth == 0) {
                    throw new NotAnEventException("the dataset has %,d columns already, and this has a new one"
                            .formatted(Shape.MOST_COLUMNS));
                }
                of.close();
                skipRest(parser);
                return;
            }
            if (here.get(member.number())) {
                throw new NotAnEventException("it has the member %s twice".formatted(name));
            }
            here.set(member.number());
            if (!member.name().equals(name)) {
                rename(parser, member.name());
            }
            JsonToken token = parser.nextToken();
            if (keepsTime
                    && depth == 0
                    && token == JsonToken.VALUE_NUMBER_INT
                    && name.equals(TIME)
                    && parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER) {
                time = parser.getLongValue();
            }
            value(parser, member.shape(), depth + 1);
        }
    }

    private static byte[] start(long time) {
        return "{\"%s\":%d".formatted(TIME, time).getBytes(StandardCharsets.UTF_8);
    }

    private static void skipRest(JsonParser parser) throws IOException {
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            parser.skipChildren();
        }
    }

    private void value(JsonParser parser, Shape of, int depth) throws IOException, NotAnEventException {
        switch (parser.currentToken()) {
            case START_OBJECT -> {
                of.see(Shape.OBJECT);
                if (of.isOpen()) {
                    object(parser, of, depth);
                } else {
                    parser.skipChildren();
                }
            }
            case START_ARRAY -> {
                of.see(Shape.LIST);
                if (of.isOpen()) {
                    while (parser.nextToken() != JsonToken.END_ARRAY) {
                        value(parser, of.items(), depth + 1);
                    }
                } else {
                    parser.skipChildren();
                }
            }
            case VALUE_NUMBER_INT -> of.see(whole(parser));
            case VALUE_NUMBER_FLOAT -> of.see(Double.isFinite(parser.getDoubleValue()) ? Shape.REAL : Shape.TEXT);
            case VALUE_TRUE, VALUE_FALSE -> of.see(Shape.BOOLEAN);
            case VALUE_STRING -> of.see(Shape.TEXT);
            default -> {
                // A null fits everywhere.
            }
        }
    }

    private static int whole(JsonParser parser) throws IOException {
        return switch (parser.getNumberType()) {
            case INT -> Shape.WHOLE;
            case LONG -> Math.abs(parser.getLongValue()) <= EXACT ? Shape.WHOLE : Shape.LONG;
            default -> parser.getTextLength() <= HUGE_DIGITS ? Shape.HUGE : Shape.TEXT;
        };
    }

    private void rename(JsonParser parser, String name) {
        int begin = from + (int) parser.currentTokenLocation().getByteOffset();
        int end = begin + 1;
        while (bytes[end] != '"') {
            end += bytes[end] == '\\' ? 2 : 1;
        }
        renames.add(new Rename(begin, end + 1, name));
    }

    /** @param after the first byte after the opening brace */
    private void write(int after, int end, ByteArrayOutputStream out) {
        byte[] start = time == received ? usual : start(time);
        out.write(start, 0, start.length);
        int at = after;
        while (isSpace(bytes[at])) {
            at++;
        }
        if (bytes[at] != '}') {
            out.write(',');
        }
        for (Rename each : renames) {
            copy(at, each.start, out);
            byte[] name = JsonStringEncoder.getInstance().quoteAsUTF8(each.name);
            out.write('"');
            out.write(name, 0, name.length);
            out.write('"');
            at = each.end;
        }
        copy(at, end, out);
        out.write('\n');
    }

    /** In JSON an end of line stands only between tokens. */
    private void copy(int begin, int end, ByteArrayOutputStream out) {
        int at = begin;
        for (int i = begin; hasBreaks && i < end; i++) {
            if (bytes[i] == '\n' || bytes[i] == '\r') {
                out.write(bytes, at, i - at);
                out.write(' ');
                at = i + 1;
            }
        }
        out.write(bytes, at, end - at);
    }

    private static boolean isSpace(byte one) {
        return one == ' ' || one == '\t' || one == '\n' || one == '\r';
    }

    /** What Jackson lets pass and DuckDB does not. */
    private void checkText(byte[] text, int offset, int length) throws NotAnEventException {
        boolean ascii = true;
        boolean breaks = false;
        boolean surrogates = false;
        int end = offset + length;
        // Each byte of each event: most of them get no further than the first two comparisons.
        for (int i = offset; i < end; i++) {
            byte one = text[i];
            if (one < ' ') {
                ascii &= one >= 0;
                breaks |= one == '\n' || one == '\r';
            } else if (one == '\\') {
                surrogates |= i + 2 < end && (text[i + 2] == 'd' || text[i + 2] == 'D');
            }
        }
        hasBreaks = breaks;
        if (!ascii && !Utf8.is(text, offset, end)) {
            throw new NotAnEventException("it is not in UTF-8");
        }
        if (surrogates && hasHalfACharacter(text, offset, end)) {
            throw new NotAnEventException("a text in it has half a character (\\ud800 to \\udfff)");
        }
    }

    private static boolean hasHalfACharacter(byte[] text, int offset, int end) {
        boolean high = false;
        for (int i = offset; i < end; i++) {
            int unit = text[i] == '\\' ? unit(text, i, end) : -1;
            boolean low = unit >= 0xdc00 && unit <= 0xdfff;
            if (low != high) {
                return true;
            }
            high = unit >= 0xd800 && unit < 0xdc00;
            if (text[i] == '\\') {
                i += unit >= 0 ? 5 : 1;
            }
        }
        return high;
    }

    /** Of an escape like {@code \}{@code u00e9}; -1 for another one. */
    private static int unit(byte[] text, int at, int end) {
        if (at + 5 >= end || text[at + 1] != 'u') {
            return -1;
        }
        int unit = 0;
        for (int i = at + 2; i < at + 6; i++) {
            int digit = Character.digit(text[i], 16);
            if (digit < 0) {
                return -1;
            }
            unit = unit * 16 + digit;
        }
        return unit;
    }
}
