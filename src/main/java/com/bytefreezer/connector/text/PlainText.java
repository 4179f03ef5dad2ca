package com.bytefreezer.connector.text;

import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Turns external text (server answers, file names, library messages, record values) into text for people: without
 * secrets, in one line, without characters that control a terminal or hide text, and then shortened. The order matters,
 * because half a secret is not recognized. Everything that is logged, stored as a reason or printed passes through
 * here.
 */
public final class PlainText {
    private static final int LONGEST_ANSWER = 200;
    private static final int LONGEST_MESSAGE = 4000;
    private static final char REPLACEMENT = '\uFFFD';
    private static final int NON_JOINER = 0x200C;
    private static final int JOINER = 0x200D;

    private PlainText() {}

    /** A whole message: one line of at most a few thousand characters. */
    public static String line(@Nullable String text) {
        return text == null ? "" : cut(oneLine(Secrets.ofProcess().mask(text)), LONGEST_MESSAGE);
    }

    /** External text as a part of a message: one line of at most two hundred characters. */
    public static String answer(@Nullable String text) {
        return text == null ? "" : cut(oneLine(Secrets.ofProcess().mask(text)), LONGEST_ANSWER);
    }

    /** With a full stop, unless it ends like a sentence. */
    public static String sentence(String text) {
        return text.isEmpty() || ".!?…".indexOf(text.charAt(text.length() - 1)) < 0 ? text + "." : text;
    }

    /** Without a full stop at its end: as part of a sentence. */
    public static String withoutStop(String text) {
        return text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
    }

    /** A line of our own: URLs stay unchanged, but known secrets are masked. */
    public static String known(String line) {
        int indent = line.length() - line.stripLeading().length();
        return " ".repeat(indent) + oneLine(Secrets.ofProcess().maskValues(line));
    }

    /** A stack trace: its lines are indented, so that none looks like a log line. */
    public static String trace(String text) {
        return Secrets.ofProcess()
                .mask(text)
                .lines()
                .map(line -> "\t" + oneLine(line) + "\n")
                .collect(Collectors.joining());
    }

    /**
     * The same text in one line: white space with a line break becomes a space, and each invisible character a
     * replacement.
     */
    static String oneLine(String text) {
        StringBuilder line = new StringBuilder();
        StringBuilder space = new StringBuilder();
        boolean broken = false;
        for (int at = 0; at < text.length(); at += Character.charCount(text.codePointAt(at))) {
            int character = text.codePointAt(at);
            if (isBreak(character) || character == '\t' || Character.isSpaceChar(character)) {
                broken |= isBreak(character);
                space.append(' ');
                continue;
            }
            if (!line.isEmpty()) {
                line.append(broken ? " " : space);
            }
            space.setLength(0);
            broken = false;
            line.appendCodePoint(isSeen(character) ? character : REPLACEMENT);
        }
        return line.toString();
    }

    /** The same text with each invisible character as its code, {@code \\u202e}; lines and tabs stay. */
    public static String visible(String text) {
        if (text.codePoints().allMatch(PlainText::isShown)) {
            return text;
        }
        StringBuilder visible = new StringBuilder();
        text.codePoints().forEach(character -> {
            if (isShown(character)) {
                visible.appendCodePoint(character);
            } else {
                visible.append(String.format(Locale.ROOT, "\\u%04x", character));
            }
        });
        return visible.toString();
    }

    private static boolean isShown(int character) {
        return character == '\n'
                || character == '\t'
                || (isSeen(character) && !isBreak(character) && !isHiddenMark(character));
    }

    /** Variation selectors, which change the character before them; a series of them can hide a text. */
    private static boolean isHiddenMark(int character) {
        return character >= 0xE0100 && character <= 0xE01EF;
    }

    private static boolean isBreak(int character) {
        return (character >= '\n' && character <= '\r') || "\u0085\u2028\u2029".indexOf(character) >= 0;
    }

    /**
     * No control or format characters, including those that change the writing direction, except those that join
     * letters and emoji.
     */
    private static boolean isSeen(int character) {
        return switch (Character.getType(character)) {
            case Character.CONTROL, Character.SURROGATE -> false;
            case Character.FORMAT -> character == NON_JOINER || character == JOINER;
            default -> true;
        };
    }

    private static String cut(String line, int most) {
        if (line.length() <= most) {
            return line;
        }
        // Not between the halves of a surrogate pair.
        int end = Character.isHighSurrogate(line.charAt(most - 1)) ? most - 1 : most;
        return line.substring(0, end) + "…";
    }
}
