package com.bytefreezer.connector.receive;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Text that should be UTF-8. */
final class Utf8 {
    private Utf8() {}

    static boolean is(byte[] text, int start, int end) {
        int at = start;
        while (at < end && text[at] >= 0) {
            at++;
        }
        if (at == end) {
            return true;
        }
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(text, at, end - at));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    /**
     * The same {@code text} if it is UTF-8; otherwise another one of the part, as if it were ISO 8859-1: each byte of it can
     * be told again.
     */
    static byte[] of(byte[] text, int start, int end) {
        return is(text, start, end)
                ? text
                : new String(text, start, end - start, StandardCharsets.ISO_8859_1).getBytes(StandardCharsets.UTF_8);
    }
}
