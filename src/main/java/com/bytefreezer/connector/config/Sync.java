package com.bytefreezer.connector.config;

import java.util.Locale;

/** The coverage of a run; the setting {@code query.sync}. */
public enum Sync {
    /** New objects if the query allows it, otherwise the whole dataset. */
    AUTO,
    /** New objects, whatever the query is. */
    INCREMENTAL,
    /** The whole dataset. */
    FULL;

    /** Reads a value that the rules have checked. */
    public static Sync of(String text) {
        return valueOf(text.toUpperCase(Locale.ROOT));
    }

    /** As in the setting. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
