package com.bytefreezer.connector.http;

import com.bytefreezer.connector.config.Settings;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** The token that clients must send. Safe for use by several threads. */
final class Token {
    private final String text;
    private final byte[] sum;
    private final boolean random;

    private Token(String text, boolean random) {
        this.text = text;
        this.random = random;
        sum = hash("token", text);
    }

    /** {@code server.token}; without it, none if only this machine has access, else a random one. */
    static Optional<Token> of(Settings settings, boolean loopback) {
        return settings.optional("server.token")
                .map(text -> new Token(text, false))
                .or(() -> loopback ? Optional.empty() : Optional.of(new Token(random(), true)));
    }

    /** Whether it is random, so that nobody knows it yet. A configured token is never shown. */
    boolean isRandom() {
        return random;
    }

    /** The secret itself. */
    String text() {
        return text;
    }

    /** Takes the same time for a wrong and the right token. */
    boolean is(String given) {
        return MessageDigest.isEqual(sum, hash("token", given));
    }

    /** The cookie's value, which is not the token, because browsers send cookies to all ports of a machine. */
    String cookie() {
        return HexFormat.of().formatHex(hash("cookie", text));
    }

    /** Whether this is {@link #cookie}. */
    boolean isCookie(String given) {
        return MessageDigest.isEqual(cookie().getBytes(StandardCharsets.UTF_8), given.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] hash(String purpose, String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(("connector " + purpose).getBytes(StandardCharsets.UTF_8), mac.getAlgorithm()));
            return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String random() {
        byte[] bytes = new byte[16];
        new SecureRandom().nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }
}
