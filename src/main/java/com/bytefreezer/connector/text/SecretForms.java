package com.bytefreezer.connector.text;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A secret in the forms that others may write: plain, in a URL, in JSON, in HTML, and within base64 at any offset, so
 * that {@code user:password} is found by its password. Immutable.
 */
final class SecretForms {
    /** Fewer base64 characters could be a part of an ordinary word. */
    private static final int SHORTEST_BASE64 = 4;

    private final Pattern written;
    private final List<Pattern> inBase64 = new ArrayList<>();

    SecretForms(String secret) {
        StringBuilder regex = new StringBuilder();
        secret.codePoints().forEach(character -> regex.append(character(character)));
        written = Pattern.compile(regex.toString());
        for (Charset charset : Set.of(StandardCharsets.UTF_8, StandardCharsets.ISO_8859_1)) {
            byte[] bytes = secret.getBytes(charset);
            for (int offset = 0; offset < 3; offset++) {
                String part = base64(bytes, offset);
                if (part.length() >= SHORTEST_BASE64) {
                    inBase64.add(
                            Pattern.compile(part.replace("+", "(?:[+-]|%2[bB])").replace("/", "(?:\\\\*[/_]|%2[fF])")));
                }
            }
        }
    }

    /** Sets the bits of the characters of {@code text} to hide. */
    void find(String text, BitSet hidden) {
        Matcher plain = written.matcher(text);
        // Continues at the next character, because two matches may overlap.
        for (int from = 0; plain.find(from); from = plain.start() + 1) {
            hidden.set(plain.start(), plain.end());
        }
        for (Pattern pattern : inBase64) {
            pattern.matcher(text).results().forEach(part -> {
                int start = part.start();
                while (start > 0 && isBase64(text.charAt(start - 1))) {
                    start--;
                }
                int end = part.end();
                while (end < text.length() && (isBase64(text.charAt(end)) || text.charAt(end) == '=')) {
                    end++;
                }
                hidden.set(start, end);
            });
        }
    }

    /** The base64 of {@code bytes} in any text with {@code offset} more bytes before them. */
    private static String base64(byte[] bytes, int offset) {
        byte[] shifted = new byte[offset + bytes.length];
        System.arraycopy(bytes, 0, shifted, offset, bytes.length);
        String all = Base64.getEncoder().withoutPadding().encodeToString(shifted);
        // The characters at both ends contain bits of their neighbours.
        return all.substring((offset * 8 + 5) / 6, Math.max((offset * 8 + 5) / 6, shifted.length * 8 / 6));
    }

    private static boolean isBase64(char character) {
        return (character < 128 && Character.isLetterOrDigit(character)) || "+/-_".indexOf(character) >= 0;
    }

    /** A regular expression for the spellings of one character. */
    private static String character(int codePoint) {
        String character = Character.toString(codePoint);
        if (codePoint < 128 && Character.isLetterOrDigit(codePoint)) {
            return character;
        }
        Set<String> spellings = new LinkedHashSet<>();
        spellings.add(percent(character, StandardCharsets.UTF_8));
        StringBuilder json = new StringBuilder();
        character.chars().forEach(unit -> json.append("\\\\+u").append(hexadecimal("%04x".formatted(unit))));
        spellings.add(json.toString());
        spellings.add("&#(?:0*%d|[xX]0*%s);".formatted(codePoint, hexadecimal(Integer.toHexString(codePoint))));
        switch (codePoint) {
            case ' ' -> spellings.add("\\+|%(?:25)*2[bB]");
            case '\n' -> spellings.add("\\\\+n");
            case '\r' -> spellings.add("\\\\+r");
            case '\t' -> spellings.add("\\\\+t");
            case '&' -> spellings.add("&amp;");
            case '<' -> spellings.add("&lt;");
            case '>' -> spellings.add("&gt;");
            case '"' -> spellings.add("&(?:quot|#0*34);");
            case '\'' -> spellings.add("&apos;");
            default -> {
                if (codePoint > 127) {
                    // Read or written in another encoding than it was sent.
                    spellings.add(percent(character, StandardCharsets.ISO_8859_1));
                    spellings.add(Pattern.quote(
                            new String(character.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1)));
                    spellings.add("[?\uFFFD]{1,4}");
                }
            }
        }
        // Last, because it may be the beginning of another form.
        spellings.add("\\\\*" + Pattern.quote(character));
        return "(?:" + String.join("|", spellings) + ")";
    }

    /** In a URL, including one inside another URL. */
    private static String percent(String character, Charset charset) {
        StringBuilder regex = new StringBuilder();
        for (byte one : character.getBytes(charset)) {
            regex.append("%(?:25)*").append(hexadecimal("%02x".formatted(one)));
        }
        return regex.toString();
    }

    /** In lower or upper case. */
    private static String hexadecimal(String digits) {
        StringBuilder regex = new StringBuilder();
        digits.chars().forEach(digit -> {
            String small = Character.toString(digit);
            String capital = small.toUpperCase(Locale.ROOT);
            regex.append(small.equals(capital) ? small : "[" + small + capital + "]");
        });
        return regex.toString();
    }
}
