package com.bytefreezer.connector.receive;

import java.util.Optional;

/**
 * What a sender sends as one event.
 *
 * @param bytes among which it is
 * @param end after its last byte
 * @param length its bytes as they were sent, of which the first may be all that is here
 * @param sender the address that it came from; empty if that is not known
 * @param flaw what is wrong with it, if that is known already
 */
public record Frame(byte[] bytes, int start, int end, long length, String sender, Optional<String> flaw) {
    /** The whole of an event. */
    Frame(byte[] bytes, int start, int end) {
        this(bytes, start, end, end - start, "", Optional.empty());
    }

    public int size() {
        return end - start;
    }
}
