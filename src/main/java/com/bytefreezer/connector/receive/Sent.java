package com.bytefreezer.connector.receive;

/** What an input hands to {@code direct:receive}. */
public sealed interface Sent permits Push, Frames, Messages, Records {
    /** The name of the feed that brings it; empty for a request, whose path and token tell the feed. */
    String feed();
}
