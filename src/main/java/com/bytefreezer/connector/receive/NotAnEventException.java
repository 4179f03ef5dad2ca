package com.bytefreezer.connector.receive;

/** What is sent as an event is none; the message says why, as the end of a sentence. */
final class NotAnEventException extends Exception {
    private static final long serialVersionUID = 1L;

    NotAnEventException(String why) {
        super(why, null, false, false);
    }
}
