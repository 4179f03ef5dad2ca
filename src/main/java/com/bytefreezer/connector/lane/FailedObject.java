package com.bytefreezer.connector.lane;

/**
 * An object, or several together, that a run could not read.
 *
 * @param reason in one line
 */
public record FailedObject(String object, String reason) {}
