package com.bytefreezer.connector.disk;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
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
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash, 0, HASH_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
