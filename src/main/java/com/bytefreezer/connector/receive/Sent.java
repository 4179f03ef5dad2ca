package com.bytefreezer.connector.receive;

/** What an input hands to {@code direct:receive}. */
public sealed interface Sent permits Push, Frames, Messages, Records {}
