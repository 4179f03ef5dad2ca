package com.bytefreezer.connector.receive;

import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.async.ByteArrayFeeder;
import com.fasterxml.jackson.core.io.JsonEOFException;
import java.io.IOException;

/**
 * How the events of a text are written, by its first lines that are not blank. A first line that is cut, at its end or at its
 * beginning, does not make one document or text of the lines of JSON after it.
 */
public final class Guess {
    private static final JsonFactory JSON = Json.mapper().getFactory();

    private enum Parsed {
        WHOLE,
        UNFINISHED,
        WRONG
    }

    private Guess() {}

    /**
     * The format.
     *
     * @param length of the text in {@code bytes}, without the mark of the order of bytes
     * @param ended whether this is all of it
     * @return {@link Format#AUTO}: more of it must be known
     */
    public static Format of(byte[] bytes, int start, int length, boolean ended) {
        int first = nonBlank(bytes, start, length);
        if (first == length) {
            return Format.AUTO;
        }
        int end = endOfLine(bytes, first, length);
        if (bytes[first] == '[') {
            return isArray(bytes, first, end) ? Format.JSON : Format.TEXT;
        }
        if (end == length && !ended) {
            return Format.AUTO;
        }
        boolean isObject = bytes[first] == '{';
        if (isObject ? parse(bytes, first, end) != Parsed.UNFINISHED : !isTail(bytes, first, end)) {
            return isObject ? Format.NDJSON : Format.TEXT;
        }
        int second = nonBlank(bytes, end, length);
        int secondEnd = endOfLine(bytes, second, length);
        if (secondEnd == length && !ended) {
            return Format.AUTO;
        }
        boolean isFollowed =
                second < secondEnd && bytes[second] == '{' && parse(bytes, second, secondEnd) == Parsed.WHOLE;
        if (!isObject) {
            return isFollowed ? Format.NDJSON : Format.TEXT;
        }
        return isFollowed || second == length || parse(bytes, first, secondEnd) == Parsed.WRONG
                ? Format.NDJSON
                : Format.JSON;
    }

    private static int nonBlank(byte[] bytes, int start, int end) {
        int at = start;
        while (at < end && isBlank(bytes[at])) {
            at++;
        }
        return at;
    }

    private static boolean isBlank(byte one) {
        return one == ' ' || one == '\t' || one == '\r' || one == '\n';
    }

    private static int endOfLine(byte[] bytes, int start, int end) {
        int at = start;
        while (at < end && bytes[at] != '\n') {
            at++;
        }
        return at;
    }

    private static boolean isTail(byte[] bytes, int start, int end) {
        int last = end - 1;
        while (last > start && isBlank(bytes[last])) {
            last--;
        }
        return bytes[last] == '}';
    }

    /**
     * Whether it is an array, and not a line of text that begins with {@code [error]} or {@code [2026-11-28]}: nothing is
     * wrong before its first object ends.
     *
     * @param end may be anywhere in it
     */
    private static boolean isArray(byte[] bytes, int start, int end) {
        try (JsonParser parser = JSON.createNonBlockingByteArrayParser()) {
            ((ByteArrayFeeder) parser.getNonBlockingInputFeeder()).feedInput(bytes, start, end);
            for (JsonToken token = parser.nextToken();
                    token != null && token != JsonToken.NOT_AVAILABLE;
                    token = parser.nextToken()) {
                if (token == JsonToken.END_OBJECT && parser.getParsingContext().inArray()) {
                    return true;
                }
            }
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static Parsed parse(byte[] bytes, int start, int end) {
        try (JsonParser parser = JSON.createParser(bytes, start, end - start)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                parser.skipChildren();
            }
            return Parsed.WHOLE;
        } catch (JsonEOFException e) {
            return Parsed.UNFINISHED;
        } catch (IOException e) {
            return Parsed.WRONG;
        }
    }
}
