package com.bytefreezer.connector.receive;

/**
 * What is on disk.
 *
 * @param feed that has brought it
 * @param bytes as they were sent, unpacked
 * @param lines events and dead letters
 * @param repeated whether they were there already
 */
public record Stored(String feed, long bytes, int lines, int deadLetters, boolean repeated) {}
