package com.bytefreezer.connector.query;

/**
 * A record that is too large to read.
 *
 * @param bytes its approximate size
 * @param reason why it is refused, for a person
 */
public record RefusedRecord(long bytes, String reason) {}
