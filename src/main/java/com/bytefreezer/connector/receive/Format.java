package com.bytefreezer.connector.receive;

/** How the events of a feed are written. */
public enum Format {
    /** As the first bytes look: JSON, or else text. */
    AUTO,
    /** A JSON object on each line. */
    NDJSON,
    /** JSON objects, one after the other or in arrays, over any number of lines. */
    JSON,
    /** Any text; each line becomes an event with the member {@code message}. */
    TEXT,
    /** A message of syslog on each line, by RFC 5424 or RFC 3164 or nearly so. */
    SYSLOG
}
