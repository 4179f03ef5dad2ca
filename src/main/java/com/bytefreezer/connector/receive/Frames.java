package com.bytefreezer.connector.receive;

import java.util.List;

/**
 * Events from senders that get no answer.
 *
 * @param feed its name
 * @param isLast whether the feed stops, so that nobody can try again
 */
public record Frames(String feed, List<Frame> frames, boolean isLast) implements Sent {}
