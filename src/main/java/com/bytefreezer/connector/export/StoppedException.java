package com.bytefreezer.connector.export;

/** The run was stopped in the middle: nothing is wrong, and what is not delivered stays to be delivered. */
final class StoppedException extends Exception {
    private static final long serialVersionUID = 1L;
}
