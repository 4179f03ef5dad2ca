package com.bytefreezer.connector.cursor;

import org.jspecify.annotations.Nullable;

/** What differs between the SQL of the stores. */
enum Dialect {
    /** Who writes has the file alone until the transaction ends. All of it is one process's. */
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
            // Earlier versions made it before they had a step for it.
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

    /** A statement that makes a table, with the type of a text whose order is that of its bytes, and its end. */
    String table(String statement) {
        return statement.formatted(text, end);
    }

    /** The time in milliseconds by the store's clock. */
    String now() {
        return now;
    }

    /** Makes the table of claims. */
    String claims() {
        return claims;
    }

    /** Whether the process that held a row of {@code claim} has left it. */
    String left() {
        return left;
    }

    /** Takes a lock until the transaction ends; null where a transaction that writes has the store for itself. */
    @Nullable
    String lock() {
        return lock;
    }
}
