package com.bytefreezer.connector.receive;

import java.util.List;

/**
 * Messages that their server keeps until they are acknowledged. They go to the disk together.
 *
 * @param feed its name
 */
public record Messages(String feed, List<Message> messages) implements Sent {}
