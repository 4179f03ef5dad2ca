package com.bytefreezer.connector.receive;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Bytes that grow, and can be read where they are. */
final class Bytes extends ByteArrayOutputStream {
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    byte[] array() {
        return buf;
    }

    ByteBuffer asBuffer() {
        return ByteBuffer.wrap(buf, 0, count);
    }

    void ascii(String text) {
        // Without a copy, as this writes a few characters for each member of each event.
        for (int i = 0; i < text.length(); i++) {
            write(text.charAt(i));
        }
    }

    /** Writes text in UTF-8 as the inside of a string of JSON. */
    void quoted(byte[] text, int start, int end) {
        int done = start;
        for (int i = start; i < end; i++) {
            byte one = text[i];
            if ((one >= 0 && one < ' ') || one == '"' || one == '\\') {
                write(text, done, i - done);
                escape(one);
                done = i + 1;
            }
        }
        write(text, done, end - done);
    }

    private void escape(byte one) {
        write('\\');
        switch (one) {
            case '"', '\\' -> write(one);
            case '\n' -> write('n');
            case '\r' -> write('r');
            case '\t' -> write('t');
            default -> {
                ascii("u00");
                write(HEX[one >> 4]);
                write(HEX[one & 0xf]);
            }
        }
    }
}
