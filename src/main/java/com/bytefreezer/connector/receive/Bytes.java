package com.bytefreezer.connector.receive;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/** Bytes that grow, and can be read where they are. */
final class Bytes extends ByteArrayOutputStream {
    byte[] array() {
        return buf;
    }

    ByteBuffer asBuffer() {
        return ByteBuffer.wrap(buf, 0, count);
    }
}
