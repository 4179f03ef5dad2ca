package com.bytefreezer.connector.config;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** The mode of the process; the first three are the original's (docs/contracts.md). */
public enum Mode {
    /** Serves the page; runs an export if a person asks for one. */
    INTERACTIVE,
    /** Runs every export once. */
    BATCH,
    /** Runs every export again and again, and serves what interactive mode serves. */
    WATCH,
    /** Shows the state of the exports, also while another process runs them. */
    STATUS,
    /** Shows what a run would export, and writes nothing. */
    PLAN,
    /** Checks settings, routes and SQL, and delivers nothing. */
    VALIDATE,
    /** Delivers dead letters, or a range of the lake, once more. */
    REPLAY,
    /** Runs feeds and packs, and no export. */
    INGEST,
    /** Packs once what is in the spool. */
    PACK,
    /** Serves one agent over standard input and output. */
    MCP;

    /** The mode that the command line calls {@code name}. */
    public static Optional<Mode> of(String name) {
        return Arrays.stream(values())
                .filter(mode -> mode.toString().equals(name))
                .findFirst();
    }

    /** Whether the mode uses the exports, so that everything they need must be set. */
    public boolean exports() {
        return switch (this) {
            case INTERACTIVE, STATUS, MCP, INGEST, PACK -> false;
            default -> true;
        };
    }

    /** Whether events arrive. */
    public boolean receives() {
        return this == WATCH || this == INGEST;
    }

    /** Whether there is an HTTP server. */
    public boolean serves() {
        return this == INTERACTIVE || this == WATCH || this == INGEST;
    }

    /** Whether agents may call tools, or their tools are checked. */
    boolean hasTools() {
        return serves() || this == MCP || this == VALIDATE;
    }

    /** Its name on the command line. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
