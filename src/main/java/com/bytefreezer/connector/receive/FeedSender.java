package com.bytefreezer.connector.receive;

/**
 * Brings messages to where a feed reads them, so that a certification can show what becomes of them. If there is no such place,
 * it makes one, and removes it when it is closed. For one thread at a time.
 */
public interface FeedSender extends AutoCloseable {
    /**
     * Returns once the server has it.
     *
     * @param key by which the server divides messages; empty for none
     */
    void send(byte[] message, String key) throws Exception;

    @Override
    void close();
}
