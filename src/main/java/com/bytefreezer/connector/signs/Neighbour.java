package com.bytefreezer.connector.signs;

/** What an export depends on. */
public enum Neighbour {
    LAKE,
    DESTINATION,
    CURSOR,
    /** Room for what does not fit into memory. */
    DISK,
    /** While it is away, exports whose keys are known go on. */
    CONTROL;

    /** Whether an export stands still without it. */
    boolean isNeeded() {
        return this != CONTROL;
    }
}
