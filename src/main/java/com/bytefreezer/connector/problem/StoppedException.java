package com.bytefreezer.connector.problem;

/** The run was stopped before its end. Nothing is wrong, and the rest is delivered later. */
public final class StoppedException extends Exception {
    private static final long serialVersionUID = 1L;
}
