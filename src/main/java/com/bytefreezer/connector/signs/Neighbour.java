package com.bytefreezer.connector.signs;

/** The systems that an export depends on. */
public enum Neighbour {
    LAKE,
    DESTINATION,
    CURSOR,
    /** Space for what does not fit into memory. */
    DISK,
    /** While it is away, exports with known keys continue. */
    CONTROL;

    /** Whether an export stops without it. */
    boolean isNeeded() {
        return this != CONTROL;
    }
}
