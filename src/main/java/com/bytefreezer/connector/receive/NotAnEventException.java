package com.bytefreezer.connector.receive;

/** What is sent as an event is none; the message says why, as the end of a sentence. */
final class NotAnEventException extends Exception {
    private static final long serialVersionUID = 1L;

    /** Where the object ends that others may follow; 0: none. */
    private final int end;

    NotAnEventException(String why) {
        this(why, 0);
    }

    NotAnEventException(String why, int end) {
        super(why, null, false, false);
        this.end = end;
    }

    int end() {
        return end;
    }
}
