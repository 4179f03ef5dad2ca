package com.bytefreezer.connector.disk;

import com.bytefreezer.connector.text.Sha256;
import java.util.HexFormat;

/** Makes file names from text that others choose. */
public final class FileName {
    private static final int LONGEST = 150;
    private static final int HASH_BYTES = 4;

    private FileName() {}

    /**
     * A name that is not a path and is different for each text. Letters, digits and {@code @ . _ -} stay unchanged; if
     * other characters are replaced, or the text is long or empty, the name ends with a hash.
     */
    public static String of(String text) {
        String safe = text.replaceAll("[^A-Za-z0-9@._-]", "_").replaceFirst("^\\.+", "_");
        if (safe.equals(text) && !safe.isEmpty() && safe.length() <= LONGEST) {
            return safe;
        }
        return safe.substring(0, Math.min(safe.length(), LONGEST)) + "-" + hash(text);
    }

    private static String hash(String text) {
        return HexFormat.of().formatHex(Sha256.of(text), 0, HASH_BYTES);
    }
}
