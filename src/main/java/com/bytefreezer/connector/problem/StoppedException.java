package com.bytefreezer.connector.problem;

/** The run was stopped in the middle: nothing is wrong, and the rest is delivered later. */
public final class StoppedException extends Exception {
    private static final long serialVersionUID = 1L;
}
