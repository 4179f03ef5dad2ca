package com.bytefreezer.connector.query;

/**
 * A record that is too large to be read.
 *
 * @param bytes how many it has, about
 * @param reason why it is refused, for a person
 */
public record RefusedRecord(long bytes, String reason) {}
