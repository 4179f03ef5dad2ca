package com.bytefreezer.connector.config;

import java.util.Locale;

/** What a run covers; the setting {@code query.sync}. */
public enum Sync {
    /** What is new where the query allows that, else the whole dataset. */
    AUTO,
    /** What is new, whatever the query is. */
    INCREMENTAL,
    /** The whole dataset. */
    FULL;

    /** Reads a value that the rules have checked. */
    public static Sync of(String text) {
        return valueOf(text.toUpperCase(Locale.ROOT));
    }

    /** As the setting has it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
