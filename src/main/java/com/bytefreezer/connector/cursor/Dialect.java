package com.bytefreezer.connector.cursor;

import org.jspecify.annotations.Nullable;

/** The differences between the SQL of the stores. */
enum Dialect {
    /** A writer has the file alone until its transaction ends. The whole file belongs to one process. */
    SQLITE(
            "TEXT",
            " WITHOUT ROWID",
            "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
            "CREATE TABLE IF NOT EXISTS claim (lane TEXT, key TEXT, holder TEXT NOT NULL, PRIMARY KEY (lane, key)) WITHOUT ROWID",
            "true",
            null),
    /** Shared by replicas. */
    POSTGRESQL(
            "TEXT COLLATE \"C\"",
            "",
            "(extract(epoch FROM now()) * 1000)::bigint",
            // Earlier versions created it without a step.
            "CREATE TABLE IF NOT EXISTS claim (lane TEXT, key TEXT COLLATE \"C\", holder TEXT NOT NULL, expires_at TIMESTAMPTZ NOT NULL,"
                    + " PRIMARY KEY (lane, key)); CREATE INDEX IF NOT EXISTS claim_holder ON claim (holder)",
            "expires_at < now()",
            "SELECT pg_advisory_xact_lock(hashtextextended(?, 0))");

    private final String text;
    private final String end;
    private final String now;
    private final String claims;
    private final String left;
    private final @Nullable String lock;

    Dialect(String text, String end, String now, String claims, String left, @Nullable String lock) {
        this.text = text;
        this.end = end;
        this.now = now;
        this.claims = claims;
        this.left = left;
        this.lock = lock;
    }

    /**
     * A statement that creates a table, with the type of texts in byte order and the end of the statement filled in.
     */
    String table(String statement) {
        return statement.formatted(text, end);
    }

    /** The time in milliseconds by the store's clock. */
    String now() {
        return now;
    }

    /** Creates the table of claims. */
    String claims() {
        return claims;
    }

    /** Whether the holder of a row of {@code claim} has abandoned it. */
    String left() {
        return left;
    }

    /** Takes a lock until the transaction ends; null if a writing transaction has the store for itself anyway. */
    @Nullable
    String lock() {
        return lock;
    }
}
