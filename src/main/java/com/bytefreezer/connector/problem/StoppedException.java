package com.bytefreezer.connector.problem;

/** The run was stopped in the middle: nothing is wrong, and what is not delivered stays to be delivered. */
public final class StoppedException extends Exception {
    private static final long serialVersionUID = 1L;
}
